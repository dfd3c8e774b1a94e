// Identical requests at the same time, over real sockets: one asks the upstream, and nobody pays for another's trouble.
import assert from 'node:assert/strict';
import http from 'node:http';
import { it } from 'node:test';
import { request } from './support/http.mjs';
import { assertHit, cacheStatus, project, withPlayedOrigin } from './support/origin.mjs';
import { eventually } from './support/program.mjs';

const item = '/projects/pr_1';
const many = 40;
const times = (count, make) => Array.from({ length: count }, make);
const onWorkers = { workers: 4, upstream: { max_connections: 1024 }, cache: { rules: { Projects_get: { ttl: '1h' } } } };
const isCollapsed = (response) => cacheStatus(response).includes('; collapsed');

/** How many requests have joined another's fetch since the gateway started. */
const joinedSoFar = async (gateway) => (await request(`${gateway.admin}/cache`)).json.collapsed;

/** A request that leads, and `count` that have joined it when this resolves. */
async function joined(gateway, origin, ask, count = many) {
  const before = await joinedSoFar(gateway);
  const leader = ask();
  await origin.take(origin.requests.length);
  const followers = times(count, () => ask());
  await eventually('followers', async () => ((await joinedSoFar(gateway)) - before >= count ? true : undefined));
  return { leader, followers };
}

/** A request whose client can leave. It resets its connection: one that only closes its sending side still waits for the answer. */
function leavingClient(gateway, key) {
  const outgoing = http.get(gateway.api + item, { agent: false, headers: { 'X-API-KEY': key.secret } });
  outgoing.on('error', () => {});
  return { leave: () => outgoing.socket.resetAndDestroy() };
}

it('many on several workers make one upstream request, and all get its response', () => withPlayedOrigin(onWorkers, async ({ origin, gateway, get }) => {
  const { leader, followers } = await joined(gateway, origin, () => get(item));
  await origin.answer(0, { body: project('shared') });
  const responses = await Promise.all([leader, ...followers]);
  assert.ok(responses.every(({ status, json }) => status === 200 && json.name === 'shared'));
  assert.equal(responses.filter(isCollapsed).length, many);
  assert.equal(origin.requests.length, 1);
}));

it('a leader that leaves costs its followers nothing', () => withPlayedOrigin(onWorkers, async ({ origin, gateway, key, get }) => {
  const leader = leavingClient(gateway, key);
  await origin.take(0);
  const followers = times(many, () => get(item));
  await eventually('followers', async () => ((await joinedSoFar(gateway)) >= many ? true : undefined));
  leader.leave();
  await eventually('departure of the leader', async () => ((await gateway.metric('gateway_inflight_requests')) === many ? true : undefined));
  await origin.answer(0);
  for (const response of await Promise.all(followers)) assert.equal(response.status, 200);
  assert.equal(origin.requests.length, 1);
}));

it('followers that leave cost nobody anything', () => withPlayedOrigin(onWorkers, async ({ origin, gateway, key, get }) => {
  const leader = get(item);
  await origin.take(0);
  const leaving = times(many, () => leavingClient(gateway, key));
  const staying = get(item);
  await eventually('followers', async () => ((await joinedSoFar(gateway)) > many ? true : undefined));
  leaving.forEach((client) => client.leave());
  await eventually('departures', async () => ((await gateway.metric('gateway_inflight_requests')) === 2 ? true : undefined));
  await origin.answer(0);
  for (const response of await Promise.all([leader, staying])) assert.equal(response.status, 200);
}));

it('a slow body keeps nobody from it: the followers get it as whole as the leader', () => withPlayedOrigin(onWorkers, async ({ origin, gateway, get }) => {
  const body = project('x'.repeat(200_000));
  const { leader, followers } = await joined(gateway, origin, () => get(item));
  const { response } = await origin.take(0);
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.write(body.slice(0, 100_000));
  const late = get(item);
  await eventually('late follower', async () => ((await joinedSoFar(gateway)) > many ? true : undefined));
  response.end(body.slice(100_000));
  for (const { text } of await Promise.all([leader, late, ...followers])) assert.ok(text === body);
  assert.equal(origin.requests.length, 1);
}));

it('an error of the origin reaches those who waited, and none that comes later', () => withPlayedOrigin(onWorkers, async ({ origin, gateway, get }) => {
  const { leader, followers } = await joined(gateway, origin, () => get(item));
  await origin.answer(0, { status: 500, body: '{"detail": "broken"}' });
  for (const response of await Promise.all([leader, ...followers])) assert.equal(response.status, 500);
  const [later] = await Promise.all([get(item), origin.answer(1)]);
  assert.equal(later.status, 200);
  assert.equal(origin.requests.length, 2);
}));

it('a response that is cut reaches nobody as a whole one', () => withPlayedOrigin(onWorkers, async ({ origin, gateway, get }) => {
  const { leader, followers } = await joined(gateway, origin, () => get(item));
  const { response } = await origin.take(0);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1000 });
  response.write('{', () => response.destroy());
  for (const { status, headers } of await Promise.all([leader, ...followers])) {
    assert.equal(status, 502);
    assert.match(headers['proxy-status'], /error=http_response_incomplete/);
  }
}));

it('an uncacheable answer lets all go at once, and the next ones too', () => withPlayedOrigin(onWorkers, async ({ origin, gateway, get }) => {
  const { leader, followers } = await joined(gateway, origin, () => get(item));
  const uncacheable = { headers: { 'Cache-Control': 'private' } };
  await origin.answer(0, uncacheable);
  await leader;
  // Nobody is answered before all have asked: were they let through one by one, they would wait for ever.
  await origin.take(many);
  assert.equal(origin.requests.length, many + 1);
  await Promise.all(times(many, (_, i) => origin.answer(i + 1, uncacheable)));
  for (const response of await Promise.all(followers)) {
    assert.equal(response.status, 200);
    assert.ok(!isCollapsed(response));
  }
  const next = times(3, () => get(item));
  await origin.take(many + 3);
  await Promise.all(times(3, (_, i) => origin.answer(many + 1 + i)));
  for (const response of await Promise.all(next)) assert.equal(response.status, 200);
}));

it('followers of another variant ask for theirs, together', () => withPlayedOrigin({ ...onWorkers, upstream: { forward_fields: ['X-Kind'] } }, async ({ origin, gateway, get }) => {
  const german = get(item, { 'X-Kind': 'de' });
  await origin.take(0);
  const french = times(many, () => get(item, { 'X-Kind': 'fr' }));
  await eventually('followers', async () => ((await joinedSoFar(gateway)) >= many ? true : undefined));
  await origin.answer(0, { headers: { Vary: 'X-Kind' }, body: project('de') });
  assert.equal((await german).json.name, 'de');
  assert.equal((await origin.take(1)).request.headers['x-kind'], 'fr');
  await origin.answer(1, { headers: { Vary: 'X-Kind' }, body: project('fr') });
  for (const response of await Promise.all(french)) assert.equal(response.json.name, 'fr');
  assert.equal(origin.requests.length, 2);
  assertHit(await get(item, { 'X-Kind': 'de' }));
}));

it('a fetch that runs out of time takes along those who waited with it, not who came at its end', () => {
  const settings = { ...onWorkers, upstream: { timeout: '2s' } };
  return withPlayedOrigin(settings, async ({ origin, gateway, get }) => {
    const { leader, followers } = await joined(gateway, origin, () => get(item), 3);
    const began = Date.now();
    await eventually('the end of its time', () => (Date.now() - began > 1_300 ? true : undefined));
    const late = times(3, () => get(item));
    for (const response of await Promise.all([leader, ...followers])) assert.equal(response.status, 504);
    await origin.answer(1);
    for (const response of await Promise.all(late)) assert.equal(response.status, 200);
    assert.equal(origin.requests.length, 2);
  });
});

it('what nobody has a use for any more is not read to its end', () => withPlayedOrigin(onWorkers, async ({ origin, gateway, key }) => {
  const client = leavingClient(gateway, key);
  const { response } = await origin.take(0);
  client.leave();
  await eventually('departure', async () => ((await gateway.metric('gateway_inflight_requests')) === 0 ? true : undefined));
  const cut = new Promise((resolve) => response.once('close', resolve));
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.write('{');
  await cut;
}));
