// The cache as HTTP shows it: what a client can see in the fields of a response, over bare HTTP.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { request } from './support/http.mjs';
import { makeKey, Stand } from './support/stand.mjs';

const team = makeKey('research');
const otherTeam = makeKey('reports', { scopes: ['read'] });
const item = '/projects/pr_support';
let stand;
let gateway;

const get = (target, headers = {}, key = team) => gateway.request(key, target, { headers });
const cacheStatus = (response) => response.headers['cache-status'];
const isHit = (response) => /^projects-gateway; hit; ttl=\d+$/.test(cacheStatus(response));

/** How many requests reached the upstream while `action` ran. */
async function fetchesOf(action) {
  const before = await stand.sandbox.requestCount();
  await action();
  return (await stand.sandbox.requestCount()) - before;
}

describe('the cache', () => {
  before(async () => {
    stand = await Stand.start({ keys: [team, otherTeam] });
    gateway = stand.gateway;
  });
  after(() => stand.stop());
  beforeEach(() => gateway.purge('all=true'));

  it('stores a miss and answers the next request with it, with Age, ETag and what is left of its life', async () => {
    const miss = await get(item);
    assert.equal(cacheStatus(miss), 'projects-gateway; fwd=uri-miss; stored');
    const fetched = await fetchesOf(async () => {
      const hit = await get(item);
      assert.ok(isHit(hit), cacheStatus(hit));
      assert.equal(hit.text, miss.text);
      assert.match(hit.headers.age, /^\d+$/);
      assert.match(hit.headers.etag, /^(W\/)?"[^"]+"$/);
      assert.equal(hit.headers.etag, miss.headers.etag);
      assert.ok(Number(/ttl=(\d+)/.exec(cacheStatus(hit))[1]) <= 3600);
    });
    assert.equal(fetched, 0);
  });

  it('answers 304 to a client that has the response already, and 200 to one that has another', async () => {
    const { headers: { etag } } = await get(item);
    for (const condition of [etag, `"other", ${etag}`, '*']) {
      const response = await get(item, { 'If-None-Match': condition });
      assert.equal(response.status, 304, condition);
      assert.equal(response.text, '');
      assert.equal(response.headers.etag, etag);
      assert.ok(isHit(response));
    }
    assert.equal((await get(item, { 'If-None-Match': '"other"' })).status, 200);
  });

  it('answers HEAD from a stored GET, with the length and without the body', async () => {
    const stored = await get(item);
    const head = await gateway.request(team, item, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.ok(isHit(head));
    assert.equal(head.text, '');
    assert.equal(Number(head.headers['content-length']), Buffer.byteLength(stored.text));
    assert.equal(head.headers.etag, stored.headers.etag);
  });

  it('gives a part of a stored response', async () => {
    const stored = await get(item);
    const part = await get(item, { Range: 'bytes=2-9' });
    assert.equal(part.status, 206);
    assert.equal(part.text, stored.text.slice(2, 10));
    assert.equal(part.headers['content-range'], `bytes 2-9/${Buffer.byteLength(stored.text)}`);
  });

  it('takes two orders of the same query for the same, and other values for others', async () => {
    await get('/projects?page=0&size=2&filter=sales');
    assert.ok(isHit(await get('/projects?filter=sales&size=2&page=0')));
    assert.ok(!isHit(await get('/projects?filter=sales&size=3&page=0')));
  });

  it('shares what was stored between teams, but not with a caller whose key is unknown', async () => {
    await get(item);
    assert.ok(isHit(await get(item, {}, otherTeam)));
    assert.equal((await get(item, {}, 'pgw_wrong')).status, 401);
  });

  it('makes one upstream request out of many identical ones', async () => {
    let responses;
    const fetched = await fetchesOf(async () => {
      responses = await Promise.all(Array.from({ length: 20 }, () => get('/projects/pr_sales', { 'X-Sandbox-Delay': '300ms' })));
    });
    assert.equal(fetched, 1);
    assert.deepEqual(new Set(responses.map((response) => response.status)), new Set([200]));
    assert.equal(new Set(responses.map((response) => response.text)).size, 1);
    const joined = responses.filter((response) => cacheStatus(response).includes('; collapsed'));
    assert.ok(joined.length >= 1, 'none was collapsed');
    assert.equal(responses.filter((response) => cacheStatus(response).includes('; stored')).length, 1);
  });

  it('makes different requests at once when they are different', async () => {
    const fetched = await fetchesOf(() => Promise.all([0, 1, 2].map(
      (page) => get(`/projects?page=${page}`, { 'X-Sandbox-Delay': '50ms' }))));
    assert.equal(fetched, 3);
  });

  for (const directive of ['no-store', 'private']) {
    it(`obeys an origin that says ${directive}, whatever the rule says`, async () => {
      const asked = { 'X-Sandbox-Headers': `Cache-Control: ${directive}` };
      assert.ok(!cacheStatus(await get(item, asked)).includes('stored'));
      assert.ok(!isHit(await get(item)));
    });
  }

  it("takes an origin's own max-age rather than the rule's ttl", async () => {
    await get(item, { 'X-Sandbox-Headers': 'Cache-Control: max-age=100' });
    const hit = await get(item);
    assert.ok(isHit(hit));
    assert.ok(Number(/ttl=(\d+)/.exec(cacheStatus(hit))[1]) <= 100);
  });

  it('revalidates with the origin, which confirms what is stored', async () => {
    const first = await get(item, { 'X-Sandbox-Headers': 'Cache-Control: max-age=0 | ETag: "v1"' });
    assert.equal(first.headers.etag, '"v1"');
    const second = await get(item, { 'X-Sandbox-Status': '304', 'X-Sandbox-Headers': 'Cache-Control: max-age=60 | ETag: "v1"' });
    assert.equal(second.status, 200);
    assert.equal(second.text, first.text);
    assert.match(cacheStatus(second), /fwd=stale; fwd-status=304/);
    assert.ok(isHit(await get(item)));
  });

  it('answers with a stale response when the origin fails and allows it', async () => {
    const first = await get(item, { 'X-Sandbox-Headers': 'Cache-Control: max-age=0, stale-if-error=600' });
    const second = await get(item, { 'X-Sandbox-Status': '503' });
    assert.equal(second.status, 200);
    assert.equal(second.text, first.text);
    assert.match(cacheStatus(second), /detail=stale-if-error/);
  });

  it('fetches anew for a client that asks for it, and not at all for one that wants the cache only', async () => {
    assert.equal((await get(item, { 'Cache-Control': 'only-if-cached' })).status, 504);
    await get(item);
    const fetched = await fetchesOf(() => get(item, { 'Cache-Control': 'no-cache' }));
    assert.equal(fetched, 1);
    assert.ok(isHit(await get(item, { 'Cache-Control': 'only-if-cached' })));
  });

  it('keeps repeated fields of a stored response', async () => {
    const asked = { 'X-Sandbox-Headers': 'X-Part: one | X-Part: two' };
    const parts = (response) => response.rawHeaders.filter((value, i) => i % 2 && response.rawHeaders[i - 1] === 'X-Part');
    assert.deepEqual(parts(await get(item, asked)), ['one', 'two']);
    const hit = await get(item);
    assert.ok(isHit(hit));
    assert.deepEqual(parts(hit), ['one', 'two']);
  });

  it('keeps responses apart by the request fields that the origin varies on', async () => {
    const asked = (language) => ({ 'Accept-Language': language, 'X-Sandbox-Headers': `Vary: Accept-Language | X-Spoken: ${language}` });
    await get(item, asked('de'));
    assert.match(cacheStatus(await get(item, asked('fr'))), /fwd=vary-miss/);
    const german = await get(item, { 'Accept-Language': 'de' });
    assert.ok(isHit(german));
    assert.equal(german.headers['x-spoken'], 'de');
  });
});
