// What an operator relies on: who the admin listener answers, what starts and ends leave behind, log files that are rotated.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { contractFile, gatewayProgram } from './support/environment.mjs';
import { request } from './support/http.mjs';
import { eventually, Program, temporaryFolder } from './support/program.mjs';
import { Gateway, makeKey, randomSecret, Sandbox } from './support/stand.mjs';

const team = makeKey('research');
const item = '/projects/pr_support';
const isHit = (response) => response.headers['cache-status'].includes('; hit;');

function tokenFile(text, mode = 0o600) {
  const file = path.join(temporaryFolder(), 'admin_tokens');
  fs.writeFileSync(file, text);
  fs.chmodSync(file, mode);
  return file;
}

describe('a gateway, to its operator', () => {
  let sandbox;
  let credential;
  before(async () => {
    credential = randomSecret('upstream-');
    sandbox = await Sandbox.start({ apiKey: credential });
  });
  after(() => sandbox.stop());

  const start = (settings = {}) => Gateway.start({ upstreamUrl: sandbox.url, credential, keys: [team], settings });
  /** `serve` that must not start: what it says. */
  function refusedStart(settings) {
    const file = path.join(temporaryFolder(), 'gateway.yaml');
    fs.writeFileSync(file, JSON.stringify({ listen: '127.0.0.1:0', admin: '127.0.0.1:0', workers: 1, api: contractFile,
      upstream: { url: sandbox.url }, access: { mode: 'open' }, ...settings }));
    const { status, stderr } = spawnSync(gatewayProgram, ['serve', '--config', file], { encoding: 'utf8', timeout: 20_000 });
    assert.equal(status, 1, stderr);
    return stderr;
  }

  it('serves admin pages beyond loopback to tokens alone, and takes other tokens with a reload', async () => {
    assert.match(refusedStart({ admin: '0.0.0.0:0' }), /admin_token_file/);
    assert.match(refusedStart({ admin: '0.0.0.0:0', admin_token_file: tokenFile('read:short\n') }), /16 characters/);
    assert.match(refusedStart({ admin: '0.0.0.0:0', admin_token_file: tokenFile(`read:${randomSecret('')}\n`, 0o666) }), /admin_tokens/);

    const [reader, changer, next] = [randomSecret('read-'), randomSecret('change-'), randomSecret('next-')];
    const tokens = tokenFile(`read:${reader}\nchange:${changer}\n`);
    const gateway = await start({ admin: '0.0.0.0:0', admin_token_file: tokens });
    const admin = gateway.admin.replace('0.0.0.0', '127.0.0.1');
    const ask = async (target, token, method = 'GET') =>
      (await request(admin + target, { method, headers: token ? { Authorization: `Bearer ${token}` } : {} })).status;
    assert.equal(await ask('/readyz'), 200);
    assert.equal(await ask('/metrics'), 401);
    assert.equal(await ask('/metrics', reader), 200);
    assert.equal(await ask('/purge?all=true', reader, 'POST'), 403);
    assert.equal(await ask('/purge?all=true', changer, 'POST'), 200);
    fs.writeFileSync(tokens, `read:${next}\n`);
    gateway.program.kill('SIGHUP');
    await gateway.program.event('reload', ({ message }) => message === 'configuration reloaded');
    assert.equal(await ask('/metrics', reader), 401);
    assert.equal(await ask('/metrics', next), 200);
    await gateway.stop();
    for (const secret of [reader, changer, next]) assert.ok(!gateway.program.stderr.includes(secret), 'no token in the log');
  });

  it('keeps a warm cache through a start that fails', async () => {
    const file = path.join(temporaryFolder(), 'cache');
    let gateway = await start({ cache: { file } });
    await gateway.request(team, item);
    await gateway.stop();
    const saved = fs.readFileSync(file);
    assert.match(refusedStart({ listen: new URL(sandbox.url).host, cache: { file } }), /in use/);
    assert.deepEqual(fs.readFileSync(file), saved);
    gateway = await start({ cache: { file } });
    assert.ok(isHit(await gateway.request(team, item)));
    await gateway.stop();
  });

  it('does not bring back what was purged while it drained', async () => {
    const file = path.join(temporaryFolder(), 'cache');
    let gateway = await start({ cache: { file }, upstream: { forward_fields: ['X-Sandbox-Delay-After'] } });
    await gateway.request(team, item);
    const fetched = await sandbox.requestCount('Projects_get');
    const under_way = gateway.request(team, '/projects/pr_sales', { headers: { 'X-Sandbox-Delay-After': '3s' } });
    await eventually('request under way', async () => ((await sandbox.requestCount('Projects_get')) > fetched ? true : undefined));
    gateway.program.kill('SIGTERM');
    await gateway.program.event('draining', ({ message }) => message === 'draining');
    assert.equal((await request(`${gateway.admin}/readyz`)).status, 503);
    assert.equal((await gateway.purge('all=true')).status, 200);
    assert.equal((await under_way).status, 200);
    await gateway.stop();
    gateway = await start({ cache: { file } });
    assert.ok(!isHit(await gateway.request(team, item)));
    await gateway.stop();
  });

  it('opens log files again when told, and loses no line', async () => {
    const folder = temporaryFolder();
    const log = path.join(folder, 'events.log');
    const config = path.join(folder, 'gateway.yaml');
    fs.writeFileSync(config, JSON.stringify({ listen: '127.0.0.1:0', admin: '127.0.0.1:0', workers: 1, api: contractFile,
      upstream: { url: sandbox.url }, access: { mode: 'open' } }));
    const stderr = fs.openSync(log, 'a');
    const child = spawn(gatewayProgram, ['serve', '--config', config], { stdio: ['ignore', 'ignore', stderr] });
    const has = (file, text) => eventually(`"${text}" in ${file}`, () => (fs.existsSync(file) && fs.readFileSync(file, 'utf8').includes(text) ? true : undefined));
    try {
      await has(log, '"serving"');
      fs.renameSync(log, `${log}.1`);
      child.kill('SIGUSR1');
      await has(log, 'log files opened again');
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('close', resolve));
      assert.ok(fs.readFileSync(log, 'utf8').includes('"stopped"'));
      assert.ok(!fs.readFileSync(`${log}.1`, 'utf8').includes('"stopped"'));
    } finally {
      child.kill('SIGKILL');
      fs.closeSync(stderr);
    }
  });

  it('names version and commit', async () => {
    const { stdout } = spawnSync(gatewayProgram, ['--version'], { encoding: 'utf8' });
    const [, version, commit] = stdout.match(/^projects-gateway (\d+\.\d+\.\d+) \(([0-9a-f]{12}\+?|unknown)\)\n$/);
    const gateway = await start();
    assert.equal(await gateway.metric('gateway_build_info', { version, commit }), 1);
    await gateway.stop();
  });

  it('is tried on the bundled settings, whatever is installed', async () => {
    const ready = path.join(temporaryFolder(), 'ready.json');
    const trial = new Program(gatewayProgram, ['serve', '--sandbox', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--ready-file', ready]);
    const { admin } = await trial.ready(ready);
    const { json } = await request(`${admin}/config`);
    assert.equal(json.cache?.file ?? '', '');
    await trial.stop();
  });
});
