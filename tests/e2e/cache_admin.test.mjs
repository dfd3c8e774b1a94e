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
        assert.deepEqual([json.purged, json.fetches], [gone.length, 0]);
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
        assert.deepEqual([json.purged, json.fetches], [0, 1]);
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
    assert.equal(forms.length, 9);
    for (const text of forms) {
      await fill();
      const { entries: [listed] } = await entries('operation=Projects_get');
      const form = text.replaceAll('pr_1', 'pr_support').replace('KEY', encodeURIComponent(listed.key));
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
    assert.deepEqual(entry.tags, ['projects/pr_support']);
    assert.equal(entry.status, 200);
    assert.equal(entry.hits, 1);
    assert.equal(entry.current, true);
    assert.ok(entry.size_bytes > 200);
    assert.ok(entry.age_seconds >= 0 && entry.age_seconds < 60, entry.age_seconds);
    // A rule's lifetime counts from receipt, the age from the origin's Date, which is cut to whole seconds.
    const beyond = entry.ttl_seconds + entry.age_seconds - 3600;
    assert.ok(beyond > -0.01 && beyond < 2, `${beyond}`);

    assert.deepEqual(paths(await entries('tag=projects/pr_support')), [item, `${item}/configs`]);
    assert.deepEqual(paths(await entries('tag=projects')), ['/projects', '/projects?size=5']);
    const two = await entries('limit=2');
    assert.equal(two.entries.length, 2);
    assert.equal(two.total, 5);
    assert.equal((await entries('limit=0')).entries.length, 0);
    for (const query of ['limit=-1', 'limit=10001', 'limit=x', 'limit=', 'offset=-1', 'sort=name', 'tga=projects']) {
      assert.equal((await request(`${gateway.admin}/cache/entries?${query}`)).status, 400, query);
    }
  });
});

/** Every text that a listing tells of its entries. */
const formsOf = ({ key, operation, path, query, tags }) => [
  ['key', key], ['operation', operation], ['url', path + (query ? `?${query}` : '')], ['prefix', path], ['pattern', path], ['path', path],
  ...tags.map((tag) => ['tag', tag]),
];
const purgeBody = (body) => request(`${gateway.admin}/purge`, { method: 'POST', body });

describe('a purge that does not miss silently', () => {
  before(async () => {
    stand = await Stand.start({ keys: [team] });
    gateway = stand.gateway;
  });
  after(() => stand.stop());
  beforeEach(() => purge('all=true'));

  it('takes each form that the listing prints, raw and encoded, in a query and in a body', async () => {
    await fill();
    for (const [name, value] of (await entries()).entries.flatMap(formsOf)) {
      for (const text of new Set([value, decodeURIComponent(value), value.replaceAll('/', '%2F')])) {
        if (text.includes('%2F') && name !== 'url') continue;
        await fill();
        assert.ok((await gateway.purge(`${name}=${encodeURIComponent(text)}`)).json.purged > 0, `${name}=${text}`);
        await fill();
        assert.ok((await purgeBody({ [name]: text })).json.purged > 0, `{${name}: ${text}}`);
      }
    }
  });

  it('takes a list of tags', async () => {
    await fill();
    const { json } = await purgeBody({ tags: ['projects/pr_sales', 'projects'] });
    assert.equal(json.purged, 3);
    assert.deepEqual(paths(await entries()), [item, `${item}/configs`]);
    assert.equal((await purgeBody({ tags: ['projects/pr_support'], soft: true })).json.purged, 2);
    for (const body of [{}, [], 'tags', { tags: [] }, { tags: 'projects' }, { tags: [1] }, { tags: ['a'], tag: 'b' }, { tags: ['a'], all: true }, { tgas: ['a'] },
      { tags: Array(1001).fill('a') }]) {
      assert.equal((await purgeBody(body)).status, 400, JSON.stringify(body).slice(0, 60));
    }
    assert.equal((await request(`${gateway.admin}/purge?all=true`, { method: 'POST', body: { all: true } })).status, 400);
  });

  it('is told by the method PURGE which URL is meant, as clients have it', async () => {
    await fill();
    const send = (target) => request(gateway.admin + target, { method: 'PURGE' });
    for (const [target, purged] of [[item, 1], [`/v4${item}`, 1], ['/projects?size=5', 1], ['/projects', 2], ['/projects?size=6', 0]]) {
      await fill();
      const response = await send(target);
      assert.equal(response.status, 200, target);
      assert.equal(response.json.purged, purged, target);
    }
    assert.equal((await gateway.purge(`url=${encodeURIComponent(`${gateway.api}${item}`)}`)).json.purged, 1);
    const fromPage = await request(gateway.admin + item, { method: 'PURGE', headers: { Origin: 'http://evil.example' } });
    assert.equal(fromPage.status, 403);
  });

  it('says what is nearest where it met nothing', async () => {
    await fill();
    for (const [query, nearest] of [['tag=project/pr_support', 'projects/pr_support'], ['url=/projects/pr_suport', item], ['prefix=/project/pr_support', item],
      ['pattern=/projects/pr_salez', '/projects/pr_sales'], [`url=/v4/projects/pr_suport`, item]]) {
      assert.equal((await gateway.purge(query)).json.nearest, nearest, query);
    }
  });
});

describe('a soft purge', () => {
  before(async () => {
    const rules = { Projects_get: { ttl: '1h', stale_while_revalidate: '1m' }, Projects_list: { ttl: '1h' } };
    stand = await Stand.start({ keys: [team], settings: { cache: { rules } } });
    gateway = stand.gateway;
  });
  after(() => stand.stop());

  it('lets what it names be served stale while it is refreshed, where the rule says so', async () => {
    for (const query of ['tag=projects/pr_support', 'url=/projects/pr_support', 'all=true']) {
      await get(item);
      assert.ok(isHit(await get(item)));
      await purge(`${query}&soft=true`);
      const stale = (await get(item)).headers['cache-status'];
      assert.match(stale, /; hit; ttl=-?[01]; detail=purged$/);
      await eventually('refreshed answer', async () => (/; hit; ttl=3\d\d\d$/.test((await get(item)).headers['cache-status']) ? true : undefined));
    }
    await get('/projects');
    await purge('tag=projects&soft=true');
    assert.match((await get('/projects')).headers['cache-status'], /fwd=stale; stored; detail=purged$/);
  });
});

const why = async (query) => (await request(`${gateway.admin}/cache/why?${query}`)).json;

describe('the cache, asked why', () => {
  before(async () => {
    stand = await Stand.start({ keys: [team] });
    gateway = stand.gateway;
  });
  after(() => stand.stop());
  beforeEach(() => purge('all=true'));

  it('tells rule, freshness and its source, tags, and what would happen', async () => {
    const nothing = await why('url=/projects/pr_support');
    assert.equal(nothing.operation, 'Projects_get');
    assert.equal(nothing.rule.ttl, '1h');
    assert.deepEqual(nothing.entries, []);
    assert.deepEqual(nothing.now, { action: 'fetched', fwd: 'uri-miss' });

    await get(item);
    for (const url of [item, `/v4${item}`, encodeURIComponent(`${gateway.api}${item}`)]) {
      const { entries: [entry], now, tags } = await why(`url=${url}`);
      assert.equal(now.action, 'served from memory');
      assert.deepEqual([entry.status, entry.selected, entry.current, entry.lifetime_from, entry.lifetime_seconds], [200, true, true, 'rule', 3600]);
      assert.deepEqual(tags.map(({ tag }) => tag), ['projects/pr_support']);
      assert.equal(entry.hits, 0);  // to ask is no use
    }
    assert.deepEqual((await why(`url=${item}&field.cache-control=no-cache`)).now, { action: 'fetched', fwd: 'request' });
  });

  it('names the write, by its request, that made something stale', async () => {
    await get(item);
    await gateway.request(team, item, { method: 'PATCH', body: { name: 'other' }, headers: { 'X-Request-ID': 'the-write' } });
    const { entries: [entry], tags: [tag], now } = await why(`url=${item}`);
    assert.equal(entry.why_stale, 'changed');
    assert.deepEqual([tag.last_moved.by, tag.last_moved.request_id], ['write', 'the-write']);
    assert.ok(tag.last_moved.seconds_ago >= 0 && tag.last_moved.seconds_ago < 60);
    assert.deepEqual([now.fwd, now.why_stale], ['stale', 'changed']);
    assert.match((await get(item)).headers['cache-status'], /fwd=stale; stored; detail=changed$/);
  });

  it('names the purge after which something is gone', async () => {
    await get(item);
    const { json: { purge: number } } = await purge('tag=projects/pr_support');
    const { gone, tags: [tag] } = await why(`url=${item}`);
    assert.deepEqual([gone.how, gone.purge], ['purged', `purge ${number}`]);
    assert.deepEqual([tag.last_moved.by, tag.last_moved.purge], ['purge', `purge ${number}`]);
  });

  it('says what was wrong with an answer that was not stored', async () => {
    await get('/projects/pr_nowhere');
    const { gone } = await why('url=/projects/pr_nowhere');
    assert.deepEqual([gone.how, gone.why], ['not-stored', 'no-rule']);
  });

  it('refuses what it can not read, and knows no answer outside the contract', async () => {
    for (const [query, status] of [['', 400], ['url=', 400], ['path=/projects', 400], ['field.a=b', 400], ['url=/nowhere', 404]]) {
      assert.equal((await request(`${gateway.admin}/cache/why?${query}`)).status, status, query);
    }
  });

  it('lists page by page, in the order that is asked for', async () => {
    await fill();
    for (let i = 0; i < 3; ++i) await get(item);
    const all = (await entries()).entries.map(({ key }) => key);
    assert.deepEqual(all, [...all].sort());
    const paged = [];
    for (let next = 'offset=0'; next; ) {
      const page = await entries(`limit=2&${next}`);
      paged.push(...page.entries.map(({ key }) => key));
      next = page.next;
    }
    assert.deepEqual(paged, all);
    assert.equal((await entries('sort=-hits&limit=1')).entries[0].path, item);
    for (const [name, value] of [['size', 'size_bytes'], ['ttl', 'ttl_seconds'], ['age', 'age_seconds'], ['hits', 'hits']]) {
      for (const sign of ['', '-']) {
        const values = (await entries(`sort=${sign}${name}`)).entries.map((entry) => entry[value]);
        assert.deepEqual(values, [...values].sort((a, b) => (sign ? b - a : a - b)), sign + name);
      }
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
