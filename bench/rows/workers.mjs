// Two workers against one: what a hit costs when they share keys, cache, metrics and log, and how often one waits for a lock.
import { inTurn, median, ratio } from '../harness/figures.mjs';
import { startGateway } from '../harness/gateway.mjs';
import { expectHit, get, load, withCpu } from '../harness/load.mjs';
import { comparison } from '../harness/report.mjs';
import { LockSampler } from '../harness/lock_sampler.mjs';
import { cores } from '../harness/server.mjs';

export const title = 'Two workers';
const request = get('/v4/projects/pr_1');

export async function run({ origin, rounds, quick }) {
  const one = await startGateway(origin, { name: 'one worker', core: cores.all });
  const two = await startGateway(origin, { name: 'two workers', core: cores.all, settings: { workers: 2 } });
  const contenders = [one, two];
  for (const contender of contenders) await expectHit(contender, request);
  const requests = quick ? 50_000 : 300_000;
  const locked = [];
  const seen = await inTurn(contenders, rounds, async (contender) => {
    const sampler = new LockSampler(contender.server.pid);
    const figures = await withCpu(contender, () => load(contender, request, { requests, connections: 32 }));
    const share = sampler.stop();
    if (contender === two) locked.push(share);
    return figures;
  });
  return {
    servers: contenders.map((contender) => contender.server),
    text: `${comparison(seen, one.name)}\n\nOf two workers, one waited for a lock in ${(100 * median(locked)).toFixed(2)}% of the samples.`,
    goals: [
      { what: 'two workers: CPU per hit to one', limit: '< 1.1', value: ratio(seen, two.name, one.name, 'cpu') },
      { what: 'two workers: share of time waiting for a lock', limit: '< 0.01', digits: 4, value: median(locked) },
    ],
  };
}
