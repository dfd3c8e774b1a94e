// A POST with the largest request schema of the contract (CreateEvaluationRequest: 15 properties in two objects and an array), validated
// and not. Both are forwarded, and what they invalidate is invalidated.
import { difference, ratio } from '../harness/figures.mjs';
import { startGateway } from '../harness/gateway.mjs';
import { expectStatus, post } from '../harness/load.mjs';
import { startNginx } from '../harness/peers.mjs';
import { bodyFile } from '../harness/places.mjs';
import { sideBySide } from '../harness/side_by_side.mjs';

export const title = 'POST of an evaluation, forwarded';
const request = post('/v4/projects/pr_1/evaluations', bodyFile('create-evaluation'));

export async function run({ origin, ...options }) {
  const nginx = (await startNginx(origin)).passing;
  const validating = await startGateway(origin, { name: 'validated' });
  const blind = await startGateway(origin, { name: 'not validated', settings: { validation: { requests: 'off' } } });
  const contenders = [nginx, blind, validating];
  for (const contender of contenders) await expectStatus(contender, request, 201);

  const { seen, row } = await sideBySide(contenders, () => ({ request }), options);
  return {
    ...row,
    goals: [
      { what: 'POST, validated and forwarded: CPU to nginx proxy_pass', limit: '< 1.4', value: ratio(seen, validating.name, nginx.name, 'cpu') },
      { what: 'POST: CPU for its validation', limit: '< 5', unit: ' us', digits: 1, value: difference(seen, validating.name, blind.name, 'cpu') },
    ],
  };
}
