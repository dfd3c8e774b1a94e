// The operator's view of the cache: what it holds, and purges that are not undone.
import assert from 'node:assert/strict';
import http from 'node:http';
import os from 'node:os';
import { after, before, beforeEach, describe, it } from 'node:test';
import { request } from './support/http.mjs';
import { eventually } from './support/program.mjs';
import { makeKey, Stand } from './support/stand.mjs';

const team = makeKey('research');
const item = '/projects/pr_support';
let stand;
let gateway;

const get = (target, headers = {}) => gateway.request(team, target, { headers });
let purges = 0; // so far

/** The log is written by a thread of its own: what is logged of a purge may come after its answer. */
async function purge(query) {
  const number = purges++;
  const response = await gateway.purge(query);
  const events = () => gateway.program.events().filter(({ message }) => message === 'purged');
  return { ...response, event: () => eventually('event of the purge', () => events()[number]) };
}

const isHit = (response) => response.headers['cache-status'].includes('; hit;');
const entries = async (query = '') => (await request(`${gateway.admin}/cache/entries?${query}`)).json;
const paths = (list) => list.entries.map((entry) => entry.path + (entry.query ? `?${entry.query}` : '')).sort();

/** Fills the cache with two items, a subtree and two listings. */
async function fill() {
  const targets = [item, `${item}/configs`, '/projects/pr_sales', '/projects', '/projects?size=5'];
  await Promise.all(targets.map((target) => get(target)));
}

describe('the cache, to its operator', () => {
  before(async () => {
    stand = await Stand.start({ keys: [team] });
    gateway = stand.gateway;
  });
  after(() => stand.stop());
  beforeEach(() => purge('all=true'));

  for (const [query, gone, kept] of [
    ['tag=projects/pr_support', [item, `${item}/configs`], ['/projects/pr_sales', '/projects', '/projects?size=5']],
    ['tag=projects%2Fpr_support', [item, `${item}/configs`], ['/projects/pr_sales', '/projects', '/projects?size=5']],
    ['tag=projects', ['/projects', '/projects?size=5'], [item, `${item}/configs`, '/projects/pr_sales']],
    ['path=/projects/pr_support', [item, `${item}/configs`, '/projects', '/projects?size=5'], ['/projects/pr_sales']],
    ['path=/v4/projects/pr_support', [item, `${item}/configs`, '/projects', '/projects?size=5'], ['/projects/pr_sales']],
    ['project=pr_support', [item, `${item}/configs`, '/projects', '/projects?size=5'], ['/projects/pr_sales']],
    ['operation=Projects_get', [item, '/projects/pr_sales'], [`${item}/configs`, '/projects', '/projects?size=5']],
    ['prefix=/projects/pr_s', [item, `${item}/configs`, '/projects/pr_sales'], ['/projects', '/projects?size=5']],
    ['prefix=/projects%3Fsize', ['/projects?size=5'], [item, `${item}/configs`, '/projects/pr_sales', '/projects']],
    ['all=true', [item, `${item}/configs`, '/projects/pr_sales', '/projects', '/projects?size=5'], []],
  ]) {
    for (const soft of [false, true]) {
      it(`purges ${soft ? 'softly ' : ''}by ${query}`, async () => {
        await fill();
        const invalidations = await gateway.metric('gateway_cache_invalidations_total', { reason: 'purge' });
        const { status, json, event: logged } = await purge(query + (soft ? '&soft=true' : ''));
        assert.equal(status, 200);
        assert.deepEqual(json, { purged: gone.length, fetches: 0 });
        assert.equal(await gateway.metric('gateway_cache_invalidations_total', { reason: 'purge' }), invalidations + 1);
        assert.deepEqual(paths({ entries: (await entries()).entries.filter((entry) => entry.current) }), [...kept].sort());
        assert.equal((await entries()).total, soft ? 5 : kept.length);
        const event = await logged();
        assert.equal(event.by, query.startsWith('project=') ? 'path' : query.split('=')[0]);
        assert.equal(event.mode, soft ? 'soft' : 'hard');
        assert.equal(event.entries, String(gone.length));
        for (const target of kept) assert.ok(isHit(await get(target)), target);
        for (const target of gone) assert.match((await get(target)).headers['cache-status'], soft ? /fwd=stale/ : /fwd=uri-miss/, target);
      });
    }
  }

  for (const query of ['all=true', 'tag=projects/pr_support', 'project=pr_support', 'operation=Projects_get', 'prefix=/projects/pr_support']) {
    for (const soft of [false, true]) {
      it(`is not undone by a fetch that a ${soft ? 'soft ' : ''}purge by ${query} overtook`, async () => {
        const before = await stand.sandbox.requestCount('Projects_get');
        const overtaken = get(item, { 'X-Sandbox-Delay-After': '300ms' });
        await eventually('fetch upstream', async () => ((await stand.sandbox.requestCount('Projects_get')) > before ? true : undefined));
        const { json } = await purge(query + (soft ? '&soft=true' : ''));
        assert.deepEqual(json, { purged: 0, fetches: 1 });
        // Nobody joins it, and what it brings stays out.
        const later = await get(item);
        assert.doesNotMatch(later.headers['cache-status'], /hit|collapsed/);
        assert.doesNotMatch((await overtaken).headers['cache-status'], /stored/);
        assert.ok(isHit(await get(item)), 'what was fetched after the purge is kept');
      });
    }
  }

  it('refuses a purge that names nothing, too much or something unknown, and one sent by a web page', async () => {
    for (const [query, status] of [
      ['', 400], ['all=true&tag=projects', 400], ['tga=projects', 400], ['operation=Projects_lst', 404], ['all=yes', 400], ['tag=', 400],
      ['path=/nowhere', 404], ['project=', 400], ['soft=true', 400], ['all=false', 400],
      ['path=/projects/pr_1&project=pr_2', 400], ['project=pr_2&path=/projects/pr_1', 400],
    ]) {
      assert.equal((await gateway.purge(query)).status, status, query);
    }
    const fromPage = await request(`${gateway.admin}/purge?all=true`, { method: 'POST', headers: { Origin: 'http://evil.example' } });
    assert.equal(fromPage.status, 403);
  });

  it('accepts each form of purge that it names to those who name none', async () => {
    const hint = (await gateway.purge('')).text;
    const forms = hint.match(/[a-z]+=[A-Za-z0-9_/*]+/g);
    assert.equal(forms.length, 8);
    for (const form of forms.map((text) => text.replaceAll('pr_1', 'pr_support'))) {
      await fill();
      assert.ok((await purge(form)).json.purged > 0, form);
    }
  });

  it('lists what it holds, filtered and within a limit', async () => {
    await fill();
    await get(item);
    const { entries: [entry], total } = await entries('operation=Projects_get&prefix=/projects/pr_support');
    assert.equal(total, 1);
    assert.match(entry.key, /^Projects_get [0-9a-f]{16} \/projects\/pr_support$/);
    assert.equal(entry.path, '/projects/pr_support');
    assert.equal(entry.tags, 'projects/pr_support');
    assert.equal(entry.status, 200);
    assert.equal(entry.hits, 1);
    assert.equal(entry.current, true);
    assert.ok(entry.size_bytes > 200);
    assert.ok(entry.age_seconds >= 0 && entry.age_seconds < 60, entry.age_seconds);
    assert.ok(Math.abs(entry.ttl_seconds + entry.age_seconds - 3600) < 1);

    assert.deepEqual(paths(await entries('tag=projects/pr_support')), [item, `${item}/configs`]);
    assert.deepEqual(paths(await entries('tag=projects')), ['/projects', '/projects?size=5']);
    const two = await entries('limit=2');
    assert.equal(two.entries.length, 2);
    assert.equal(two.total, 5);
    assert.equal((await entries('limit=0')).entries.length, 0);
    for (const query of ['limit=-1', 'limit=10001', 'limit=x', 'limit=', 'tga=projects']) {
      assert.equal((await request(`${gateway.admin}/cache/entries?${query}`)).status, 400, query);
    }
  });
});

describe('the admin listener', () => {
  before(async () => {
    stand = await Stand.start({ keys: [team] });
    gateway = stand.gateway;
  });
  after(() => stand.stop());

  const hasIPv6 = Object.values(os.networkInterfaces()).flat().some(({ address }) => address === '::1');
  it('listens on an IPv6 address', { skip: !hasIPv6 && 'this machine has no ::1' }, async () => {
    const other = await Stand.start({ keys: [team], settings: { admin: '[::1]:0' } });
    assert.match(other.gateway.admin, /^http:\/\/\[::1\]:[1-9]\d*$/);
    assert.equal((await request(`${other.gateway.admin}/healthz`)).status, 200);
    await other.stop();
  });

  for (const [target, type] of [
    ['/metrics', 'text/plain; version=0.0.4; charset=utf-8'], ['/healthz', 'application/json'], ['/readyz', 'application/json'],
    ['/config', 'application/json'], ['/cache', 'application/json'], ['/cache/entries', 'application/json'],
    ['/cache/entries?limit=x', 'application/json'], ['/nowhere', 'application/json'],
  ]) {
    it(`says what ${target} is, and that it is not to be kept; to HEAD as well`, async () => {
      const agent = new http.Agent({ keepAlive: true });
      const headers = { Connection: 'keep-alive' };
      const head = await request(gateway.admin + target, { method: 'HEAD', agent, headers });
      const got = await request(gateway.admin + target, { agent, headers });
      for (const response of [got, head]) {
        assert.equal(response.status, { '/nowhere': 404, '/cache/entries?limit=x': 400 }[target] ?? 200);
        assert.equal(response.headers['content-type'], type);
        assert.equal(response.headers['cache-control'], 'no-store');
      }
      assert.equal(head.text, '');
      assert.equal(Number(got.headers['content-length']), Buffer.byteLength(got.text));
      if (target !== '/metrics') assert.equal(head.headers['content-length'], got.headers['content-length']);
      agent.destroy();
    });
  }

  it('answers 405 to a method that a path does not have, and names those that it has', async () => {
    for (const [method, target, allow] of [
      ['POST', '/metrics', ['GET', 'HEAD']], ['DELETE', '/cache', ['GET', 'HEAD']], ['OPTIONS', '/readyz', ['GET', 'HEAD']],
      ['GET', '/purge?all=true', ['POST']], ['HEAD', '/purge?all=true', ['POST']], ['PUT', '/purge', ['POST']],
    ]) {
      const response = await request(gateway.admin + target, { method });
      assert.equal(response.status, 405, `${method} ${target}`);
      assert.deepEqual(response.headers.allow.split(', '), allow);
      assert.equal(response.headers['content-type'], 'application/json');
      if (method !== 'HEAD') assert.deepEqual(response.json, { detail: 'Method Not Allowed' });
    }
  });
});
