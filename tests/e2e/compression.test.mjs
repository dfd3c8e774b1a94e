// Compression to clients: what is stored stays as it came, and goes out in the coding that each client takes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { it } from 'node:test';
import zlib from 'node:zlib';
import { skipWithout } from './support/environment.mjs';
import { cacheStatus, withPlayedOrigin } from './support/origin.mjs';
import { eventually } from './support/program.mjs';

const item = '/projects/pr_1';
const settings = {
  cache: { rules: { Projects_get: { ttl: '1h' } } },
  compression: { codings: ['br', 'zstd', 'gzip'], min_size: '512B' },
  validation: { requests: 'off', responses: 'off' },
};
const body = JSON.stringify({ id: 'pr_1', name: 'a name that comes again '.repeat(200) });

const decoders = {
  gzip: zlib.gunzipSync,
  br: zlib.brotliDecompressSync,
  zstd: (bytes) => execFileSync('zstd', ['-d', '-c'], { input: bytes }),
};

/** The answer with the bytes of its body. */
function ask({ gateway, key }, target, headers = {}, method = 'GET') {
  return new Promise((resolve, reject) => {
    http.request(gateway.api + target, { method, agent: false, headers: { 'X-API-KEY': key.secret, ...headers } }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part)).on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(parts) }));
    }).on('error', reject).end();
  });
}

/** Runs `use` with the item in memory, its origin's ETag "v1". */
function withStored(use, headers = {}, more = {}) {
  return withPlayedOrigin({ ...settings, ...more }, async (stand) => {
    await Promise.all([ask(stand, item), stand.origin.answer(0, { headers: { ETag: '"v1"', ...headers }, body })]);
    await use(stand);
    assert.equal(stand.origin.requests.length, 1);
  });
}

for (const coding of ['gzip', 'br', 'zstd']) {
  it(`what is stored goes out in ${coding}, with an ETag of its own, and as it came to who takes nothing`, { skip: coding === 'zstd' && skipWithout('zstd') }, () => withStored(async (stand) => {
    for (let time = 0; time < 2; ++time) {
      const coded = await ask(stand, item, { 'Accept-Encoding': coding });
      assert.match(coded.headers['cache-status'], /; hit;/);
      assert.equal(coded.headers['content-encoding'], coding);
      assert.equal(coded.headers.etag, `"v1--${coding}"`);
      assert.equal(coded.headers.vary, 'Accept-Encoding');
      assert.equal(Number(coded.headers['content-length']), coded.bytes.length);
      assert.ok(coded.bytes.length < body.length / 4);
      assert.equal(decoders[coding](coded.bytes).toString(), body);
    }
    const plain = await ask(stand, item);
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(plain.headers.etag, '"v1"');
    assert.equal(plain.headers.vary, 'Accept-Encoding');
    assert.equal(plain.bytes.toString(), body);
    assert.equal(await stand.gateway.metric('gateway_coded_responses_total', { coding }), 2);
  }));
}

for (const [accepted, coding] of [
  ['gzip, br', 'br'], ['gzip;q=1, br;q=0.5', 'gzip'], ['*', 'br'], ['br;q=0, *', 'zstd'], ['x-gzip', 'gzip'], ['GZIP', 'gzip'],
  ['deflate', undefined], ['gzip;q=0', undefined], ['identity', undefined], ['gzip;q=0.5, identity', undefined], ['gzip;q=nonsense', undefined],
  ['gzip;q=0.5, identity;q=0.5', 'gzip'],
]) {
  it(`"${accepted}" gets ${coding ?? 'no coding'}`, () => withStored(async (stand) => {
    assert.equal((await ask(stand, item, { 'Accept-Encoding': accepted })).headers['content-encoding'], coding);
  }));
}

it('HEAD tells the same fields', () => withStored(async (stand) => {
  const got = await ask(stand, item, { 'Accept-Encoding': 'gzip' });
  const head = await ask(stand, item, { 'Accept-Encoding': 'gzip' }, 'HEAD');
  for (const name of ['content-encoding', 'content-length', 'etag', 'vary']) assert.equal(head.headers[name], got.headers[name], name);
  assert.equal(head.bytes.length, 0);
}));

it('a condition is met by the ETag of the coding that the client takes', () => withStored(async (stand) => {
  for (const [taken, etag, status] of [['gzip', '"v1--gzip"', 304], ['br', '"v1--gzip"', 200], ['identity', '"v1"', 304], ['gzip', '"v1"', 200]]) {
    const { status: got, headers } = await ask(stand, item, { 'Accept-Encoding': taken, 'If-None-Match': etag });
    assert.equal(got, status, `${taken} ${etag}`);
    assert.equal(headers.vary, 'Accept-Encoding');
    if (status === 304) assert.equal(headers.etag, etag);
  }
}));

it('a range is cut from what is stored', () => withStored(async (stand) => {
  const part = await ask(stand, item, { 'Accept-Encoding': 'gzip', Range: 'bytes=0-9' });
  assert.equal(part.status, 206);
  assert.equal(part.headers['content-encoding'], undefined);
  assert.equal(part.bytes.toString(), body.slice(0, 10));
  const whole = await ask(stand, item, { 'Accept-Encoding': 'gzip, identity;q=0', Range: 'bytes=0-9' });
  assert.equal(whole.status, 200);
  assert.equal(zlib.gunzipSync(whole.bytes).toString(), body);
}));

it('no-transform is honoured, whoever says it, and so is a digest of the bytes', async () => {
  await withStored(async (stand) => {
    const asked = await ask(stand, item, { 'Accept-Encoding': 'gzip', 'Cache-Control': 'no-transform' });
    assert.equal(asked.headers['content-encoding'], undefined);
    assert.equal(asked.bytes.toString(), body);
  });
  for (const headers of [{ 'Cache-Control': 'max-age=60, no-transform' }, { 'Content-Digest': 'sha-256=:AAAA:' }, { 'Content-Type': 'image/png' }]) {
    await withStored(async (stand) => {
      const asked = await ask(stand, item, { 'Accept-Encoding': 'gzip' });
      assert.equal(asked.headers['content-encoding'], undefined);
      assert.equal(asked.headers.etag, '"v1"');
      assert.equal(asked.headers.vary, undefined);
    }, headers);
  }
});

it('what is too small or does not shrink goes as it is, unless the client refuses that', async () => {
  const random = Buffer.from(Array.from({ length: 4000 }, () => 33 + Math.floor(Math.random() * 90))).toString('base64');
  for (const small of ['{"id": "pr_1"}', zlib.gzipSync(random).toString('latin1').slice(0, 2000)]) {
    await withPlayedOrigin(settings, async (stand) => {
      await Promise.all([ask(stand, item), stand.origin.answer(0, { body: Buffer.from(small, 'latin1') })]);
      for (let time = 0; time < 2; ++time) {
        const plain = await ask(stand, item, { 'Accept-Encoding': 'gzip' });
        assert.equal(plain.headers['content-encoding'], undefined);
        assert.equal(plain.bytes.toString('latin1'), small);
      }
      const coded = await ask(stand, item, { 'Accept-Encoding': 'gzip, identity;q=0' });
      assert.equal(zlib.gunzipSync(coded.bytes).toString('latin1'), small);
    });
  }
});

it('what is not stored is compressed on its way, and is off unless the configuration names codings', async () => {
  for (const [codings, coding] of [[['gzip'], 'gzip'], [[], undefined]]) {
    await withPlayedOrigin({ ...settings, cache: { rules: {} }, compression: { codings } }, async (stand) => {
      const [answer] = await Promise.all([ask(stand, item, { 'Accept-Encoding': 'gzip' }),
        stand.origin.answer(0, { headers: { ETag: 'W/"v1"', 'Accept-Ranges': 'bytes' }, body })]);
      assert.match(cacheStatus(answer), /detail=no-rule/);
      assert.equal(answer.headers['content-encoding'], coding);
      assert.equal(answer.headers.etag, coding ? 'W/"v1--gzip"' : 'W/"v1"');
      assert.equal((coding ? zlib.gunzipSync(answer.bytes) : answer.bytes).toString(), body);
    });
  }
});

for (const coding of ['gzip', 'br']) {
  it(`events flow in ${coding} one by one: each can be decoded before the next one comes`, () => withPlayedOrigin(settings, async (stand) => {
    const seen = [];
    const decoder = coding === 'gzip' ? zlib.createGunzip() : zlib.createBrotliDecompress();
    decoder.on('data', (part) => seen.push(part.toString()));
    const answered = new Promise((resolve, reject) => {
      http.get(`${stand.gateway.api}${item}`, { agent: false, headers: { 'X-API-KEY': stand.key.secret, 'Accept-Encoding': coding } }, (response) => {
        response.pipe(decoder);
        response.on('end', resolve).on('error', reject);
      }).on('error', reject);
    });
    const { response } = await stand.origin.take(0);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (const number of [0, 1, 2]) {
      response.write(`data: ${number}\n\n`);
      await eventually(`event ${number}`, () => (seen.join('') === Array.from({ length: number + 1 }, (_, one) => `data: ${one}\n\n`).join('') ? true : undefined));
    }
    response.end();
    await answered;
  }));
}

it("a client's condition goes upstream with the ETags that the origin knows", () => withPlayedOrigin({ ...settings, cache: { rules: {} } }, async (stand) => {
  const { gateway, key, origin } = stand;
  const written = gateway.request(key, item, { method: 'PATCH', body: { name: 'x' }, headers: { 'If-Match': '"v1--gzip", W/"v2--br", "v3"' } });
  const { request } = await origin.take(0);
  assert.equal(request.headers['if-match'], '"v1", W/"v2", "v3"');
  await origin.answer(0);
  await written;
}));
