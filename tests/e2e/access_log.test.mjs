// The access log: a JSON line on standard output for each request, which agrees with what the caller saw.
import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'node:test';
import { withPlayedOrigin } from './support/origin.mjs';
import { eventually } from './support/program.mjs';
import { makeKey, Stand } from './support/stand.mjs';

const team = makeKey('research');

describe('the access log', () => {
  it('has a line for every request, in which the caller finds his own', async () => {
    const stand = await Stand.start({ keys: [team] });
    const ask = (key, target, options = {}) => stand.gateway.request(key, target, options);
    const seen = [];
    for (const [key, target, options] of [
      [team, '/projects/pr_support?page=secret-search'],
      [team, '/projects/pr_support?page=secret-search'],
      [team, '/projects/pr_support?page=secret-search', { method: 'HEAD', headers: { 'X-Request-ID': 'chosen-by-the-caller' } }],
      [team, '/projects', { method: 'POST', body: { name: 'logged' } }],
      [team, '/projects', { method: 'POST', body: {} }],
      [null, '/projects'],
      [team, '/nothing/here'],
    ]) {
      const response = await ask(key, target, options);
      seen.push({ method: options?.method ?? 'GET', path: `/v4${target.split('?')[0]}`, response });
    }
    await stand.stop();

    const lines = stand.gateway.program.stdout.trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(lines.length, seen.length);
    assert.equal(new Set(lines.map((line) => line.request_id)).size, seen.length);
    for (const { method, path, response } of seen) {
      const line = lines.find((candidate) => candidate.request_id === response.headers['x-request-id']);
      assert.ok(line, `the log tells of ${method} ${path}`);
      assert.deepEqual([line.method, line.path, line.status], [method, path, response.status]);
      assert.ok(Math.abs(Date.parse(line.time) - Date.now()) < 600_000, line.time);
      assert.ok(line.duration_ms >= 0 && line.duration_ms < 60_000);
      assert.ok(line.bytes > 0);
      assert.equal(line.cache === 'hit', /; hit;/.test(response.headers['cache-status']));
    }
    const [first, second, third, created, invalid, unknown] = seen.map(
      ({ response }) => lines.find((line) => line.request_id === response.headers['x-request-id']));
    assert.deepEqual([first.team, first.key_id, first.operation], ['research', 'research-key', 'Projects_get']);
    assert.deepEqual([first.cache, second.cache, third.cache, created.cache], ['miss', 'hit', 'hit', 'pass']);
    assert.equal(third.request_id, 'chosen-by-the-caller');
    assert.equal(created.upstream_status, 201);
    assert.equal(invalid.rejection, 'invalid');
    assert.deepEqual([unknown.rejection, unknown.team], ['key-missing', undefined]);
    assert.ok(!stand.gateway.program.stdout.includes('secret-search'), 'queries are not logged');
  });

  it('says of a client that left so, whose request is never sent if it still waits', async () => {
    await withPlayedOrigin({ workers: 1, upstream: { max_connections: 1 } }, async ({ origin, gateway, key, get }) => {
      const first = get('/projects/pr_1', { 'Cache-Control': 'no-store' });
      await origin.take(0);
      const { hostname, port } = new URL(gateway.listen);
      const ask = (id) => `GET /v4/projects/${id} HTTP/1.1\r\nHost: x\r\nX-API-KEY: ${key.secret}\r\nX-Request-ID: ${id}\r\nCache-Control: no-store\r\n\r\n`;
      const leaving = net.connect(port, hostname, () => leaving.end(ask('pr_2')));
      const line = await eventually('the line of a client that left', () =>
        gateway.program.stdout.split('\n').filter(Boolean).map((text) => JSON.parse(text)).find((one) => one.request_id === 'pr_2'));
      assert.equal(line.client_gone, true);
      assert.equal(line.status, 0);
      await origin.answer(0);
      assert.equal((await first).status, 200);
      const last = get('/projects/pr_3', { 'Cache-Control': 'no-store' });
      await origin.answer(1);
      assert.equal((await last).status, 200);
      assert.deepEqual(origin.requests.map(({ request }) => request.url), ['/v4/projects/pr_1', '/v4/projects/pr_3']);
    });
  });

  it('says of a malformed request what is wrong with it', async () => {
    const stand = await Stand.start({ keys: [team] });
    const { hostname, port } = new URL(stand.gateway.listen);
    const answer = (text) => new Promise((resolve, reject) => {
      let received = '';
      const socket = net.connect(port, hostname, () => socket.write(text));
      socket.setEncoding('utf8').on('data', (part) => (received += part)).on('end', () => resolve(received)).on('error', reject);
    });
    assert.match(await answer('GET /v4/projects HTTP/1.1\nHost: x\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.match(await answer('BREW /v4/projects HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 501 /);
    assert.equal((await stand.gateway.request(null, '/projects')).status, 401);
    await stand.stop();

    const lines = stand.gateway.program.stdout.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ status, rejection, reason }) => [status, rejection, reason]).sort(),
      [[400, 'malformed', 'bare-lf'], [401, 'key-missing', undefined], [501, 'malformed', 'unknown-method']]);
  });

  it("leaves out what a client takes to send its request, as the duration's metric does", async () => {
    const stand = await Stand.start({ keys: [team], settings: { limits: { header_timeout: '300ms', body_timeout: '300ms', drain_timeout: '10s' } } });
    const { hostname, port } = new URL(stand.gateway.listen);
    const head = `POST /v4/projects HTTP/1.1\r\nHost: x\r\nX-API-KEY: ${team.secret}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n`;
    for (const part of [head, `${head}\r\n{`]) {
      const status = await new Promise((resolve, reject) => {
        const socket = net.connect(port, hostname, () => socket.write(part));
        socket.setEncoding('utf8').once('data', (text) => resolve(text.slice(9, 12))).on('error', reject);
      });
      assert.equal(status, '408');
    }
    assert.ok(await stand.gateway.metric('gateway_request_duration_seconds_sum') < 0.2);
    await stand.stop();

    const lines = stand.gateway.program.stdout.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(lines.map((line) => line.reason), ['head-timeout', 'body-timeout']);
    for (const line of lines) assert.ok(line.duration_ms < 100, JSON.stringify(line));
  });

  it('holds nothing up when nobody reads it', async () => {
    const stand = await Stand.start({ keys: [team], settings: { limits: { drain_timeout: '10s' } } });
    const { program } = stand.gateway;
    program.child.stdout.pause();
    const dropped = () => stand.gateway.metric('gateway_log_dropped_lines_total', { log: 'access' });
    assert.equal((await stand.gateway.request(team, '/projects/pr_support')).status, 200);
    // Hits, many at once: some 70,000 of their lines fill what may wait.
    const { hostname, port } = new URL(stand.gateway.listen);
    const hit = `GET /v4/projects/pr_support HTTP/1.1\r\nHost: x\r\nX-API-KEY: ${team.secret}\r\nX-Request-ID: ${'r'.repeat(128)}\r\n\r\n`;
    const hits = hit.repeat(500);
    const socket = net.connect(port, hostname);
    const flood = () => { if (!socket.destroyed) socket.write(hits, flood); };
    socket.on('error', () => {}).resume();
    flood();
    await eventually('dropped lines', async () => ((await dropped()) > 0 ? true : undefined), { within: 60_000 });
    socket.destroy();
    program.kill('SIGHUP');
    await program.event('reload', ({ message }) => message === 'configuration reloaded');
    await stand.stop();
    assert.ok(program.events().some(({ message }) => message === 'standard output did not take the last lines of the access log'));
  });

  it('can be switched off', async () => {
    const stand = await Stand.start({ keys: [team], settings: { log: { access: false } } });
    assert.equal((await stand.gateway.request(team, '/projects')).status, 200);
    await stand.stop();
    assert.equal(stand.gateway.program.stdout, '');
  });
});
