// Responses of 16 MiB that pass through to clients who read slowly: what piles up is to be buffers, not bodies.
import { startGateway } from '../harness/gateway.mjs';
import { expectStatus, get, readSlowly } from '../harness/load.mjs';
import { startNginx } from '../harness/peers.mjs';
import { table } from '../harness/report.mjs';

export const title = '64 responses of 16 MiB at once, read slowly';
const one = get('/v4/projects/xl_1');
const each = get('/v4/projects/xl_{}');
const readers = 64;
const mebibyte = 1024 * 1024;

async function growth(contender, rate) {
  await expectStatus(contender, one, 200);
  const before = contender.server.memory();
  const { seconds } = await readSlowly(contender, each, { connections: readers, spread: readers, rate });
  // The largest that it ever was, which the kernel kept: no sample can miss it.
  return { grown: (contender.server.memory('VmHWM') - before) / mebibyte, seconds };
}

export async function run({ origin, quick }) {
  const rate = (quick ? 8 : 3) * mebibyte;
  const nginx = (await startNginx(origin)).passing;
  const gateway = await startGateway(origin);
  const seen = [];
  for (const contender of [nginx, gateway]) seen.push({ name: contender.name, ...(await growth(contender, rate)) });
  return {
    servers: [nginx.server, gateway.server],
    text: table([['', 'MiB of memory more', 'seconds'], ...seen.map(({ name, grown, seconds }) => [name, grown.toFixed(1), seconds.toFixed(1)])]),
    goals: [{ what: '64 responses of 16 MiB at once: memory', limit: '< 64', unit: ' MiB', digits: 1, value: seen.at(-1).grown }],
  };
}
