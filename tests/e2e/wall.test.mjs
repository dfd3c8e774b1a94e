// What never goes upstream, whatever is validated; and the path, which goes there as it came.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { withGateway, withOrigin } from './support/origin.mjs';
import { temporaryFolder } from './support/program.mjs';

const parameter = (name, more = '') => `{name: ${name}, in: path, required: true${more}, schema: {type: string}}`;
const api = path.join(temporaryFolder(), 'api.yaml');
fs.writeFileSync(api, `
openapi: 3.0.3
info: {title: wall, version: '1'}
servers: [{url: /v4}]
paths:
  /items: {get: {operationId: list, responses: {'200': {description: d}}}}
  /items/{id}:
    parameters: [${parameter('id')}]
    get: {operationId: get, responses: {'200': {description: d}}}
    delete: {operationId: remove, responses: {'200': {description: d}}}
    put: {operationId: put, requestBody: {content: {application/json: {}, text/plain: {}}}, responses: {'200': {description: d}}}
    post: {operationId: bare, responses: {'200': {description: d}}}
  /items/{id}/config:
    parameters: [${parameter('id')}]
    get: {operationId: config, responses: {'200': {description: d}}}
  /files/{path}:
    parameters: [${parameter('path', ', x-gateway-catch-all: true')}]
    get: {operationId: read, responses: {'200': {description: d}}}
    put: {operationId: write, requestBody: {content: {text/plain: {}}}, responses: {'200': {description: d}}}
`);

/** Runs `use(ask, seen)`: what the origin saw, as "METHOD target". */
async function behindTheWall(settings, use) {
  const seen = [];
  const origin = http.createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end(`"${seen.length}"`));
  });
  await withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/up`, { settings: { api, cache: { rules: {}, safe_operations: [] }, ...settings } },
    (gateway, key) => use((target, options) => gateway.request(key, target, options), seen)));
}

const json = { 'Content-Type': 'application/json' };

for (const mode of ['enforce', 'report', 'off']) {
  test(`undeclared operations and bodies stay here, with validation.requests: ${mode}`, async () => {
    await behindTheWall({ validation: { requests: mode } }, async (ask, seen) => {
      const refused = [
        [404, 'GET', '/items/a%2Fconfig'], [404, 'GET', '/items/a%252fconfig'], [404, 'GET', '/items/a%5Cconfig'],
        [404, 'GET', '/items/%2e%2e%3bx'], [404, 'GET', '/items/a%00'], [404, 'GET', '/other'], [405, 'PATCH', '/items/a'],
        [400, 'GET', '/items/a', { 'Content-Length': '2' }, '{}'], [400, 'DELETE', '/items/a', { ...json, 'Content-Length': '2' }, '{}'],
        [415, 'POST', '/items/a', json, '{}'], [415, 'PUT', '/items/a', { 'Content-Type': 'text/html' }, 'x'],
        [415, 'PUT', '/items/a', { 'Content-Type': 'application/json; charset=utf-7' }, '{}'],
        [400, 'PUT', '/items/a', { 'Content-Type': ['text/plain', 'application/json'] }, '{}'],
        [415, 'PUT', '/items/a', { ...json, 'Content-Encoding': 'gzip' }, gzipSync('{}')],
      ];
      for (const [status, method, target, headers, body] of refused) {
        const response = await ask(target, { method, headers, body });
        assert.equal(response.status, status, `${method} ${target} ${JSON.stringify(headers)}`);
        assert.equal(response.headers['accept-encoding'], headers?.['Content-Encoding'] ? 'identity' : undefined);
      }
      assert.deepEqual(seen, []);
      const passes = [
        ['POST', '/items/a', { ...json, 'Content-Length': '0' }, ''], ['PUT', '/items/a', json, '{}'],
        ['PUT', '/items/a', { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' }, gzipSync('x')],
      ];
      for (const [method, target, headers, body] of passes) {
        assert.equal((await ask(target, { method, headers, body })).status, 200, `${method} ${JSON.stringify(headers)}`);
      }
      assert.deepEqual(seen, ['POST /up/items/a', 'PUT /up/items/a', 'PUT /up/items/a']);
    });
  });
}

test('a path goes upstream as it came, and each spelling of a reserved character has an entry of its own', async () => {
  const cache = { rules: { get: { ttl: '60s' }, read: { ttl: '60s' } }, safe_operations: [] };
  await behindTheWall({ cache }, async (ask, seen) => {
    const spellings = ["/items/a;v=1,2@x:y(z)!$&'()*+", '/items/a%3Bv%3D1', '/items/a;v=1'];
    for (const target of spellings) await ask(target);
    assert.deepEqual(seen, spellings.map((target) => `GET /up${target}`));
    await ask('/items/%61;v=1'); // an unreserved character: the same entry
    assert.equal(seen.length, 3);
    // A write through one spelling makes both stale: the origin may take them for one.
    assert.equal((await ask('/items/a;v=1', { method: 'PUT', headers: json, body: '{}' })).status, 200);
    for (const target of spellings.slice(1)) await ask(target);
    assert.equal(seen.length, 6);
  });
});

test('a slash at the end is corrected or ignored, and a catch-all takes the rest of the path', async () => {
  await behindTheWall({ routing: { trailing_slash: 'redirect' } }, async (ask, seen) => {
    const response = await ask('/items/?a=1');
    assert.equal(response.status, 307);
    assert.equal(response.headers.location, '/v4/items?a=1');
    assert.deepEqual(seen, []);
  });
  const cache = { rules: { read: { ttl: '60s' } }, safe_operations: [] };
  await behindTheWall({ routing: { trailing_slash: 'ignore', encoded_slashes: 'allow' }, cache }, async (ask, seen) => {
    for (const target of ['/items/?a=1', '/items/a%2Fb/', '/files/x/y.txt', '/files/x']) assert.equal((await ask(target)).status, 200);
    assert.deepEqual(seen, ['GET /up/items?a=1', 'GET /up/items/a%2Fb', 'GET /up/files/x/y.txt', 'GET /up/files/x']);
    await ask('/files/x/y.txt', { method: 'PUT', headers: { 'Content-Type': 'text/plain' }, body: 'new' });
    await ask('/files/x/y.txt');
    await ask('/files/x'); // what was written is part of it
    assert.equal(seen.length, 7);
  });
});
