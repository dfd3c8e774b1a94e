// What counts against the upstream's health and what doesn't: slow clients, clients that leave, our own limits, and what a write that was
// never sent must not do.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { assertHit, project, withGateway, withOrigin } from './support/origin.mjs';
import { eventually } from './support/program.mjs';

const large = Buffer.alloc(24 * 1024 * 1024, 'a');

/** An origin of large answers for paths that name them, and a gateway before it that thinks badly of the upstream at once. */
async function withLargeAnswers({ answerOthers = (_, response) => answer(response), ...more }, use) {
  const sent = [];
  const origin = http.createServer((request, response) => {
    request.resume();
    if (!request.url.includes('pr_large')) return answerOthers(request, response);
    sent.push(response);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': large.length });
    response.end(large);
  });
  await withOrigin(origin, async (port) => {
    const upstream = { url: `http://127.0.0.1:${port}/v4`, credential: { header: 'X-API-KEY', value: '${E2E_CREDENTIAL}' }, breaker: { failures: 1 }, ...more };
    await withGateway(upstream.url, { settings: { upstream, workers: 1 } }, (gateway, key) => use({ gateway, key, sent }));
  });
}

function answer(response, { status = 200, headers = {} } = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(status < 300 ? project('one') : '{"detail": "no"}');
}

/** Resolves with a response of which nothing more than the head is taken for now. */
function unread(gateway, key, target, { method = 'GET', body } = {}) {
  return new Promise((resolve, reject) => {
    const headers = { 'X-API-KEY': key.secret, 'Content-Type': 'application/json' };
    http.request(gateway.api + target, { method, headers, agent: false }, (response) => resolve(response.pause()))
      .on('error', reject).end(body);
  });
}

const sizeOf = async (response) => {
  let size = 0;
  for await (const piece of response) size += piece.length;
  return size;
};

test("a client that reads slowly has its time, and doesn't cut the others off", async () => {
  await withLargeAnswers({ timeout: '500ms' }, async ({ gateway, key }) => {
    const slow = await unread(gateway, key, '/projects/pr_large');
    // Not a moment at which something might have happened, but twice the upstream's time.
    const resumed = Date.now() + 1_000;
    await eventually('end of the time in which nothing is read', async () => {
      assert.equal((await gateway.request(key, '/projects/pr_1', { headers: { 'Cache-Control': 'no-store' } })).status, 200);
      return Date.now() > resumed || undefined;
    });
    assert.equal(await sizeOf(slow), large.length);
    assert.equal(await gateway.metric('gateway_upstream_requests_total', { status: 'no_answer' }), 0);
  });
});

test('who finds all connections held by slow clients is told so, and it says nothing of the upstream', async () => {
  await withLargeAnswers({ timeout: '500ms', connect_timeout: '400ms', max_connections: 1 }, async ({ gateway, key }) => {
    const slow = await unread(gateway, key, '/projects/pr_large');
    const refused = await gateway.request(key, '/projects/pr_1');
    assert.equal(refused.status, 503);
    assert.match(refused.headers['proxy-status'], /error=connection_limit_reached/);
    assert.equal(await sizeOf(slow), large.length);
    assert.equal((await gateway.request(key, '/projects/pr_1')).status, 200);
  });
});

test('when a client leaves in the middle of the answer to its write, the rest of it is dropped at once', async () => {
  await withLargeAnswers({ timeout: '30s' }, async ({ gateway, key, sent }) => {
    const left = await unread(gateway, key, '/projects/pr_large', { method: 'PATCH', body: '{"name": "two"}' });
    let waiting = 0;
    await eventually('moment when nobody takes any more', () => {
      const before = waiting;
      waiting = sent[0].socket.writableLength;
      return (waiting > 0 && waiting === before) || undefined;
    }, { every: 100 });
    left.destroy();
    await eventually('end of the answer', () => sent[0].writableFinished || undefined, { within: 10_000 });
    assert.equal((await gateway.request(key, '/projects/pr_1')).status, 200);
  });
});

test('a write that an open breaker refuses makes nothing stale', async () => {
  const answerOthers = (request, response) =>
    (request.method === 'PATCH' ? request.socket.destroy() : answer(response, { headers: { 'Cache-Control': 'max-age=600' } }));
  await withLargeAnswers({ timeout: '10s', answerOthers }, async ({ gateway, key }) => {
    assert.equal((await gateway.request(key, '/projects/pr_1')).status, 200);
    assert.equal((await gateway.request(key, '/projects/pr_sick', { method: 'PATCH', body: { name: 'two' } })).status, 502);
    const refused = await gateway.request(key, '/projects/pr_1', { method: 'PATCH', body: { name: 'two' } });
    assert.equal(refused.status, 503);
    assert.match(refused.headers['proxy-status'], /error=destination_unavailable/);
    assertHit(await gateway.request(key, '/projects/pr_1'));
  });
});

test("the gateway's own limit on connections says nothing of the upstream", async () => {
  const held = [];
  const origin = http.createServer((request, response) => (request.url.endsWith('/pr_held') ? held.push(response) : answer(response)));
  await withOrigin(origin, async (port) => {
    const upstream = {
      url: `http://127.0.0.1:${port}/v4`, credential: { header: 'X-API-KEY', value: '${E2E_CREDENTIAL}' },
      max_connections: 1, max_waiting: 0, breaker: { failures: 1 },
    };
    await withGateway(upstream.url, { settings: { upstream, workers: 1 } }, async (gateway, key) => {
      const first = gateway.request(key, '/projects/pr_held');
      await eventually('request at the origin', () => held[0]);
      const refused = await gateway.request(key, '/projects/pr_1');
      assert.equal(refused.status, 503);
      assert.match(refused.headers['proxy-status'], /error=connection_limit_reached/);
      answer(held[0]);
      assert.equal((await first).status, 200);
      assert.equal((await gateway.request(key, '/projects/pr_1')).status, 200);
      assert.equal(await gateway.metric('gateway_upstream_requests_total', { status: 'no_answer' }), 0);
    });
  });
});
