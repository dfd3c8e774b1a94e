// A full cache: hits among a million entries against hits among a thousand, and what an entry costs beyond its own bytes.
import { inTurn, ratio } from '../harness/figures.mjs';
import { metric, startGateway } from '../harness/gateway.mjs';
import { ask, get, load, withCpu } from '../harness/load.mjs';
import { comparison } from '../harness/report.mjs';

export const title = 'A million entries';
const request = get('/v4/projects/pr_{}');
const connections = 32;

export async function run({ origin, rounds, quick }) {
  const [few, many] = quick ? [1_000, 100_000] : [1_000, 1_000_000];
  const settings = { cache: { max_size: '4GiB' } };
  const small = await startGateway(origin, { name: `${few} entries`, settings });
  const large = await startGateway(origin, { name: `${many} entries`, settings });
  await load(small, request, { requests: few, spread: few, connections });
  await load(large, request, { requests: few, spread: few, connections });
  const [memoryBefore, sizeBefore] = [large.server.memory(), await metric(large, 'gateway_cache_size_bytes')];
  await load(large, request, { requests: many, spread: many, connections });
  const added = (await metric(large, 'gateway_cache_entries')) - few;
  const memory = (large.server.memory() - memoryBefore) / added;
  const counted = ((await metric(large, 'gateway_cache_size_bytes')) - sizeBefore) / added;

  const hits = quick ? 50_000 : 300_000;
  const seen = await inTurn([small, large], rounds, (contender) => withCpu(contender, () =>
    load(contender, request, { requests: hits, connections, random: true, spread: contender === small ? few : many })));
  return {
    servers: [small.server, large.server],
    text: `${comparison(seen, small.name)}\n\nAn entry takes ${Math.round(memory)} bytes of resident memory; the cache counts ${Math.round(counted)}.`,
    goals: [
      { what: `hit among ${many} entries: CPU to ${few}`, limit: '< 1.25', value: ratio(seen, large.name, small.name, 'cpu') },
      { what: 'an entry beyond its key, headers and body', limit: '< 300', unit: ' bytes', digits: 0,
        value: memory - (await ownBytes(large)) },
    ],
  };
}

/** Bytes of the key (without its separators), of the stored head lines and of the body. */
async function ownBytes(gateway) {
  const { headers } = await ask(gateway, get('/v4/projects/pr_1'));
  const notStored = ['age', 'content-length', 'connection', 'x-request-id', 'cache-status'];
  const lines = Object.entries(headers).filter(([name]) => !notStored.includes(name)).map(([name, value]) => `${name}: ${value}\r\n`);
  return 'Projects_get'.length + '/projects/pr_500000'.length + lines.join('').length + Number(headers['content-length']);
}
