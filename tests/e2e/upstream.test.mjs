// The way to the upstream: TLS, fields and queries on both ways, retries, large bodies, and another API than the bundled one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { withGateway, withOrigin } from './support/origin.mjs';
import { temporaryFolder } from './support/program.mjs';

const project = JSON.stringify({
  id: 'pr_1', name: 'one', users: [], data_count: 0, feedback_types: [], team_id: 'tm_1',
  created_at: '2024-01-01T00:00:00Z', updated_at: '2024-01-01T00:00:00Z',
});

function answer(response, body = project, headers = {}) {
  response.writeHead(200, { 'Content-Type': 'application/json', ...headers });
  response.end(body);
}

test("an upstream's certificate is verified, and a private authority can be trusted", async () => {
  const folder = temporaryFolder();
  const keyFile = path.join(folder, 'key.pem');
  const certificate = path.join(folder, 'certificate.pem');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1',
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certificate], { stdio: 'ignore' });
  const tls = { key: fs.readFileSync(keyFile), cert: fs.readFileSync(certificate) };
  let seen = 0;
  const origin = https.createServer(tls, (_, response) => { seen += 1; answer(response); });
  await withOrigin(origin, async (port) => {
    const url = `https://127.0.0.1:${port}/v4`;
    await withGateway(url, {}, async (gateway, key) => {
      const refused = await gateway.request(key, '/projects/pr_1');
      assert.equal(refused.status, 502);
      assert.match(refused.headers['proxy-status'], /error=tls_certificate_error/);
      assert.ok(!refused.text.includes(String(port)));
    });
    assert.equal(seen, 0);
    const credential = { header: 'X-API-KEY', value: '${E2E_CREDENTIAL}' };
    await withGateway(url, { settings: { upstream: { url, credential, ca_file: certificate } } }, async (gateway, key) => {
      assert.equal((await gateway.request(key, '/projects/pr_1')).status, 200);
    });
  });
});

test('end-to-end fields and repeated parameters travel, hop-by-hop fields and keys do not', async () => {
  let received;
  const origin = http.createServer((request, response) => {
    received = { url: request.url, raw: request.rawHeaders, headers: request.headers };
    response.writeHead(200, ['Content-Type', 'application/json', 'X-Many', 'a', 'X-Many', 'b', 'X-Gone', '1',
      'Connection', 'keep-alive, x-gone', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Cache-Control', 'no-store']);
    response.end(project);
  });
  const settings = { cache: { rules: {} } };
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, { settings }, async (gateway, key, credential) => {
    const claims = { 'X-HTTP-Method-Override': 'DELETE', 'X-Forwarded-For': '6.6.6.6', 'X-Forwarded-Host': 'evil.example', Forwarded: 'for=6.6.6.6',
      'X-Real-IP': '6.6.6.6', 'X-Original-URL': '/admin', 'X-Rewrite-URL': '/admin', 'Remote-User': 'root', X_API_KEY: 'twin', Cookie: 'a=1',
      Range: 'bytes=0-3' };
    const response = await gateway.request(key, '/projects/pr_1?x=1&x=2&y=%2F+b&_method=DELETE', {
      headers: { 'X-Twice': ['1', '2'], 'X-Drop': 'me', Connection: 'x-drop', 'X-Empty': '', Via: '1.1 before', Host: 'gw.example', ...claims },
    });
    assert.equal(response.status, 200);
    assert.equal(received.url, '/v4/projects/pr_1?x=1&x=2&y=%2F+b');
    const values = (name) => received.raw.filter((_, i) => i % 2 === 1 && received.raw[i - 1].toLowerCase() === name);
    assert.deepEqual(values('x-twice'), ['1', '2']);
    assert.deepEqual(values('x-empty'), ['']);
    assert.deepEqual(values('x-api-key'), [credential]);
    assert.equal(received.headers['x-drop'], undefined);
    for (const name of ['x-http-method-override', 'x-real-ip', 'x-original-url', 'x-rewrite-url', 'remote-user', 'x_api_key', 'cookie', 'range']) {
      assert.equal(received.headers[name], undefined, name);
    }
    assert.equal(received.headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(received.headers['x-forwarded-host'], 'gw.example');
    assert.equal(received.headers['x-forwarded-proto'], 'http');
    assert.equal(received.headers.forwarded, 'for=127.0.0.1;host="gw.example";proto=http');
    assert.match(received.headers.via, /^1\.1 before, 1\.1 projects-gateway-[0-9a-f]{8}$/);
    assert.equal(received.headers['x-request-id'], response.headers['x-request-id']);
    const back = (name) => response.rawHeaders.filter((_, i) => i % 2 === 1 && response.rawHeaders[i - 1].toLowerCase() === name);
    assert.deepEqual(back('x-many'), ['a', 'b']);
    assert.deepEqual(back('set-cookie'), []);
    assert.equal(response.headers['x-gone'], undefined);
  }));
});

test('where a rule stores the answers, only what is declared, negotiated or of the trace goes upstream', async () => {
  let received;
  const origin = http.createServer((request, response) => {
    received = request.headers;
    answer(response);
  });
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, {}, async (gateway, key) => {
    const headers = { 'X-Any': '1', Origin: 'https://evil.example', 'Accept-Language': 'de', 'User-Agent': 'test', Host: 'evil.example',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    await gateway.request(key, '/projects/pr_1', { headers });
    assert.equal(received['x-any'] ?? received.origin, undefined);
    assert.deepEqual([received['accept-language'], received['user-agent'], received.traceparent], ['de', 'test', headers.traceparent]);
    assert.ok(!JSON.stringify(received).includes('evil.example'));
  }));
});

test('what comes round again is 508, and goes no further', async () => {
  let via;
  let gatewayOfTest;
  let teamKey;
  const origin = http.createServer(async (request, response) => {
    via = request.headers.via;
    const again = await gatewayOfTest.request(teamKey, '/projects/pr_1', { headers: { Via: via } });
    response.writeHead(again.status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(again.text);
  });
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, {}, async (gateway, key) => {
    gatewayOfTest = gateway;
    teamKey = key;
    const response = await gateway.request(key, '/projects/pr_1');
    assert.equal(response.status, 508);
    assert.match(response.json.detail, /^Loop Detected/);
  }));
});

test("a reference to the upstream becomes the gateway's own, stored or not", async () => {
  const origin = http.createServer((request, response) => {
    const { port } = origin.address();
    const headers = { Location: `http://127.0.0.1:${port}/v4/projects/pr_2?a=b`, 'Cache-Control': request.url.endsWith('/pr_1') ? 'max-age=60' : 'no-store' };
    response.writeHead(307, headers);
    response.end();
  });
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, {}, async (gateway, key) => {
    for (const target of ['/projects/pr_1', '/projects/pr_1', '/projects/pr_3']) {
      assert.equal((await gateway.request(key, target)).headers.location, '/v4/projects/pr_2?a=b');
    }
  }));
});

test('a credential that the upstream refuses is the fault of the gateway, whose operator is told', async () => {
  const origin = http.createServer((request, response) => {
    response.writeHead(401, { 'Content-Type': 'application/json', 'WWW-Authenticate': 'Basic' });
    response.end('{"detail": "no"}');
  });
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, {}, async (gateway, key) => {
    for (const method of ['GET', 'DELETE']) {
      const response = await gateway.request(key, '/projects/pr_1', { method });
      assert.equal(response.status, 502);
      assert.equal(response.headers['proxy-status'],
        'projects-gateway; error=proxy_configuration_error; details="credential refused by the upstream"');
      assert.equal(response.headers['www-authenticate'], undefined);
    }
    assert.equal(await gateway.metric('gateway_upstream_credential_refused'), 1);
  }));
});

test('what Connection names counts for nothing, neither for the cache nor for validation', async () => {
  const languages = [];
  const origin = http.createServer((request, response) => {
    request.resume();
    languages.push(request.headers['accept-language']);
    answer(response, project, { Vary: 'Accept-Language', 'Cache-Control': 'max-age=600', 'X-Type': request.headers['content-type'] ?? 'none' });
  });
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, {}, async (gateway, key) => {
    const get = (headers) => gateway.request(key, '/projects/pr_1', { headers: { 'Accept-Language': 'de', ...headers } });
    await get({ Connection: 'Accept-Language' });
    assert.match((await get({})).headers['cache-status'], /fwd=vary-miss/);
    assert.deepEqual(languages, [undefined, 'de']);
    // Without a type a body is read as JSON: what is checked and what is sent are the same.
    const patched = await gateway.request(key, '/projects/pr_1', {
      method: 'PATCH', body: '{"name": 1', headers: { 'Content-Type': 'text/plain', Connection: 'content-type' },
    });
    assert.equal(patched.status, 422);
  }));
});

test('clients may accept compression: none is asked for, as nobody could look into it, and none is passed on', async () => {
  const origin = http.createServer((request, response) => {
    if (request.url.endsWith('/pr_identity')) return answer(response, project, { 'Content-Encoding': 'identity' });
    const body = JSON.stringify({ detail: `the key ${request.headers['x-api-key']}` });
    const zipped = request.url.endsWith('/pr_always') || /gzip/.test(request.headers['accept-encoding'] ?? '');
    answer(response, zipped ? gzipSync(body) : body, { Vary: 'Accept-Encoding', 'Cache-Control': 'max-age=600', ...(zipped ? { 'Content-Encoding': 'gzip' } : {}) });
  });
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, {}, async (gateway, key) => {
    const plain = await gateway.request(key, '/projects/pr_1', { headers: { 'Accept-Encoding': 'gzip, br' } });
    assert.match(plain.json.detail, /^the key \*+$/);
    assert.equal((await gateway.request(key, '/projects/pr_identity')).status, 200);
    const refused = await gateway.request(key, '/projects/pr_always', { headers: { 'Accept-Encoding': 'gzip, br' } });
    assert.equal(refused.status, 502);
    assert.match(refused.headers['proxy-status'], /error=http_protocol_error/);
  }));
});

test('a 304 that is passed on announces no other length than the upstream did', async () => {
  const origin = http.createServer((request, response) => {
    response.writeHead(304, { ETag: '"1"', 'Content-Type': 'application/json', ...(request.url.endsWith('/pr_5') ? { 'Content-Length': 5 } : {}) });
    response.end();
  });
  const validation = { requests: 'enforce', responses: 'enforce' };
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, { settings: { validation } }, async (gateway, key) => {
    const ask = (target) => gateway.request(key, target, { headers: { 'If-None-Match': '"1"', 'Cache-Control': 'no-store' } });
    for (const [target, length] of [['/projects/pr_1', undefined], ['/projects/pr_5', '5']]) {
      const response = await ask(target);
      assert.equal(response.status, 304);
      assert.equal(response.headers['content-length'], length);
    }
  }));
});

test('a credential that the upstream echoes does not come back', async () => {
  const origin = http.createServer((request, response) => {
    const key = request.headers['x-api-key'];
    answer(response, JSON.stringify({ echoed: key, padding: 'x'.repeat(100_000), again: key }),
      { 'X-Echo': `key ${key}`, 'X-API-KEY': key });
  });
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, {}, async (gateway, key, credential) => {
    const response = await gateway.request(key, '/projects/pr_1');
    assert.ok(!response.text.includes(credential));
    assert.ok(!response.rawHeaders.join().includes(credential));
    assert.equal(response.json.echoed, '*'.repeat(credential.length));
  }));
});

test('what is idempotent is tried again when its connection dies, another write never is', async () => {
  const counts = { GET: 0, PATCH: 0, DELETE: 0 };
  const origin = http.createServer((request, response) => {
    counts[request.method] += 1;
    request.resume().on('end', () => {
      if (request.method !== 'GET' || counts.GET === 2) request.socket.destroy();
      else answer(response, project, { 'Cache-Control': 'no-store' });
    });
  });
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, { settings: { workers: 1 } }, async (gateway, key) => {
    assert.equal((await gateway.request(key, '/projects/pr_1')).status, 200);
    assert.equal((await gateway.request(key, '/projects/pr_1')).status, 200);
    assert.equal(counts.GET, 3);
    const sent = { PATCH: 0, DELETE: 0 };
    for (const [method, body] of [['PATCH', { name: 'two' }], ['PATCH', { name: 'long '.repeat(20_000) }], ['DELETE', undefined]]) {
      await gateway.request(key, '/projects/pr_1'); // leaves a connection that was used before
      const written = await gateway.request(key, '/projects/pr_1', { method, body });
      assert.equal(written.status, 502);
      assert.match(written.headers['proxy-status'], /error=connection_terminated/);
      sent[method] += method === 'DELETE' ? 3 : 1;
      assert.deepEqual({ PATCH: counts.PATCH, DELETE: counts.DELETE }, sent);
    }
  }));
});

test('a large response passes through whole, and a broken one is not taken for whole', async () => {
  const body = randomBytes(12 * 1024 * 1024).toString('base64');
  const origin = http.createServer((request, response) => {
    if (request.url.endsWith('/pr_big')) return answer(response, body);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    response.write(body.slice(0, 8 * 1024 * 1024), () => request.socket.destroy());
  });
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, {}, async (gateway, key) => {
    const whole = await gateway.request(key, '/projects/pr_big');
    const digest = (text) => createHash('sha256').update(text).digest('hex');
    assert.equal(digest(whole.text), digest(body));
    await assert.rejects(gateway.request(key, '/projects/pr_broken'), /aborted|hang up|reset/i);
  }));
});

test('another OpenAPI document makes it the gateway of another API', async () => {
  const api = path.join(temporaryFolder(), 'shop.openapi.yaml');
  fs.writeFileSync(api, `
openapi: 3.0.3
info: {title: Shop, version: "1"}
servers: [{url: "https://shop.example/api/{version}", variables: {version: {default: v2}}}]
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - {name: state, in: query, required: true, style: form, explode: true, schema: {type: array, minItems: 1, items: {type: string, enum: [open, paid]}}}
      responses: {"200": {description: orders, content: {application/json: {schema: {type: object}}}}}
    post:
      operationId: placeOrder
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, required: [amount], additionalProperties: false, properties: {amount: {type: integer, minimum: 1}}}
      responses: {"201": {description: placed}}
  /orders/{order}:
    parameters: [{name: order, in: path, required: true, schema: {type: integer}}]
    head:
      operationId: hasOrder
      responses: {"200": {description: there is one, content: {application/json: {schema: {type: object}}}}}
    get:
      operationId: getOrder
      responses: {"200": {description: an order, content: {application/json: {schema: {type: object}}}}}
`);
  const requests = [];
  const origin = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume();
    answer(response, '{}', { 'Content-Length': 2 });
  });
  await withOrigin(origin, async (port) => {
    const settings = { api, validation: { requests: 'enforce', responses: 'enforce' }, cache: { rules: { listOrders: { ttl: '1h' }, getOrder: { ttl: '1h' } }, safe_operations: [] } };
    await withGateway(`http://127.0.0.1:${port}/shop`, { settings }, async (gateway, key) => {
      const call = async (method, target, body) => {
        const headers = { 'X-API-KEY': key.secret, 'Content-Type': 'application/json' };
        const response = await fetch(gateway.listen + '/api/v2' + target,
          { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
        return { status: response.status, cache: response.headers.get('cache-status'), json: await response.json().catch(() => null) };
      };
      assert.equal((await call('GET', '/orders')).json.detail[0].type, 'value_error.missing');
      assert.equal((await call('GET', '/orders?state=open&state=lost')).json.detail[0].loc.join(), 'query,state,1');
      assert.equal((await call('GET', '/orders/ten')).json.detail[0].type, 'type_error.integer');
      assert.deepEqual((await call('POST', '/orders', { amount: 0, note: 1 })).json.detail.map((one) => one.type),
        ['value_error.number.not_ge', 'value_error.extra']);
      assert.equal(requests.length, 0);

      assert.equal((await call('GET', '/orders?state=open')).status, 200);
      assert.match((await call('GET', '/orders?state=open')).cache, /; hit;/);
      await call('GET', '/orders/7');
      await call('POST', '/orders', { amount: 3 });
      assert.match((await call('GET', '/orders?state=open')).cache, /fwd=stale/);
      assert.match((await call('GET', '/orders/7')).cache, /; hit;/);
      assert.deepEqual(requests, ['GET /shop/orders?state=open', 'GET /shop/orders/7', 'POST /shop/orders', 'GET /shop/orders?state=open']);

      const head = await fetch(`${gateway.listen}/api/v2/orders/7`, { method: 'HEAD', headers: { 'X-API-KEY': key.secret } });
      assert.equal(head.status, 200);
      assert.equal(head.headers.get('content-length'), '2');
      assert.equal(requests.at(-1), 'HEAD /shop/orders/7');
    });
  });
});
