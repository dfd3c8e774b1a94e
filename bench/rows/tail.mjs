// The tail of hits under a load that nginx carries easily: 70% of its peak, at a constant rate whatever the server does.
import { inTurn, median, ratio } from '../harness/figures.mjs';
import { startGateway } from '../harness/gateway.mjs';
import { expectHit, get, load, withCpu, wrk } from '../harness/load.mjs';
import { startNginx } from '../harness/peers.mjs';
import { comparison } from '../harness/report.mjs';

export const title = "Hits at 70% of nginx's peak rate";
const request = get('/v4/projects/pr_1');

export async function run({ origin, rounds, seconds }) {
  const nginx = (await startNginx(origin)).caching;
  const gateway = await startGateway(origin);
  const contenders = [nginx, gateway];
  for (const contender of contenders) await expectHit(contender, request);

  const peaks = await inTurn([nginx], 3, () => wrk(nginx, request, { seconds }));
  const rate = Math.round(0.7 * median(peaks.map((peak) => peak.get(nginx.name).rate)));
  const seen = await inTurn(contenders, rounds, (contender) =>
    withCpu(contender, () => load(contender, request, { rate, seconds, connections: 32 })));
  return {
    servers: contenders.map((contender) => contender.server),
    text: `${rate} requests/s are due.\n\n${comparison(seen, nginx.name)}`,
    goals: [{ what: "p99 at 70% of nginx's peak: to nginx's", limit: '< 1', value: ratio(seen, gateway.name, nginx.name, 'p99') }],
  };
}
