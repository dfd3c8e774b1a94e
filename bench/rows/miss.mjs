// A miss with a fast origin: the response may not be stored, so every request goes upstream. The gateway compares it with the contract;
// what it has compared before it knows again, so it is also shown with a response that is new each time.
import { difference, inTurn, ratio } from '../harness/figures.mjs';
import { startGateway } from '../harness/gateway.mjs';
import { expectStatus, get, withCpu, wrk } from '../harness/load.mjs';
import { startCurlProxy, startHaproxy, startNginx } from '../harness/peers.mjs';
import { comparison } from '../harness/report.mjs';

export const title = 'Miss with a fast origin, nothing stored';
const request = get('/v4/projects/ns_1');
const everNew = get('/v4/projects/nv_1');

export async function run({ origin, rounds, seconds }) {
  const nginx = (await startNginx(origin)).passing;
  const bare = await startCurlProxy(origin);
  const gateway = await startGateway(origin);
  const surprised = { ...gateway, name: `${gateway.name}, each body new` };
  const contenders = [nginx, (await startHaproxy(origin)).passing, bare, gateway, surprised];
  for (const contender of contenders) await expectStatus(contender, request, 200);

  const seen = await inTurn(contenders, rounds, (contender) =>
    withCpu(contender, () => wrk(contender, contender === surprised ? everNew : request, { seconds })));
  return {
    servers: contenders.map((contender) => contender.server),
    text: comparison(seen, nginx.name),
    goals: [
      { what: 'miss: CPU to nginx proxy_pass', limit: '< 1.5', value: ratio(seen, gateway.name, nginx.name, 'cpu') },
      { what: 'miss, each body new: CPU to nginx proxy_pass', limit: '< 1.5', value: ratio(seen, surprised.name, nginx.name, 'cpu') },
      { what: 'miss: CPU above a bare libcurl multi loop', limit: '< 8', unit: ' us', digits: 1,
        value: difference(seen, gateway.name, bare.name, 'cpu') },
    ],
  };
}
