// Two workers against one: what a hit costs when they share keys, cache, metrics and log, and how often a thread had to wait for a lock.
import { inTurn, ratio } from '../harness/figures.mjs';
import { startGateway } from '../harness/gateway.mjs';
import { expectHit, get, load, withCpu } from '../harness/load.mjs';
import { comparison } from '../harness/report.mjs';
import { cores } from '../harness/server.mjs';

export const title = 'Two workers';
const request = get('/v4/projects/pr_1');

export async function run({ origin, rounds, quick }) {
  const one = await startGateway(origin, { name: 'one worker', core: cores.all });
  const two = await startGateway(origin, { name: 'two workers', core: cores.all, settings: { workers: 2 } });
  const contenders = [one, two];
  for (const contender of contenders) await expectHit(contender, request);
  const requests = quick ? 50_000 : 300_000;
  // The same number of requests at the same rate: how often a worker is woken is part of what a hit costs.
  const seen = await inTurn(contenders, rounds, (contender) => withCpu(contender, () => load(contender, request, { requests, connections: 32 })));
  return {
    servers: contenders.map((contender) => contender.server),
    text: comparison(seen, one.name),
    goals: [{ what: 'two workers: CPU per hit to one', limit: '< 1.1', value: ratio(seen, two.name, one.name, 'cpu') }],
  };
}
