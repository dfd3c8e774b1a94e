// What an origin can say to a cache and the sandbox doesn't: targeted fields, fields for one caller, Authorization, interim responses.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { it } from 'node:test';
import { assertHit, cacheStatus, project, withPlayedOrigin } from './support/origin.mjs';
import { request } from './support/http.mjs';
import { eventually, temporaryFolder } from './support/program.mjs';

const item = '/projects/pr_1';
const ruled = { cache: { rules: { Projects_get: { ttl: '1h' } } } };
const unruled = { cache: { rules: {} } };
// Where the gateway asks with a credential of its own, cookies are nobody's.
const uncredentialed = { upstream: { credential: undefined } };

it('a targeted field is obeyed before Cache-Control and passed on', () => {
  const settings = { cache: { rules: {}, targeted_field: 'Edge-Control' } };
  return withPlayedOrigin(settings, async ({ origin, get }) => {
    const headers = { 'Cache-Control': 'no-store', 'Edge-Control': 'max-age=100' };
    await Promise.all([get(item), origin.answer(0, { headers })]);
    const hit = await get(item);
    assertHit(hit);
    assert.equal(hit.headers['edge-control'], 'max-age=100');

    const forbidding = { 'Cache-Control': 'max-age=100', 'Edge-Control': 'no-store' };
    for (const number of [1, 2]) await Promise.all([get('/projects/pr_2'), origin.answer(number, { headers: forbidding })]);
  });
});

it('a cookie is for the one who asked and for nobody else, whoever makes the response cacheable', async () => {
  await withPlayedOrigin({ ...ruled, ...uncredentialed }, async ({ origin, get }) => {
    const [first] = await Promise.all([get(item), origin.answer(0, { headers: { 'Set-Cookie': ['a=1', 'b=2'] } })]);
    assert.deepEqual(first.headers['set-cookie'], ['a=1', 'b=2']);
    const hit = await get(item);
    assertHit(hit);
    assert.equal(hit.headers['set-cookie'], undefined);
  });
  await withPlayedOrigin({ ...unruled, ...uncredentialed }, async ({ origin, get }) => {
    await Promise.all([get(item), origin.answer(0, { headers: { 'Set-Cookie': 'a=1', 'Cache-Control': 'max-age=60' } })]);
    const hit = await get(item);
    assertHit(hit);
    assert.equal(hit.headers['set-cookie'], undefined);
  });
});

it('a session that the upstream gives the shared credential reaches nobody', () => withPlayedOrigin(unruled, async ({ origin, gateway, key, get }) => {
  const headers = { 'Set-Cookie': 'session=shared', 'Cache-Control': 'max-age=60' };
  const [read] = await Promise.all([get(item), origin.answer(0, { headers })]);
  assert.equal(read.headers['set-cookie'], undefined);
  assert.equal((await get(item)).headers['set-cookie'], undefined);
  const [written] = await Promise.all([
    gateway.request(key, '/projects', { method: 'POST', body: { name: 'new' } }), origin.answer(1, { status: 201, headers })]);
  assert.equal(written.headers['set-cookie'], undefined);
}));

it('a field that is private reaches the one who asked, and nobody else', () => withPlayedOrigin(unruled, async ({ origin, get }) => {
  const headers = { 'Cache-Control': 'max-age=60, private="X-For-You"', 'X-For-You': '1' };
  const [first] = await Promise.all([get(item), origin.answer(0, { headers })]);
  assert.equal(first.headers['x-for-you'], '1');
  const hit = await get(item);
  assertHit(hit);
  assert.equal(hit.headers['x-for-you'], undefined);
}));

it('what a 304 says of a body is not put on the stored one', () => withPlayedOrigin({ ...unruled, ...uncredentialed }, async ({ origin, get }) => {
  await Promise.all([get(item), origin.answer(0, { headers: { 'Cache-Control': 'max-age=0', ETag: '"v1"' } })]);
  const headers = { 'Cache-Control': 'max-age=0', ETag: '"v1"', 'Content-Encoding': 'gzip', 'Set-Cookie': 'a=1' };
  const [response] = await Promise.all([get(item), origin.take(1).then(({ response: answer }) => answer.writeHead(304, headers).end())]);
  assert.equal(response.headers['content-encoding'], undefined);
  assert.deepEqual(response.headers['set-cookie'], ['a=1']);
  assert.equal(response.json.name, 'one');
}));

it('the Range of a HEAD means nothing: it is fetched, stored and answered whole', () => withPlayedOrigin(unruled, async ({ origin, get }) => {
  const range = { Range: 'bytes=0-3' };
  const head = () => get(item, range, { method: 'HEAD' });
  const [miss] = await Promise.all([head(), origin.answer(0, { headers: { 'Cache-Control': 'max-age=60' } })]);
  assert.equal(miss.status, 200);
  assert.equal(origin.requests[0].request.headers.range, undefined);
  const hit = await head();
  assertHit(hit);
  assert.equal(hit.status, 200);
  assert.equal((await get(item, range)).text, project('one').slice(0, 4));

  const [passed] = await Promise.all([get(item, { ...range, 'Cache-Control': 'no-store' }, { method: 'HEAD' }), origin.answer(1)]);
  assert.equal(passed.status, 200);
  assert.equal(origin.requests[1].request.headers.range, undefined);
}));

it('a 404 that the origin lets be kept ends with the write that creates what was missing', () => withPlayedOrigin(unruled, async ({ origin, gateway, key, get }) => {
  const headers = { 'Cache-Control': 'max-age=600' };
  await Promise.all([get(item), origin.answer(0, { status: 404, headers, body: '{"detail": "none"}' })]);
  assertHit(await get(item));
  await Promise.all([
    gateway.request(key, '/projects', { method: 'POST', body: { name: 'new' } }), origin.answer(1, { status: 201, body: project('new') })]);
  const [created] = await Promise.all([get(item), origin.answer(2, { headers, body: project('new') })]);
  assert.equal(created.status, 200);
  assertHit(await get(item));
}));

it('a write makes stale what it names in Location, in whatever form, on its own origin', () => withPlayedOrigin(unruled, async ({ origin, gateway, key, get }) => {
  const headers = { 'Cache-Control': 'max-age=600' };
  const { port } = origin.server.address();
  const naming = [
    '/v4/projects/pr_1', 'projects/pr_1', './projects/pr_1', '../v4/projects/pr_1?a=b#c', '/v4/projects/pr_1/', '/v4/x/../projects/./pr_1',
    `http://127.0.0.1:${port}/v4/projects/pr_1`, `HTTP://127.0.0.1:${port}/v4/projects/pr_1/`, `//127.0.0.1:${port}/v4/projects/pr_1`,
  ];
  const naming_others = [
    '', '#pr_1', '/v4', '/projects/pr_1', 'pr_1', '../projects/pr_1', '/v4/projects/pr_2', 'mailto:projects/pr_1', '/../../v4x/projects/pr_1',
    `https://127.0.0.1:${port}/v4/projects/pr_1`, 'http://127.0.0.1/v4/projects/pr_1', '//elsewhere/v4/projects/pr_1', 'http://',
  ];
  let number = 0;
  await Promise.all([get(item), origin.answer(number++, { headers })]);
  for (const [locations, becomes] of [[naming_others, 'hit'], [naming, 'fwd=stale']]) {
    for (const location of locations) {
      const written = gateway.request(key, '/projects', { method: 'POST', body: { name: 'new' } });
      await Promise.all([written, origin.answer(number++, { status: 201, headers: { Location: location }, body: project('new') })]);
      const answered = becomes === 'hit' ? undefined : origin.answer(number++, { headers });
      const [read] = await Promise.all([get(item), answered]);
      assert.ok(cacheStatus(read).includes(becomes), `${location}: ${cacheStatus(read)}`);
    }
  }
}));

it("without keys of the gateway's own, Authorization goes upstream and keeps responses apart as RFC 9111 says", () => {
  const settings = { access: { mode: 'open', keys_file: undefined }, ...unruled };
  return withPlayedOrigin(settings, async ({ origin, gateway }) => {
    const ask = (headers, target = item) => request(gateway.api + target, { headers });
    const mine = { Authorization: 'Basic bWU6bWU=' };
    await Promise.all([ask(mine), origin.answer(0, { headers: { 'Cache-Control': 'max-age=60' } })]);
    assert.equal(origin.requests[0].request.headers.authorization, mine.Authorization);
    const [other] = await Promise.all([ask({}), origin.answer(1, { headers: { 'Cache-Control': 'max-age=60' } })]);
    assert.match(cacheStatus(other), /stored/);

    await Promise.all([ask(mine, '/projects/pr_2'), origin.answer(2, { headers: { 'Cache-Control': 'max-age=60, public' } })]);
    assertHit(await ask({}, '/projects/pr_2'));
  });
});

it("with keys, a team's Authorization stays here and its responses are everyone's", () => withPlayedOrigin(unruled, async ({ origin, gateway, key, get }) => {
  const headers = { Authorization: `Bearer ${key.secret}` };
  await Promise.all([request(gateway.api + item, { headers }), origin.answer(0, { headers: { 'Cache-Control': 'max-age=60' } })]);
  assert.equal(origin.requests[0].request.headers.authorization, undefined);
  assertHit(await get(item));
}));

it("a team's key selects nothing and is stored nowhere, whatever Vary names", () => {
  const file = path.join(temporaryFolder(), 'cache');
  return withPlayedOrigin({ cache: { rules: {}, file } }, async ({ origin, gateway, key, get }) => {
    const headers = { 'Cache-Control': 'max-age=600', Vary: 'X-API-KEY, Authorization' };
    await Promise.all([get(item), origin.answer(0, { headers })]);
    assertHit(await request(gateway.api + item, { headers: { Authorization: `Bearer ${key.secret}` } }));
    await gateway.stop();
    const saved = fs.readFileSync(file);
    assert.ok(saved.includes('pr_1'));
    assert.ok(!saved.includes(key.secret), 'no key in the file');
  });
});

it('Accept-Encoding, which does not go upstream, keeps no responses apart', () => withPlayedOrigin(unruled, async ({ origin, get }) => {
  const headers = { 'Cache-Control': 'max-age=600', Vary: 'Accept-Encoding' };
  await Promise.all([get(item, { 'Accept-Encoding': 'gzip' }), origin.answer(0, { headers })]);
  for (const coding of ['gzip, br', 'identity']) assertHit(await get(item, { 'Accept-Encoding': coding }));
}));

it('a POST whose response is what a GET of the same gets, by its own words, saves that GET', () => {
  const settings = { ...unruled, validation: { requests: 'off', responses: 'off' } };
  return withPlayedOrigin(settings, async ({ origin, gateway, key, get }) => {
    const post = (number, headers, status = 200) => Promise.all([
      gateway.request(key, '/projects?page=0', { method: 'POST', body: {} }), origin.answer(number, { status, headers, body: project('mine') })]);
    const own = { 'Content-Location': '/v4/projects?page=0', 'Cache-Control': 'max-age=60' };
    const others = [
      [{ ...own, 'Content-Location': '/v4/projects' }], [{ ...own, 'Content-Location': 'http://elsewhere/v4/projects?page=0' }],
      [{ 'Content-Location': own['Content-Location'] }], [{ ...own, 'Cache-Control': 'no-store' }], [own, 201],
    ];
    for (const [i, [headers, status]] of others.entries()) {
      const [response] = await post(i, headers, status);
      assert.equal(cacheStatus(response), 'projects-gateway; fwd=method');
    }
    await post(others.length, own);
    const hit = await get('/projects?page=0');
    assertHit(hit);
    assert.equal(hit.json.name, 'mine');
    // Every write makes it stale again.
    await post(others.length + 1, {});
    const [after] = await Promise.all([get('/projects?page=0'), origin.answer(others.length + 2, { body: project('fetched') })]);
    assert.equal(after.json.name, 'fetched');
  });
});

it('a POST that speaks for a GET is not believed where responses are enforced and that GET would not pass', () => {
  const settings = { ...unruled, validation: { requests: 'enforce', responses: 'enforce' } };
  return withPlayedOrigin(settings, async ({ origin, gateway, key }) => {
    const headers = { 'Content-Location': '/v4/projects', 'Cache-Control': 'max-age=60' };
    const [created] = await Promise.all([
      gateway.request(key, '/projects', { method: 'POST', body: { name: 'one' } }), origin.answer(0, { headers, body: project('no list') })]);
    assert.equal(created.status, 200);
    assert.equal(cacheStatus(created), 'projects-gateway; fwd=method');
  });
});

it('interim responses reach the client before the answer, which is cached', () => withPlayedOrigin(ruled, async ({ origin, gateway, key, get }) => {
  const interim = [];
  const outgoing = http.get(gateway.api + item, { agent: false, headers: { 'X-API-KEY': key.secret } });
  outgoing.on('information', ({ statusCode, headers }) => interim.push([statusCode, headers.link]));
  const arrived = new Promise((resolve, reject) => outgoing.on('response', resolve).on('error', reject));
  const { response } = await origin.take(0);
  response.writeProcessing();
  response.writeEarlyHints({ link: '</style.css>; rel=preload' });
  await origin.answer(0, { body: project('final') });
  const final = await arrived;
  final.resume();
  assert.equal(final.statusCode, 200);
  assert.deepEqual(interim, [[102, undefined], [103, '</style.css>; rel=preload']]);
  assertHit(await get(item));
}));

it('a write that the upstream refuses leaves what is stored; one that fails makes it stale', () => withPlayedOrigin(ruled, async ({ origin, gateway, key, get }) => {
  await Promise.all([get(item), origin.answer(0)]);
  const write = () => gateway.request(key, item, { method: 'PATCH', body: { name: 'other' } });
  let number = 1;
  for (const status of [403, 404, 409, 412, 422, 429]) {
    const [refused] = await Promise.all([write(), origin.answer(number++, { status, body: '{"detail": "no"}' })]);
    assert.equal(refused.status, status);
    assertHit(await get(item));
  }
  await Promise.all([write(), origin.answer(number++, { status: 500, body: '{"detail": "no"}' })]);
  const [fetched] = await Promise.all([get(item), origin.answer(number++)]);
  assert.match(cacheStatus(fetched), /fwd=stale/);
}));

it('a write that had to be sent twice is not over with its answer: its first sending may still take effect', () => {
  const settings = { cache: { rules: { Projects_get: { ttl: '1h' } } }, upstream: { retries: 1, timeout: '3s' } };
  return withPlayedOrigin(settings, async ({ origin, gateway, key, get }) => {
    await Promise.all([get(item), origin.answer(0)]);
    const deleted = gateway.request(key, item, { method: 'DELETE' });
    (await origin.take(1)).request.socket.destroy();  // taken, and not answered
    await origin.answer(2, { status: 200, body: '{}' });
    assert.equal((await deleted).status, 200);
    const sent = Date.now();

    // What is read until the first sending takes effect is nobody else's, and what is read after it neither.
    let number = 3;
    const states = ['before', 'before', 'after', 'after'];
    for (const state of states) {
      const [read] = await Promise.all([get(item), origin.answer(number++, { body: project(state) })]);
      assert.equal(read.json.name, state);
      if (Date.now() - sent < 2_000) assert.match(cacheStatus(read), /fwd=bypass; detail=write-under-way$/);
    }
    // Once it can't take effect any more, answers are kept again.
    await eventually('stored answer', async () => {
      const [read] = await Promise.all([get(item), origin.answer(number++, { body: project('after') })]);
      return cacheStatus(read).endsWith('stored; detail=changed') || cacheStatus(read).endsWith('stored') || undefined;
    }, { every: 300 });
    assert.ok(Date.now() - sent > 2_000);
    assertHit(await get(item));
  });
});

it('an upstream that sheds load is asked once: what is stored stands in for as long as Retry-After says', () => {
  const settings = { cache: { rules: { Projects_get: { ttl: '1ms', stale_if_error: '1h' } } } };
  return withPlayedOrigin(settings, async ({ origin, get }) => {
    await Promise.all([get(item), origin.answer(0)]);
    const shed = { status: 429, headers: { 'Retry-After': '60' }, body: '{"detail": "slow down"}' };
    const readers = Array.from({ length: 20 }, () => get(item));
    await origin.answer(1, shed);
    for (const response of [...await Promise.all(readers), await get(item)]) assert.equal(response.json.name, 'one');
    assert.equal(origin.requests.length, 2);

    const other = '/projects/pr_2';
    const [first] = await Promise.all([get(other), origin.answer(2, shed)]);
    assert.equal(first.status, 429);
    const repeated = await get(other);
    assert.equal(repeated.status, 429);
    assert.ok(Number(repeated.headers['retry-after']) > 50);
    assert.match(cacheStatus(repeated), /detail=upstream-sheds/);
    assert.equal(origin.requests.length, 3);
  });
});

it("an origin's own tags end here, and are purged by, whatever their spelling", () => {
  const settings = { cache: { rules: { Projects_get: { ttl: '1h' } }, tag_field: 'Surrogate-Key' } };
  return withPlayedOrigin(settings, async ({ origin, gateway, get }) => {
    let number = 0;
    const fetch = async (headers = {}) => (await Promise.all([get(item), origin.answer(number++, { headers: { 'Surrogate-Key': Buffer.from('user:1 all,päge').toString('latin1'), ...headers } })]))[0];
    const listed = async () => (await request(`${gateway.admin}/cache/entries`)).json.entries[0];
    const purge = async (tag, more = '') => (await gateway.purge(`tag=${encodeURIComponent(tag)}${more}`)).json;
    assert.equal((await fetch()).headers['surrogate-key'], undefined);
    const hit = await get(item);
    assertHit(hit);
    assert.equal(hit.headers['surrogate-key'], undefined);
    const { tags } = await listed();
    assert.deepEqual(tags, ['projects/pr_1', 'user%3A1', 'all', 'p%C3%A4ge']);

    for (const tag of [...tags, 'user:1']) {
      assert.equal((await purge(tag)).purged, 1, tag);
      assert.match(cacheStatus(await fetch()), /fwd=uri-miss; stored/, tag);
    }
    assert.equal((await purge('user:2')).nearest, 'user%3A1');

    // A fetch that a purge overtakes is not kept, although nobody knew its tags then.
    for (const more of ['', '&soft=true']) {
      await purge('all');
      const overtaken = get(item);
      await origin.take(number);
      await purge('user:1', more);
      await origin.answer(number++, { headers: { 'Surrogate-Key': 'user:1 all' } });
      assert.match(cacheStatus(await overtaken), /detail=changed-meanwhile/);
      assert.match(cacheStatus(await fetch()), /stored/);
    }

    // A 304 that names no tags leaves those that are there.
    await purge('all');
    await fetch({ ETag: '"v1"' });
    await purge('user:1', '&soft=true');
    const confirmed = get(item);
    const { response } = await origin.take(number++);
    response.writeHead(304, { ETag: '"v1"' }).end();
    assert.match(cacheStatus(await confirmed), /fwd-status=304; stored; detail=purged$/);
    assert.equal((await purge('user:1')).purged, 1);
  });
});

it('variants are listed with what selects them, and the secrets of those who asked are not', () => withPlayedOrigin(unruled, async ({ origin, gateway, get }) => {
  const headers = { 'Cache-Control': 'max-age=600', Vary: 'Accept-Language' };
  for (const [number, language] of ['de', 'en'].entries()) {
    await Promise.all([get(item, { 'Accept-Language': language }), origin.answer(number, { headers })]);
  }
  const { entries, total } = (await request(`${gateway.admin}/cache/entries`)).json;
  assert.equal(total, 2);
  assert.equal(entries[0].key, entries[1].key);
  assert.deepEqual(entries.map(({ vary }) => vary['accept-language']).sort(), ['de', 'en']);
  const why = (await request(`${gateway.admin}/cache/why?url=${item}&field.accept-language=en`)).json;
  assert.deepEqual(why.entries.filter(({ selected }) => selected).map(({ vary }) => vary['accept-language']), ['en']);
  assert.equal(why.now.action, 'served from memory');
  const miss = (await request(`${gateway.admin}/cache/why?url=${item}&field.accept-language=fr`)).json;
  assert.deepEqual(miss.now, { action: 'fetched', fwd: 'vary-miss' });
}));

it('tags that an origin names are nothing but a field unless the configuration says so', () => withPlayedOrigin(ruled, async ({ origin, get }) => {
  const [first] = await Promise.all([get(item), origin.answer(0, { headers: { 'Surrogate-Key': 'a' } })]);
  assert.equal(first.headers['surrogate-key'], 'a');
}));

it('spellings that an origin may tell apart are requests of their own', () => withPlayedOrigin({ cache: { rules: { Projects_list: { ttl: '1h' } } } }, async ({ origin, get }) => {
  const queries = ['filter=a%2%46b', 'filter=a%2Fb', 'filter=a/b', 'filter=a+b', 'filter=a%20b', 'filter=x,y', 'filter=x%2Cy', 'x=1&y=2', 'y=2&x=1'];
  const list = '{"records": [], "page": 0, "size": 10, "total": 0}';
  for (const [number, query] of queries.entries()) {
    const [response] = await Promise.all([get(`/projects?${query}`), origin.answer(number, { body: list })]);
    assert.match(cacheStatus(response), /fwd=uri-miss/, query);
  }
  assertHit(await get('/projects?filter=a%2fb'));
  assertHit(await get('/projects?%66ilter=x,%79'));
}));

it('a rule can ignore parameters, go by fields, name statuses, or be off', () => {
  const rules = {
    Projects_list: { ttl: '1h', key: { ignore: ['utm_*'], fields: ['X-Tenant'] } }, Projects_get: { ttl: '1h', ttl_by_status: { 404: '1h' } },
    Projects_listConfigs: { ttl: '1h', off: true },
  };
  return withPlayedOrigin({ cache: { rules } }, async ({ origin, get }) => {
    const body = '{"records": [], "page": 0, "size": 10, "total": 0}';
    await Promise.all([get('/projects?utm_source=a'), origin.answer(0, { body })]);
    assertHit(await get('/projects?utm_medium=b&utm_source=c'));
    assertHit(await get('/projects'));
    await Promise.all([get('/projects', { 'X-Tenant': 'b' }), origin.answer(1, { body })]);
    assertHit(await get('/projects', { 'X-Tenant': 'b' }));

    await Promise.all([get(item), origin.answer(2, { status: 404, body: '{"detail": "none"}' })]);
    assertHit(await get(item));

    for (const number of [3, 4]) {
      const [response] = await Promise.all([get(`${item}/configs`), origin.answer(number, { headers: { 'Cache-Control': 'max-age=60' }, body: '[]' })]);
      assert.match(cacheStatus(response), /fwd=bypass/);
    }
  });
});

it('nothing is guessed from Last-Modified unless cache.heuristic says so', async () => {
  const headers = { 'Last-Modified': 'Fri, 27 Nov 2020 00:00:00 GMT' };
  await withPlayedOrigin(unruled, async ({ origin, get }) => {
    for (const number of [0, 1]) await Promise.all([get(item), origin.answer(number, { headers })]);
  });
  await withPlayedOrigin({ cache: { rules: {}, heuristic: '10%' } }, async ({ origin, get }) => {
    await Promise.all([get(item), origin.answer(0, { headers })]);
    assertHit(await get(item));
  });
});

it('a HEAD of what is too large to be stored is answered by its head', () => withPlayedOrigin(unruled, async ({ origin, get }) => {
  const asked = get(item, {}, { method: 'HEAD' });
  const { response } = await origin.take(0);
  const broken_off = new Promise((resolve) => response.once('close', resolve));
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 20 * 1024 * 1024, 'Cache-Control': 'max-age=60' });
  response.write('{');
  const head = await asked;
  assert.equal(head.status, 200);
  assert.equal(head.headers['content-length'], String(20 * 1024 * 1024));
  await broken_off;
}));

it('where something may stand in, a slow origin costs no reader more than cache.stale_after, and its answer is kept', () => {
  const settings = { cache: { rules: { Projects_get: { ttl: '1ms', stale_if_error: '1h' } }, stale_after: '100ms' } };
  return withPlayedOrigin(settings, async ({ origin, get }) => {
    await Promise.all([get(item), origin.answer(0)]);
    const readers = await Promise.all(Array.from({ length: 5 }, () => get(item)));
    for (const response of readers) {
      assert.equal(response.json.name, 'one');
      assert.match(cacheStatus(response), /detail=stale-if-error/);
    }
    assert.equal(origin.requests.length, 2);
    await origin.answer(1, { headers: { 'Cache-Control': 'max-age=60' }, body: project('two') });
    assert.equal((await get(item)).json.name, 'two');
    assertHit(await get(item));
    assert.equal(origin.requests.length, 2);
  });
});
