// A test stand: a sandbox, a gateway in front of it, and teams' keys; everything on free ports of the loopback.
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { contractFile, gatewayProgram, Humanloop, sandboxProgram } from './environment.mjs';
import { request } from './http.mjs';
import { Program, temporaryFolder } from './program.mjs';

export const readOperations = [
  'Projects_list', 'Projects_get', 'Projects_getActiveConfig', 'Projects_listConfigs', 'Projects_listDeployedConfigs',
  'Datasets_listAllForProject', 'Evaluations_listAllForProject',
];

/** Rules under which nothing becomes stale by time while a test runs: what changes, changes by invalidation. */
export const longRules = Object.fromEntries(readOperations.map((operation) => [operation, { ttl: '1h' }]));

export function randomSecret(prefix) {
  return prefix + randomBytes(24).toString('base64url');
}

/** A team's key: its secret, and its entry for the keys file. */
export function makeKey(team, entry = {}) {
  const secret = randomSecret('pgw_');
  const sha256 = createHash('sha256').update(secret).digest('hex');
  return { secret, entry: { id: `${team}-key`, team, sha256, scopes: ['read', 'write'], ...entry } };
}

export class Sandbox {
  static async start({ apiKey, extraArguments = ['--faults'] }) {
    const sandbox = new Sandbox();
    const ready = path.join(temporaryFolder(), 'ready.json');
    sandbox.program = new Program(sandboxProgram,
      ['--listen', '127.0.0.1:0', '--api-key', apiKey, '--contract', contractFile, '--ready-file', ready, ...extraArguments]);
    const { listen, url } = await sandbox.program.ready(ready);
    sandbox.origin = listen;
    sandbox.url = url;
    return sandbox;
  }

  /** How many requests came in since the start: of all operations, or of one. */
  async requestCount(operation) {
    const { json } = await request(`${this.origin}/sandbox/requests`);
    return operation ? json[operation] : Object.values(json).reduce((sum, count) => sum + count, 0);
  }

  stop() {
    return this.program.stop();
  }
}

export class Gateway {
  folder = temporaryFolder();

  /** `settings` are merged, key by key of the first level, into those of a stand. */
  static async start({ upstreamUrl, credential, keys, settings = {}, env = {}, forwardFields }) {
    const gateway = new Gateway();
    gateway.base = {
      listen: '127.0.0.1:0',
      admin: '127.0.0.1:0',
      workers: 2,
      api: contractFile,
      upstream: { url: upstreamUrl, credential: { header: 'X-API-KEY', value: '${E2E_CREDENTIAL}' }, timeout: '10s', forward_fields: forwardFields },
      access: { mode: 'keys', keys_file: 'keys.yaml' },
      cache: { rules: longRules, safe_operations: ['Projects_export'] },
      limits: { drain_timeout: '10s' },
    };
    gateway.writeKeys(keys);
    gateway.writeSettings(settings);
    const ready = path.join(gateway.folder, 'ready.json');
    gateway.program = new Program(gatewayProgram, ['serve', '--config', gateway.configFile, '--ready-file', ready],
      { env: { E2E_CREDENTIAL: credential, ...env } });
    const { listen, admin } = await gateway.program.ready(ready);
    gateway.listen = listen;
    gateway.admin = admin;
    return gateway;
  }

  get configFile() {
    return path.join(this.folder, 'gateway.yaml');
  }

  writeSettings(settings) {
    const merged = { ...this.base };
    for (const [name, value] of Object.entries(settings)) {
      const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
      merged[name] = isMap ? { ...merged[name], ...value } : value;
    }
    fs.writeFileSync(this.configFile, JSON.stringify(merged, null, 2));
  }

  writeKeys(keys) {
    fs.writeFileSync(path.join(this.folder, 'keys.yaml'), JSON.stringify({ keys: keys.map((key) => key.entry) }, null, 2),
      { mode: 0o600 });
  }

  get api() {
    return `${this.listen}/v4`;
  }

  client(key) {
    return new Humanloop({ apiKey: key.secret ?? key, basePath: this.api, useFetch: false });
  }

  /** One request by bare HTTP; `target` is what comes after /v4. */
  request(key, target, options = {}) {
    const headers = { ...(key ? { 'X-API-KEY': key.secret ?? key } : {}), ...options.headers };
    return request(this.api + target, { ...options, headers });
  }

  async metrics() {
    return (await request(`${this.admin}/metrics`)).text;
  }

  /** The value of a series, the sum of those whose labels include `labels`; 0 when there is none. */
  async metric(name, labels = {}) {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return (await this.metrics()).split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => wanted.every((pair) => line.includes(pair)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async purge(query) {
    return request(`${this.admin}/purge?${query}`, { method: 'POST' });
  }

  stop() {
    return this.program.stop();
  }
}

/** What tells the sandbox to misbehave: undeclared, so that it takes the operator's word to reach it where a rule stores the answers. */
const sandboxFields = ['Abort', 'Body-Size', 'Delay', 'Delay-After', 'Headers', 'Status'].map((name) => `X-Sandbox-${name}`);

/** A gateway in front of a sandbox. `stop` ends both and fails if either doesn't end well. */
export class Stand {
  static async start({ keys, settings, sandbox = {} }) {
    const stand = new Stand();
    stand.credential = randomSecret('upstream-');
    stand.sandbox = await Sandbox.start({ apiKey: stand.credential, ...sandbox });
    stand.gateway = await Gateway.start({ upstreamUrl: stand.sandbox.url, credential: stand.credential, keys, settings, forwardFields: sandboxFields });
    return stand;
  }

  async stop() {
    await this.gateway.stop();
    await this.sandbox.stop();
  }
}
