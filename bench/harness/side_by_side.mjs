// What most rows do: the same load on one contender after the other, each with its CPU time.
import { inTurn } from './figures.mjs';
import { withCpu, wrk } from './load.mjs';
import { comparison } from './report.mjs';

/**
 * Loads the contenders in turn by 32 connections, `rounds` times for `seconds`; the first of them is what the others are compared with.
 * `loadOf(contender)` is `{request}`, with `wantsErrors` where each answer is to be a 4xx. Gives the row's servers and table, and what
 * was `seen` for its goals.
 */
export async function sideBySide(contenders, loadOf, { rounds, seconds }) {
  const seen = await inTurn(contenders, rounds, (contender) => {
    const { request, ...options } = loadOf(contender);
    return withCpu(contender, () => wrk(contender, request, { seconds, ...options }));
  });
  return { seen, row: { servers: contenders.map((contender) => contender.server), text: comparison(seen, contenders[0].name) } };
}
