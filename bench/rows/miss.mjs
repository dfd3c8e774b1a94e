// A miss with a fast origin: the response may not be stored, so every request goes upstream. The gateway compares it with the contract;
// what it has compared before it knows again, so it is also shown with a response that is new each time.
import { difference, ratio } from '../harness/figures.mjs';
import { startGateway } from '../harness/gateway.mjs';
import { expectStatus, get } from '../harness/load.mjs';
import { startCurlProxy, startHaproxy, startNginx } from '../harness/peers.mjs';
import { sideBySide } from '../harness/side_by_side.mjs';

export const title = 'Miss with a fast origin, nothing stored';
const request = get('/v4/projects/ns_1');
const everNew = get('/v4/projects/nv_1');

export async function run({ origin, ...options }) {
  const nginx = (await startNginx(origin)).passing;
  const bare = await startCurlProxy(origin);
  const gateway = await startGateway(origin);
  const surprised = { ...gateway, name: `${gateway.name}, each body new` };
  const contenders = [nginx, (await startHaproxy(origin)).passing, bare, gateway, surprised];
  for (const contender of contenders) await expectStatus(contender, request, 200);

  const { seen, row } = await sideBySide(contenders, (contender) => ({ request: contender === surprised ? everNew : request }), options);
  return {
    ...row,
    goals: [
      { what: 'miss: CPU to nginx proxy_pass', limit: '< 1.2', value: ratio(seen, gateway.name, nginx.name, 'cpu') },
      { what: 'miss, each body new: CPU to nginx proxy_pass', limit: '< 1.5', value: ratio(seen, surprised.name, nginx.name, 'cpu') },
      { what: 'miss: CPU above a bare libcurl multi loop', limit: '< 8', unit: ' us', digits: 1,
        value: difference(seen, gateway.name, bare.name, 'cpu') },
    ],
  };
}
