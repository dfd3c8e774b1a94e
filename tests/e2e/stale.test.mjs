// RFC 5861 end to end: stale-while-revalidate in the background, stale-if-error on every way in which an upstream can fail, and each
// of them said by the origin or by a rule.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertHit, cacheStatus, project, withPlayedOrigin } from './support/origin.mjs';
import { eventually } from './support/program.mjs';

const item = '/projects/pr_1';
const rule = (windows) => ({ rules: { Projects_get: windows } });

/** Who says it: what the origin sends, and what the rules are. */
const sources = (directive, key) => [
  { by: 'the origin', headers: { 'Cache-Control': `max-age=0, ${directive}=600` }, cache: rule({}) },
  { by: 'a rule', headers: {}, cache: rule({ ttl: '0s', [key]: '10m' }) },
];

describe('stale-while-revalidate', () => {
  for (const { by, headers, cache } of sources('stale-while-revalidate', 'stale_while_revalidate')) {
    it(`said by ${by}: many are served at once while one refresh runs`, () => withPlayedOrigin({ cache }, async ({ origin, get }) => {
      await Promise.all([get(item), origin.answer(0, { headers, body: project('old') })]);
      const served = await Promise.all(Array.from({ length: 20 }, () => get(item)));
      for (const response of served) {
        assertHit(response);
        assert.equal(response.json.name, 'old');
      }
      await origin.take(1);
      assertHit(await get(item));
      assert.equal(origin.requests.length, 2);

      await origin.answer(1, { headers: { 'Cache-Control': 'max-age=600' }, body: project('new') });
      await eventually('refreshed response', async () => ((await get(item)).json.name === 'new' ? true : undefined));
      assert.equal(origin.requests.length, 2);
    }));
  }

  it('revalidates with the validator that the origin gave, and a 304 is enough', () => withPlayedOrigin({ cache: rule({}) }, async ({ origin, get }) => {
    await Promise.all([get(item), origin.answer(0, { headers: { 'Cache-Control': 'max-age=0, stale-while-revalidate=600', ETag: '"v1"' } })]);
    await get(item);
    const { request, response } = await origin.take(1);
    assert.equal(request.headers['if-none-match'], '"v1"');
    response.writeHead(304, { 'Cache-Control': 'max-age=600', ETag: '"v1"' }).end();
    await eventually('fresh response', async () => (/ttl=[1-9]/.test(cacheStatus(await get(item))) ? true : undefined));
    assert.equal(origin.requests.length, 2);
  }));

  it('asks for the refresh in its own words, not in those of the client that it has answered', () => withPlayedOrigin({ cache: rule({}) }, async ({ origin, get }) => {
    await Promise.all([get(item), origin.answer(0, { headers: { 'Cache-Control': 'max-age=0, stale-while-revalidate=600' } })]);
    assertHit(await get(item, { 'Cache-Control': 'only-if-cached', Pragma: 'x', 'X-Own': '1' }));
    const { headers } = (await origin.take(1)).request;
    assert.equal(headers['cache-control'], undefined);
    assert.equal(headers.pragma, undefined);
    assert.equal(headers['x-own'], '1');
    await origin.answer(1);
  }));

  it('goes on serving when the refresh fails, and tries again', () => withPlayedOrigin({ cache: rule({}) }, async ({ origin, get }) => {
    await Promise.all([get(item), origin.answer(0, { headers: { 'Cache-Control': 'max-age=0, stale-while-revalidate=600' } })]);
    for (const attempt of [1, 2]) {
      await eventually('refresh', async () => {
        assertHit(await get(item));
        return origin.requests[attempt];
      });
      await origin.answer(attempt, { status: 503, body: '{}' });
    }
  }));

  it('refreshes nothing for a client that asks for a response of now', () => withPlayedOrigin({ cache: rule({}) }, async ({ origin, get }) => {
    await Promise.all([get(item), origin.answer(0, { headers: { 'Cache-Control': 'max-age=0, stale-while-revalidate=600' } })]);
    const [response] = await Promise.all([get(item, { 'Cache-Control': 'no-cache' }), origin.answer(1, { body: project('new') })]);
    assert.equal(response.json.name, 'new');
  }));
});

describe('stale-if-error', () => {
  const failures = {
    ...Object.fromEntries([500, 502, 503, 504].map((status) => [`status ${status}`, (origin) => origin.answer(1, { status, body: '{}' })])),
    'a connection that is closed': async (origin) => (await origin.take(1)).response.destroy(),
    'a response that is cut': async (origin) => {
      const { response } = await origin.take(1);
      response.writeHead(200, { 'Content-Length': 1000, 'Cache-Control': 'max-age=60' });
      response.write('{', () => response.destroy());
    },
    'no answer in time': (origin) => origin.take(1),
  };

  for (const { by, headers, cache } of sources('stale-if-error', 'stale_if_error')) {
    for (const [failure, fail] of Object.entries(failures)) {
      it(`said by ${by}: ${failure}`, () => withPlayedOrigin({ cache, upstream: { timeout: '1s' } }, async ({ origin, get }) => {
        await Promise.all([get(item), origin.answer(0, { headers, body: project('old') })]);
        const [response] = await Promise.all([get(item), fail(origin)]);
        assert.equal(response.status, 200);
        assert.equal(response.json.name, 'old');
        assert.match(cacheStatus(response), /fwd=stale.*; detail=stale-if-error$/);
      }));
    }

    it(`said by ${by}: an open breaker, which asks the upstream nothing`, () => {
      const upstream = { breaker: { failures: 1, open_for: '1h' } };
      return withPlayedOrigin({ cache, upstream }, async ({ origin, get }) => {
        await Promise.all([get(item), origin.answer(0, { headers, body: project('old') })]);
        await Promise.all([get('/projects/pr_other'), origin.answer(1, { status: 502, body: '{}' })]);
        const response = await get(item);
        assert.equal(response.status, 200);
        assert.equal(response.json.name, 'old');
        assert.match(cacheStatus(response), /detail=stale-if-error$/);
        assert.match(response.headers['proxy-status'], /error=destination_unavailable/);
        assert.equal((await get('/projects/pr_unknown')).status, 503);
        assert.equal(origin.requests.length, 2);
      });
    });

    it(`said by ${by}: an upstream that is gone`, () => withPlayedOrigin({ cache }, async ({ origin, get }) => {
      await Promise.all([get(item), origin.answer(0, { headers, body: project('old') })]);
      origin.server.closeAllConnections();
      await new Promise((resolve) => origin.server.close(resolve));
      const response = await get(item);
      assert.equal(response.json.name, 'old');
      assert.match(response.headers['proxy-status'], /error=connection_refused/);
      assert.equal((await get('/projects/pr_unknown')).status, 502);
    }));
  }

  for (const [what, length] of [['says how large it is', { 'Content-Length': 200_000 }], ['does not', {}]]) {
    it(`stands in for an error too large to be kept that ${what}, as often as it comes`, () => {
      const cache = { ...rule({}), max_size: '1MiB' };
      return withPlayedOrigin({ cache }, async ({ origin, get }) => {
        const headers = { 'Cache-Control': 'max-age=0, stale-if-error=600' };
        await Promise.all([get(item), origin.answer(0, { headers, body: project('old') })]);
        for (const number of [1, 2]) {
          const failing = origin.answer(number, { status: 503, headers: length, body: 'x'.repeat(200_000) });
          const [response] = await Promise.all([get(item), failing]);
          assert.equal(response.status, 200);
          assert.equal(response.json.name, 'old');
          assert.match(cacheStatus(response), /fwd=stale; fwd-status=503; detail=stale-if-error$/);
        }
      });
    });
  }

  for (const [what, invalid] of [
    ['cacheable', { 'Cache-Control': 'max-age=60' }], ['with no lifetime', {}], ['uncacheable', { 'Cache-Control': 'no-store' }],
  ]) {
    it(`stands in for a response that the contract forbids, ${what}, as often as it comes`, () => {
      const settings = { cache: rule({}), validation: { responses: 'enforce' } };
      return withPlayedOrigin(settings, async ({ origin, gateway, get }) => {
        await Promise.all([get(item), origin.answer(0, { headers: { 'Cache-Control': 'max-age=0, stale-if-error=600' }, body: project('old') })]);
        for (const number of [1, 2]) {
          const failing = origin.answer(number, { headers: invalid, body: '{"id": 1}' });
          const [response] = await Promise.all([get(item), failing]);
          assert.equal(response.status, 200);
          assert.equal(response.json.name, 'old');
          assert.match(cacheStatus(response), /fwd=stale; detail=stale-if-error$/);
        }
        const [refusing] = await Promise.all([
          get(item, { 'Cache-Control': 'no-cache' }), origin.answer(3, { headers: invalid, body: '{"id": 1}' })]);
        assert.equal(refusing.status, 502);
        assert.match(cacheStatus(refusing), /detail=response-invalid$/);
        assert.equal((await gateway.metric('gateway_cache_entries')), 1);
      });
    });
  }

  it('is not ended by a large error for one who refuses what is stale', () => withPlayedOrigin({ cache: { ...rule({}), max_size: '1MiB' } }, async ({ origin, get }) => {
    await Promise.all([get(item), origin.answer(0, { headers: { 'Cache-Control': 'max-age=0, stale-if-error=600' }, body: project('old') })]);
    const large = { status: 503, body: 'x'.repeat(200_000) };
    const [refusing] = await Promise.all([get(item, { 'Cache-Control': 'no-cache' }), origin.answer(1, large)]);
    assert.equal(refusing.status, 503);
    const [response] = await Promise.all([get(item), origin.answer(2, large)]);
    assert.equal(response.json.name, 'old');
  }));

  for (const directive of ['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=0']) {
    it(`serves nothing stale against ${directive}, whatever the rule says`, () => {
      const cache = rule({ ttl: '0s', stale_if_error: '1h', stale_while_revalidate: '1h' });
      return withPlayedOrigin({ cache }, async ({ origin, get }) => {
        await Promise.all([get(item), origin.answer(0, { headers: { 'Cache-Control': `max-age=0, ${directive}`, ETag: '"v1"' } })]);
        const [response] = await Promise.all([get(item), origin.answer(1, { status: 503, body: '{"detail": "down"}' })]);
        assert.equal(response.status, 503);
        assert.equal(response.json.detail, 'down');
      });
    });
  }

  it('does not stand in for a refusal', () => withPlayedOrigin({ cache: rule({}) }, async ({ origin, get }) => {
    await Promise.all([get(item), origin.answer(0, { headers: { 'Cache-Control': 'max-age=0, stale-if-error=600' } })]);
    const [response] = await Promise.all([get(item), origin.answer(1, { status: 404, body: '{}' })]);
    assert.equal(response.status, 404);
  }));
});
