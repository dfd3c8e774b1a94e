// A fresh hit: 1.2 KB from the cache's memory.
import { ratio } from '../harness/figures.mjs';
import { startGateway } from '../harness/gateway.mjs';
import { expectHit, get } from '../harness/load.mjs';
import { startFloor, startHaproxy, startNginx, startVarnish } from '../harness/peers.mjs';
import { sideBySide } from '../harness/side_by_side.mjs';

export const title = 'Fresh hit';
const request = get('/v4/projects/pr_1');

export async function run({ origin, ...options }) {
  const nginx = (await startNginx(origin)).caching;
  const varnish = (await startVarnish(origin)).caching;
  const haproxy = (await startHaproxy(origin)).caching;
  const gateway = await startGateway(origin);
  const caches = [nginx, varnish, haproxy, gateway];
  for (const cache of caches) await expectHit(cache, request);
  const contenders = [...caches, await startFloor()];

  const { seen, row } = await sideBySide(contenders, () => ({ request }), options);
  return {
    ...row,
    goals: [
      { what: 'fresh hit: requests/s to nginx', limit: '> 1.3', value: ratio(seen, gateway.name, nginx.name, 'rate') },
      { what: 'fresh hit: CPU to nginx', limit: '< 0.75', value: ratio(seen, gateway.name, nginx.name, 'cpu') },
      { what: 'fresh hit: requests/s to Varnish', limit: '> 2.5', value: ratio(seen, gateway.name, varnish.name, 'rate') },
    ],
  };
}
