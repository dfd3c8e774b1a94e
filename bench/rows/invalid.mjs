// A POST with three mistakes, answered 422: by the gateway, by prism as a validating proxy; and forwarded as if it were right.
import { ratio } from '../harness/figures.mjs';
import { startGateway } from '../harness/gateway.mjs';
import { expectStatus, post } from '../harness/load.mjs';
import { startPrism } from '../harness/peers.mjs';
import { bodyFile } from '../harness/places.mjs';
import { sideBySide } from '../harness/side_by_side.mjs';

export const title = 'Invalid POST';
const request = post('/v4/projects/pr_1/evaluations', bodyFile('create-evaluation-invalid'));

export async function run({ origin, ...options }) {
  const gateway = await startGateway(origin);
  const forwarding = await startGateway(origin, { name: 'forwarded', settings: { validation: { requests: 'off' } } });
  const prism = await startPrism(origin);
  const contenders = [prism, gateway, forwarding];
  await expectStatus(gateway, request, 422);
  await expectStatus(forwarding, request, 201);
  await expectStatus(prism, request, 422);

  const { seen, row } = await sideBySide(contenders, (contender) => ({ request, wantsErrors: contender !== forwarding }), options);
  return {
    ...row,
    goals: [
      { what: 'invalid POST: requests/s to prism', limit: '> 100', digits: 0, value: ratio(seen, gateway.name, prism.name, 'rate') },
      { what: 'invalid POST: requests/s to forwarding it', limit: '> 3', value: ratio(seen, gateway.name, forwarding.name, 'rate') },
    ],
  };
}
