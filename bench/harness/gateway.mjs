// The gateway as it is shipped: keys checked, requests validated, responses compared with the contract, metrics counted, accesses
// logged to a file. What a row changes of the shipped settings it names.
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { contractFile, program, temporaryFolder } from './places.mjs';
import { cores, eventually, Server } from './server.mjs';

function makeKey(id, entry) {
  const secret = `pgw_${randomBytes(32).toString('base64url')}`;
  return { secret, entry: { id, team: 'bench', sha256: createHash('sha256').update(secret).digest('hex'), scopes: ['read', 'write'], ...entry } };
}

/** Settings and keys in a folder; gives the path of the settings and the keys. `keyEntry`: more of each key's entry, or a function of its number. */
export function writeSettings(origin, { settings = {}, keys = 1, keyEntry = {} } = {}) {
  const folder = temporaryFolder();
  const made = Array.from({ length: keys }, (_, number) =>
    makeKey(`key-${number}`, typeof keyEntry === 'function' ? keyEntry(number) : keyEntry));
  fs.writeFileSync(path.join(folder, 'keys.yaml'), JSON.stringify({ keys: made.map((key) => key.entry) }), { mode: 0o600 });
  const config = path.join(folder, 'gateway.yaml');
  fs.writeFileSync(config, JSON.stringify({
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    workers: 1,
    api: contractFile,
    upstream: { url: `${origin.scheme ?? 'http'}://127.0.0.1:${origin.port}/v4`, ca_file: origin.certificate, credential: { header: 'X-API-KEY', value: 'hl_bench_0123456789abcdef' } },
    access: { mode: 'keys', keys_file: 'keys.yaml' },
    ...settings,
  }));
  return { folder, config, keys: made.map((key) => key.secret) };
}

/** `wrapper`: a command that runs it, such as valgrind with its options. `asTeam`: the same for each of the keys. */
export async function startGateway(origin, { name = 'projects-gateway', core = cores.server, settings, keys, keyEntry, wrapper = [] } = {}) {
  const { folder, config, keys: made } = writeSettings(origin, { settings, keys, keyEntry });
  const ready = path.join(folder, 'ready.json');
  const [file, ...args] = [...wrapper, program('projects-gateway'), 'serve', '--config', config, '--ready-file', ready];
  const server = new Server(file, args, { core, log: path.join(folder, 'access.log') });
  const { listen, admin } = await eventually('ready file', () => {
    server.checkAlive();
    return fs.existsSync(ready) ? JSON.parse(fs.readFileSync(ready, 'utf8')) : undefined;
  });
  const asTeam = made.map((key) => ({ name, server, admin, port: Number(new URL(listen).port), headers: [`X-API-KEY: ${key}`] }));
  return { ...asTeam.at(-1), asTeam };
}

/** One sample of the gateway's metrics. */
export async function metric(gateway, name) {
  const text = await (await fetch(`${gateway.admin}/metrics`)).text();
  const line = text.split('\n').find((sample) => sample.startsWith(`${name} `));
  if (line === undefined) throw new Error(`no metric ${name}`);
  return Number(line.split(' ')[1]);
}
