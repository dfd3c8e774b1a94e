// What one team costs another: the latency of a team's misses, by itself and while another team does its worst. The origin takes 20 ms.
// (Broken answers are those of another operation: an operation that fails for everybody opens its circuit for everybody.)
import { inTurn, medianOf, ratio } from '../harness/figures.mjs';
import { startGateway } from '../harness/gateway.mjs';
import { expectStatus, get, harass, load } from '../harness/load.mjs';
import { startOrigin } from '../harness/peers.mjs';
import { table } from '../harness/report.mjs';
import { pause } from '../harness/server.mjs';

export const title = "A team's misses while another team does its worst";
const miss = get('/v4/projects/ns_{}');

/** Each begins to harass and gives what ends it. */
const harassments = {
  'slow readers': (team) => harass(team, get('/v4/projects/xl_{}'), { connections: 200, spread: 200, rate: 64 * 1024 }, { file: 'bench-readers' }),
  'slow requests': (team) => harass(team, get('/v4/projects/sl_{}'), { connections: 200, requests: 100_000, spread: 100_000 }),
  'broken answers': (team) => harass(team, get('/v4/projects/br_{}/active-config'), { connections: 50, rate: 200, seconds: 60, spread: 100_000 }),
};
const settings = [
  { name: 'alone', worst: [] },
  ...Object.entries(harassments).map(([name, begin]) => ({ name, worst: [begin] })),
  { name: 'all at once', worst: Object.values(harassments) },
];

export async function run({ rounds, seconds }) {
  const origin = await startOrigin({ delay: 20 });
  const gateway = await startGateway(origin, { keys: 2, keyEntry: (number) => ({ team: `team-${number}` }) });
  const [hostile, good] = gateway.asTeam;
  await expectStatus(good, get('/v4/projects/ns_1'), 200);

  const seen = await inTurn(settings, rounds, async ({ worst }) => {
    const ends = worst.map((begin) => begin(hostile));
    await pause(worst.length > 0 ? 3000 : 0); // until the hostile team has every connection that it may have, and all buffers are full
    const figures = await load(good, miss, { rate: 200, seconds, connections: 64, spread: 1000 });
    for (const end of ends) await end();
    return figures;
  });
  return {
    servers: [gateway.server, origin.server],
    text: table([['200 misses/s', 'p50 us', 'p99 us', 'worst us'],
      ...settings.map(({ name }) => [name, ...['p50', 'p99', 'max'].map((figure) => medianOf(seen, name, figure).toFixed(0))])]),
    goals: [{ what: "p99 of a team's misses while another does its worst: to alone", limit: '< 1.5', value: ratio(seen, 'all at once', 'alone', 'p99') }],
  };
}
