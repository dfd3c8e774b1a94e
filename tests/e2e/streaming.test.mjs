// What flows: events pass as they come, and an upload goes up as it comes, whatever their length.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { withGateway, withOrigin } from './support/origin.mjs';
import { eventually, temporaryFolder } from './support/program.mjs';

const api = path.join(temporaryFolder(), 'streams.openapi.yaml');
fs.writeFileSync(api, `
openapi: 3.0.3
info: {title: Streams, version: "1"}
servers: [{url: /v4}]
paths:
  /events:
    get: {operationId: watch, responses: {"200": {description: ok, content: {text/event-stream: {schema: {type: string}}}}}}
    post: {operationId: ask, responses: {"200": {description: ok, content: {text/event-stream: {}}}}}
  /files/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    put:
      operationId: upload
      requestBody: {required: true, content: {application/octet-stream: {}}}
      responses: {"200": {description: ok, content: {application/json: {}}}}
`);

function withStreams(origin, settings, use) {
  const all = { api, cache: { rules: {}, safe_operations: [] }, ...settings };
  return withOrigin(origin, (port) => withGateway(`http://127.0.0.1:${port}/v4`, { settings: all }, use));
}

/** Begins a request; `response` resolves with the head, `outgoing` takes the body. */
function begin(gateway, key, method, target, headers = {}) {
  const outgoing = http.request(gateway.api + target, { method, agent: false, headers: { 'X-API-KEY': key.secret, ...headers } });
  const response = new Promise((resolve, reject) => outgoing.on('response', resolve).on('error', reject));
  return { outgoing, response };
}

for (const [method, framing] of [['GET', 'chunked'], ['GET', 'until close'], ['POST', 'chunked'], ['POST', 'until close']]) {
  test(`events pass as they come: ${method}, ${framing}`, async () => {
    let upstream;
    const origin = http.createServer((request, response) => {
      request.resume();
      if (framing === 'until close') {
        response.useChunkedEncodingByDefault = false;
        response.shouldKeepAlive = false;
      }
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.flushHeaders();
      upstream = response;
    });
    await withStreams(origin, { validation: { requests: 'enforce', responses: 'report' } }, async (gateway, key) => {
      const { outgoing, response: head } = begin(gateway, key, method, '/events');
      outgoing.end();
      const response = await head;
      assert.equal(response.statusCode, 200);
      const pieces = response[Symbol.asyncIterator]();
      for (const number of [1, 2, 3]) {
        upstream.write(`data: ${number}\n\n`);
        assert.equal(String((await pieces.next()).value), `data: ${number}\n\n`);
      }
      upstream.end();
      assert.equal((await pieces.next()).done, true);
    });
  });
}

/** An origin that answers an upload with its size and hash. */
function hashingOrigin(seen) {
  return http.createServer((request, response) => {
    const hash = createHash('sha256');
    seen.headers = request.headers;
    seen.bytes = 0;
    request.on('data', (piece) => {
      hash.update(piece);
      seen.bytes += piece.length;
    });
    request.on('close', () => (seen.isBrokenOff ||= !request.complete));
    request.on('end', () => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ bytes: seen.bytes, sha256: hash.digest('hex') }));
    });
  });
}

const uploads = { limits: { drain_timeout: '10s', max_body: '1MiB' }, operations: { upload: { max_body: '128MiB' } }, workers: 1 };

/** The most memory that a process has had so far. */
function peakOf(pid) {
  return 1024 * Number(/VmHWM:\s*(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

async function textOf(response) {
  let text = '';
  for await (const piece of response) text += piece;
  return text;
}

for (const withLength of [true, false]) {
  test(`100 MB go up in little memory, byte for byte: ${withLength ? 'with a length' : 'chunked'}`, async () => {
    const seen = {};
    await withStreams(hashingOrigin(seen), uploads, async (gateway, key) => {
      const size = 100 * 1024 * 1024;
      const piece = Buffer.from(Array.from({ length: 1024 * 1024 }, (_, i) => (i * 7919) >> 5));
      const hash = createHash('sha256');
      const before = peakOf(gateway.program.child.pid);
      const { outgoing, response: head } = begin(gateway, key, 'PUT', '/files/1',
        { 'Content-Type': 'application/octet-stream', Expect: '100-continue', ...(withLength ? { 'Content-Length': size } : {}) });
      outgoing.flushHeaders();
      await new Promise((resolve) => outgoing.on('continue', resolve));
      for (let sent = 0; sent < size; sent += piece.length) {
        piece.writeUInt32LE(sent, 0);
        hash.update(piece);
        const part = Buffer.from(piece);
        if (!outgoing.write(part)) await new Promise((resolve) => outgoing.once('drain', resolve));
      }
      outgoing.end();
      const response = await head;
      assert.equal(response.statusCode, 200);
      assert.deepEqual(JSON.parse(await textOf(response)), { bytes: size, sha256: hash.digest('hex') });
      assert.equal(seen.headers['content-length'], withLength ? String(size) : undefined);
      assert.equal(seen.headers.expect, undefined);
      const grown = peakOf(gateway.program.child.pid) - before;
      assert.ok(grown < 32 * 1024 * 1024, `the gateway's memory grew by ${grown} bytes`);
    });
  });
}

test('an upload that its client breaks off, or that grows too large, is broken off upstream as well', async () => {
  const seen = {};
  await withStreams(hashingOrigin(seen), { ...uploads, operations: { upload: { max_body: '300KiB' } } }, async (gateway, key) => {
    const { outgoing, response } = begin(gateway, key, 'PUT', '/files/1', { 'Content-Type': 'application/octet-stream', 'Content-Length': 200_000 });
    response.catch(() => {});
    outgoing.write(Buffer.alloc(100_000));
    await eventually('half of the upload', () => (seen.bytes === 100_000 ? true : undefined));
    outgoing.destroy();
    await eventually('the end of the upload', () => (seen.isBrokenOff ? true : undefined));

    seen.isBrokenOff = false;
    const large = begin(gateway, key, 'PUT', '/files/1', { 'Content-Type': 'application/octet-stream' });
    for (let i = 0; i < 4; ++i) large.outgoing.write(Buffer.alloc(100_000));
    assert.equal((await large.response).statusCode, 413);
    await eventually('the end of the upload', () => (seen.isBrokenOff ? true : undefined));
    large.outgoing.destroy();
  });
});

test('an answer that comes before an upload has come to its end reaches its client', async () => {
  const origin = http.createServer((incoming, response) => {
    response.writeHead(403, { 'Content-Type': 'application/json', Connection: 'close' });
    response.end('{"detail": "no"}');
  });
  await withStreams(origin, uploads, async (gateway, key) => {
    const { outgoing, response: head } = begin(gateway, key, 'PUT', '/files/1',
      { 'Content-Type': 'application/octet-stream', 'Content-Length': 100 * 1024 * 1024 });
    outgoing.on('error', () => {});
    outgoing.write(Buffer.alloc(1024 * 1024));
    const response = await head;
    assert.equal(response.statusCode, 403);
    assert.equal(await textOf(response), '{"detail": "no"}');
    outgoing.destroy();
  });
});
