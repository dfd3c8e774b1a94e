// The response to a write, kept as the answer to the next read.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from './support/program.mjs';
import { longRules, makeKey, Stand } from './support/stand.mjs';

const team = makeKey('research');
let stand;
let gateway;

const get = (target) => gateway.request(team, target);
const patch = (id, name, headers = {}) => gateway.request(team, `/projects/${id}`, { method: 'PATCH', body: { name }, headers });
const status = (response) => response.headers['cache-status'];

describe('a write whose rule says that it primes a read', () => {
  before(async () => {
    const rules = { ...longRules, Projects_create: { primes: 'Projects_get' }, Projects_update: { primes: 'Projects_get' } };
    stand = await Stand.start({ keys: [team], settings: { cache: { rules } } });
    gateway = stand.gateway;
  });
  after(() => stand.stop());

  it('makes the next read of what it created or changed a hit, and every other read of it stale', async () => {
    const created = await gateway.request(team, '/projects', { method: 'POST', body: { name: 'primed' } });
    assert.equal(created.status, 201);
    assert.match(status(created), /fwd=method; stored$/);
    const { id } = created.json;
    const read = await get(`/projects/${id}`);
    assert.match(status(read), /; hit;/);
    assert.equal(read.status, 200);
    assert.deepEqual(read.json, created.json);
    assert.match(read.headers['content-type'], /^application\/json/);

    await get('/projects?size=50');
    const changed = await patch(id, 'primed again');
    assert.match(status(changed), /fwd=method; stored$/);
    const again = await get(`/projects/${id}`);
    assert.match(status(again), /; hit;/);
    assert.equal(again.json.name, 'primed again');
    assert.notEqual(again.headers.etag, read.headers.etag);
    const listing = await get('/projects?size=50');
    assert.match(status(listing), /fwd=stale/);
    assert.equal(listing.json.records.find((one) => one.id === id).name, 'primed again');
    assert.equal(await gateway.metric('gateway_cache_primed_total'), 2);
  });

  it('does so neither for a refused write nor for a response that must not be stored', async () => {
    for (const headers of [{ 'X-Sandbox-Status': '500' }, { 'X-Sandbox-Headers': 'Cache-Control: no-store' }, { 'Cache-Control': 'no-store' }]) {
      await get('/projects/pr_support');
      assert.doesNotMatch(status(await patch('pr_support', 'not stored', headers)), /stored/);
      assert.doesNotMatch(status(await get('/projects/pr_support')), /hit/, JSON.stringify(headers));
    }
  });

  it('does not when another write to the same project was under way at any time meanwhile', async () => {
    const before = await stand.sandbox.requestCount('Projects_update');
    const slow = patch('pr_sales', 'first effect, last answer', { 'X-Sandbox-Delay-After': '400ms' });
    await eventually('write upstream', async () => ((await stand.sandbox.requestCount('Projects_update')) > before ? true : undefined));
    const quick = await patch('pr_sales', 'the last effect');
    assert.doesNotMatch(status(quick), /stored/);
    assert.equal((await get('/projects/pr_sales')).json.name, 'the last effect');
    assert.doesNotMatch(status(await slow), /stored/);
    assert.equal((await get('/projects/pr_sales')).json.name, 'the last effect');
  });
});
