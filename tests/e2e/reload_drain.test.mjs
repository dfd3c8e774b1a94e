// SIGHUP, a replaced credential file and SIGTERM, each with requests under way.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { contractFile } from './support/environment.mjs';
import { request } from './support/http.mjs';
import { eventually, temporaryFolder } from './support/program.mjs';
import { Gateway, longRules, makeKey, randomSecret, Sandbox, Stand } from './support/stand.mjs';

const first = makeKey('research');
const second = makeKey('reports');

const reloads = (gateway, result) => gateway.metric('gateway_config_reloads_total', { result });

async function reload(gateway, result = 'success') {
  const before = await reloads(gateway, result);
  gateway.program.kill('SIGHUP');
  await eventually(`reload with ${result}`, async () => ((await reloads(gateway, result)) > before ? true : undefined));
}

const isHit = (response) => response.headers['cache-status'].includes('; hit;');

/** A request that is under way upstream when this resolves, with {response}: the promise of its end. */
async function underWay(stand, delay, target = '/projects?page=50') {
  const before = await stand.sandbox.requestCount('Projects_list');
  const response = stand.gateway.request(first, target, { headers: { 'X-Sandbox-Delay': delay } });
  await eventually('request upstream', async () => ((await stand.sandbox.requestCount('Projects_list')) > before ? true : undefined));
  return { response };
}

describe('SIGHUP', () => {
  let stand;
  let gateway;

  before(async () => {
    stand = await Stand.start({ keys: [first] });
    gateway = stand.gateway;
  });
  after(() => stand.stop());

  it('takes and revokes keys', async () => {
    assert.equal((await gateway.request(second, '/projects')).status, 401);
    gateway.writeKeys([second]);
    await reload(gateway);
    assert.equal((await gateway.request(second, '/projects')).status, 200);
    assert.equal((await gateway.request(first, '/projects')).status, 401, 'a revoked key gets no hit');
    gateway.writeKeys([first]);
    await reload(gateway);
  });

  it('takes changed cache rules', async () => {
    const get = () => gateway.request(first, '/projects/pr_sales');
    gateway.writeSettings({ cache: { rules: {}, safe_operations: [] } });
    await reload(gateway);
    await get();
    assert.ok(!isHit(await get()));
    gateway.writeSettings({ cache: { rules: longRules, safe_operations: ['Projects_export'] } });
    await reload(gateway);
    await get();
    assert.ok(isHit(await get()));
  });

  it('drops no request: neither one that is under way nor those that come meanwhile', async () => {
    const slow = await underWay(stand, '1s');
    const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
    const statuses = new Set();
    let isOver = false;
    const traffic = Promise.all(Array.from({ length: 4 }, async () => {
      while (!isOver) statuses.add((await gateway.request(first, '/projects/pr_support', { agent })).status);
    }));
    for (let i = 0; i < 5; ++i) await reload(gateway);
    isOver = true;
    await traffic;
    agent.destroy();
    assert.deepEqual([...statuses], [200]);
    assert.equal((await slow.response).status, 200);
  });

  it('keeps the running configuration when the new file is bad, and says where', async () => {
    const line = 3;
    fs.writeFileSync(gateway.configFile, `listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nlisten_to: everybody\n`);
    await reload(gateway, 'failure');
    assert.equal((await gateway.request(first, '/projects')).status, 200);
    await gateway.program.event('the refusal', ({ level, message }) => level === 'error' && /refused/.test(message));
    const problems = gateway.program.events().map((event) => event.problem ?? '').join('\n');
    assert.match(problems, new RegExp(`gateway\\.yaml:${line}:\\d+: error: .*listen_to`));

    gateway.writeSettings({});
    fs.writeFileSync(path.join(gateway.folder, 'keys.yaml'), 'keys: [{id: x}]\n');
    await reload(gateway, 'failure');
    assert.equal((await gateway.request(first, '/projects')).status, 200);
    gateway.writeKeys([first]);
    await reload(gateway);
  });

  it('makes a changed rule hold at once for what is stored, of its own operation alone', async () => {
    const targets = ['/projects/pr_support', '/projects/pr_support/configs'];
    const rules = { ...longRules, Projects_get: { ttl: '2h', stale_while_revalidate: '1h' } };
    for (const target of targets) await gateway.request(first, target);
    gateway.writeSettings({ cache: { rules } });
    await reload(gateway);
    const [changed, same] = await Promise.all(targets.map((target) => gateway.request(first, target)));
    assert.match(changed.headers['cache-status'], /fwd=stale; stored; detail=rule-changed$/);
    assert.ok(isHit(same));
    assert.match((await gateway.request(first, targets[0])).headers['cache-status'], /; hit; ttl=7\d\d\d$/);
    gateway.writeSettings({ cache: { rules: longRules } });
    await reload(gateway);
  });

  it('names what only a restart can take, at every reload until it is the same again, and shows what is in force', async () => {
    const shown = async () => (await request(`${gateway.admin}/config`)).json;
    const warned = () => gateway.program.events().filter(({ level, message }) => level === 'warning' && /needs a restart/.test(message))
      .map(({ key }) => key);
    const before = await shown();
    assert.deepEqual(before.pending_restart, []);

    const pending = ['listen', 'workers', 'cache.max_size', 'upstream.breaker', 'upstream.max_connections'];
    const upstream = { ...gateway.base.upstream, max_connections: 1, retries: 1, breaker: { failures: 99 } };
    for (const times of [1, 2]) {
      gateway.writeSettings({ listen: '127.0.0.1:1', workers: 'auto', upstream, cache: { max_size: '1MiB' } });
      await reload(gateway);
      await eventually('warnings', () => (warned().length === times * pending.length ? true : undefined));
      assert.deepEqual(warned().slice(-pending.length), pending);
    }
    assert.deepEqual(await shown(),
      { ...before, upstream: { ...before.upstream, retries: 1 }, pending_restart: pending });

    gateway.writeSettings({});
    await reload(gateway);
    assert.deepEqual(await shown(), before);
    assert.equal(warned().length, 2 * pending.length);
  });
});

describe('SIGHUP with an API description that has other operations', () => {
  const widgets = "paths:\n  /widgets:\n    get: {operationId: Widgets_list, responses: {'200': {description: fine}}}\n";
  const api = path.join(temporaryFolder(), 'api.yaml');
  let stand;
  let gateway;

  before(async () => {
    fs.copyFileSync(contractFile, api);
    stand = await Stand.start({ keys: [first], settings: { api } });
    gateway = stand.gateway;
    fs.writeFileSync(api, fs.readFileSync(contractFile, 'utf8').replace('paths:\n', widgets));
  });
  after(() => stand.stop());

  it('takes keys and settings, and leaves the operations to a restart', async () => {
    gateway.writeKeys([second]);
    gateway.writeSettings({ api, log: { level: 'debug' } });
    await reload(gateway);
    assert.equal((await gateway.request(first, '/projects')).status, 401, 'a key is revoked');
    assert.equal((await gateway.request(second, '/projects')).status, 200);
    assert.equal((await gateway.request(second, '/widgets')).status, 404);
    const { json } = await request(`${gateway.admin}/config`);
    assert.deepEqual(json.pending_restart, ['api']);
    assert.equal(json.log.level, 'debug');
    await gateway.program.event('the warning', ({ level, message, key }) => level === 'warning' && /restart/.test(message) && key === 'api');
  });

  it('refuses what names operations that only the new one has, and says so', async () => {
    gateway.writeSettings({ api, cache: { rules: { Widgets_list: { ttl: '1s' } } } });
    await reload(gateway, 'failure');
    await gateway.program.event('the reason', ({ message }) => /only the new API description has/.test(message));
    const problems = gateway.program.events().map(({ problem }) => problem ?? '').join('\n');
    assert.match(problems, /gateway\.yaml:\d+:\d+: error: .*no operation 'Widgets_list'/);
    assert.equal((await gateway.request(second, '/projects')).status, 200);
  });
});

describe('the keys file', () => {
  it('is followed without a signal, refused whole while it is wrong, and what changed is said by id', async () => {
    const credential = randomSecret('upstream-');
    const sandbox = await Sandbox.start({ apiKey: credential });
    const gateway = await Gateway.start({ upstreamUrl: sandbox.url, credential, keys: [first] });
    const knows = async (key) => (await gateway.request(key, '/projects')).status === 200;
    const file = path.join(gateway.folder, 'keys.yaml');
    const replace = (content) => {
      fs.writeFileSync(`${file}.new`, content, { mode: 0o600 });
      fs.renameSync(`${file}.new`, file);
    };
    assert.deepEqual([await knows(first), await knows(second)], [true, false]);

    replace(JSON.stringify({ keys: [second.entry] }));
    await eventually('the new keys', async () => ((await knows(second)) ? true : undefined));
    assert.equal(await knows(first), false);
    const { added, removed, changed } = await gateway.program.event('about the keys', ({ message }) => /keys were replaced/.test(message));
    assert.deepEqual({ added, removed, changed }, { added: second.entry.id, removed: first.entry.id, changed: '' });

    replace(JSON.stringify({ keys: [first.entry, { ...second.entry, scopes: ['admin'] }] }));
    await gateway.program.event('the refusal', ({ level, message }) => level === 'error' && /keys file is refused/.test(message));
    assert.deepEqual([await knows(first), await knows(second)], [false, true]);

    replace(JSON.stringify({ keys: [first.entry] }));
    await eventually('the keys once the file is right again', async () => ((await knows(first)) ? true : undefined));
    await gateway.stop();
    await sandbox.stop();
  });
});

describe('a credential that lives in a file', () => {
  it('is taken from there as soon as the file is replaced', async () => {
    const credential = randomSecret('upstream-');
    const sandbox = await Sandbox.start({ apiKey: credential });
    const file = path.join(temporaryFolder(), 'credential');
    fs.writeFileSync(file, 'an outdated credential\n');
    const gateway = await Gateway.start({ upstreamUrl: sandbox.url, credential: '', keys: [first],
      settings: { upstream: { url: sandbox.url, timeout: '10s', credential: { header: 'X-API-KEY', value_file: file } } } });
    const status = async () => (await gateway.request(first, '/projects')).status;
    assert.notEqual(await status(), 200);

    fs.writeFileSync(`${file}.new`, `${credential}\n`);
    fs.renameSync(`${file}.new`, file);
    await eventually('success with the new credential', async () => ((await status()) === 200 ? true : undefined));

    fs.writeFileSync(file, '');
    await gateway.program.event('about the empty file', ({ level, message }) => level === 'error' && /credential/.test(message));
    assert.equal((await gateway.request(first, '/projects?page=1')).status, 200, 'the last good value stays');
    await gateway.stop();
    await sandbox.stop();
  });

  it('stays in force while the file is unusable: said once for each reason, no hindrance to a reload', async () => {
    const credential = randomSecret('upstream-');
    const sandbox = await Sandbox.start({ apiKey: credential });
    const file = path.join(temporaryFolder(), 'credential');
    fs.writeFileSync(file, credential, { mode: 0o600 });
    const gateway = await Gateway.start({ upstreamUrl: sandbox.url, credential: '', keys: [first, second],
      settings: { upstream: { url: sandbox.url, timeout: '10s', credential: { header: 'X-API-KEY', value_file: file } } } });
    const usable = () => gateway.metric('gateway_credential_file_usable');
    const said = (reason) => gateway.program.events().filter((event) => event.level === 'error' && event.reason === reason).length;
    const event = (what) => gateway.program.event(what, (one) => one.reason === what || one.message.includes(what));
    assert.equal(await usable(), 1);

    fs.writeFileSync(file, '');
    await event('is empty');
    assert.equal(await usable(), 0);
    gateway.writeKeys([second]);
    for (let i = 0; i < 3; ++i) await reload(gateway);  // after each, the file is looked at
    assert.equal((await gateway.request(first, '/projects')).status, 401, 'keys can be revoked');
    assert.equal((await gateway.request(second, '/projects')).status, 200);

    fs.rmSync(file);
    await event('No such file or directory');
    assert.equal(said('is empty'), 1);
    fs.writeFileSync(file, credential, { mode: 0o600 });
    await event('can be used again');
    assert.equal(await usable(), 1);
    assert.equal((await gateway.request(second, '/projects?page=1')).status, 200);
    await gateway.stop();
    await sandbox.stop();
  });
});

describe('SIGTERM', () => {
  it('lets requests under way end, takes no new ones, and ends with 0', async () => {
    const stand = await Stand.start({ keys: [first] });
    const slow = await underWay(stand, '800ms');
    const ended = stand.gateway.stop();
    await eventually('closed listener', () => request(stand.gateway.listen).then(() => undefined, (error) => error.code));
    const response = await slow.response;
    assert.equal(response.status, 200);
    assert.equal(response.json.page, 50);
    await ended;
    await stand.sandbox.stop();
  });

  it('waits no longer than limits.drain_timeout', async () => {
    const stand = await Stand.start({ keys: [first], settings: { limits: { drain_timeout: '200ms' }, upstream: { timeout: '1h' } } });
    const slow = await underWay(stand, '600s');
    const cut = assert.rejects(slow.response);
    await stand.gateway.stop();
    await cut;
    await stand.sandbox.stop();
  });

  it('serves on for limits.drain_delay, each response the last of its connection, until a second signal', async () => {
    const stand = await Stand.start({ keys: [first], settings: { limits: { drain_delay: '1h' } } });
    stand.gateway.program.kill('SIGTERM');
    await stand.gateway.program.event('draining', ({ message }) => message === 'draining');
    assert.equal((await request(`${stand.gateway.admin}/readyz`)).status, 503);
    const agent = new http.Agent({ keepAlive: true });
    for (let i = 0; i < 2; ++i) {
      const response = await eventually('a last response', async () => {
        const answer = await stand.gateway.request(first, '/projects', { agent });
        return answer.headers.connection === 'close' ? answer : undefined;
      });
      assert.equal(response.status, 200);
    }
    agent.destroy();
    await stand.gateway.stop(); // the second signal
    await stand.sandbox.stop();
  });

  it('waits no longer for what is under way once a second signal comes', async () => {
    const stand = await Stand.start({ keys: [first], settings: { limits: { drain_timeout: '1h' }, upstream: { timeout: '1h' } } });
    const slow = await underWay(stand, '600s');
    const cut = assert.rejects(slow.response);
    stand.gateway.program.kill('SIGTERM');
    await eventually('closed listener', () => request(stand.gateway.listen).then(() => undefined, (error) => error.code));
    await stand.gateway.stop();
    await cut;
    await stand.sandbox.stop();
  });

  it('closes idle keep-alive connections at once', async () => {
    const stand = await Stand.start({ keys: [first] });
    const agent = new http.Agent({ keepAlive: true });
    await stand.gateway.request(first, '/projects', { agent });
    const begun = Date.now();
    await stand.gateway.stop();
    assert.ok(Date.now() - begun < 5_000, 'the drain waited for an idle connection');
    agent.destroy();
    await stand.sandbox.stop();
  });
});
