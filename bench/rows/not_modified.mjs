// A 304 to If-None-Match, from the cache's memory. Not of HAProxy, whose 304 names the length of a body, for which wrk waits.
import { ratio } from '../harness/figures.mjs';
import { startGateway } from '../harness/gateway.mjs';
import { expectHit, get } from '../harness/load.mjs';
import { startNginx, startVarnish } from '../harness/peers.mjs';
import { sideBySide } from '../harness/side_by_side.mjs';

export const title = '304 to If-None-Match';
const request = get('/v4/projects/pr_1', ['If-None-Match: "bench-1"']);

export async function run({ origin, ...options }) {
  const nginx = (await startNginx(origin)).caching;
  const gateway = await startGateway(origin);
  const contenders = [nginx, (await startVarnish(origin)).caching, gateway];
  for (const contender of contenders) await expectHit(contender, request, 304);
  const { seen, row } = await sideBySide(contenders, () => ({ request }), options);
  return {
    ...row,
    goals: [{ what: '304: requests/s to nginx', limit: '> 1.3', value: ratio(seen, gateway.name, nginx.name, 'rate') }],
  };
}
