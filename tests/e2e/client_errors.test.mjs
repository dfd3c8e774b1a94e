// The errors that a user meets, as the unmodified client shows them, and that those which the gateway can tell by itself never
// reach the upstream.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Gateway, makeKey, randomSecret, Stand } from './support/stand.mjs';

const writer = makeKey('research');
const reader = makeKey('reports', { scopes: ['read'] });
const expired = makeKey('departed', { expires: '2020-01-31' });
const lister = makeKey('dashboard', { operations: ['Projects_list'] });
const hasty = makeKey('crawler', { rate: '1/h', burst: 2 });
const keys = [writer, reader, expired, lister, hasty];

/** What the client threw. */
async function errorOf(promise) {
  const error = await promise.then(() => assert.fail('the client reported no error'), (thrown) => thrown);
  assert.equal(error.name, 'HumanloopError', error.stack);
  return error;
}

const detailOf = (error) => error.responseBody.detail;

/** An address of the loopback that nothing listens on. */
async function deadAddress() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

describe('errors that the gateway tells by itself', () => {
  let stand;
  let gateway;

  before(async () => {
    stand = await Stand.start({ keys });
    gateway = stand.gateway;
  });
  after(() => stand.stop());

  /** Runs `action` and makes sure that the upstream heard nothing of it. */
  async function unheard(action) {
    const before = await stand.sandbox.requestCount();
    const result = await action();
    assert.equal(await stand.sandbox.requestCount(), before, 'the upstream was asked');
    return result;
  }

  it('answers 401 to a request without a key', async () => {
    const response = await unheard(() => gateway.request(null, '/projects'));
    assert.equal(response.status, 401);
    assert.equal(typeof response.json.detail, 'string');
    assert.match(response.headers['www-authenticate'], /^Bearer/);
    assert.ok(response.headers['x-request-id']);
  });

  for (const [name, key] of [['an unknown key', randomSecret('pgw_')], ['an expired key', expired]]) {
    it(`answers 401 to ${name}`, async () => {
      const error = await unheard(() => errorOf(gateway.client(key).projects.list()));
      assert.equal(error.status, 401);
      assert.equal(typeof detailOf(error), 'string');
    });
  }

  it('tells an unknown caller nothing about routes', async () => {
    const answers = await unheard(() => Promise.all(
      ['/projects', '/projects/pr_support/nothing', '/secrets'].map((target) => gateway.request('wrong', target))));
    assert.deepEqual(answers.map((answer) => answer.status), [401, 401, 401]);
    assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
  });

  it('lets a read-only key read and answers 403 to its writes', async () => {
    const client = gateway.client(reader);
    await client.projects.get({ id: 'pr_support' });
    await client.projects.export({ id: 'pr_support' });
    const error = await unheard(() => errorOf(client.projects.create({ name: 'not mine to make' })));
    assert.equal(error.status, 403);
    assert.match(detailOf(error), /write/);
  });

  it('answers 403 to an operation that the key does not list', async () => {
    const client = gateway.client(lister);
    await client.projects.list();
    assert.equal((await unheard(() => errorOf(client.projects.get({ id: 'pr_support' })))).status, 403);
  });

  it('answers 422 in the shape of the service to an invalid body', async () => {
    const error = await unheard(() => errorOf(gateway.client(writer).projects.create({})));
    assert.equal(error.status, 422);
    assert.deepEqual(detailOf(error).map(({ loc, msg, type }) => ({ loc, msg, type })),
      [{ loc: ['body', 'name'], msg: 'field required', type: 'value_error.missing' }]);
  });

  it('names every mistake of a request at once', async () => {
    const { status, json } = await unheard(() => gateway.request(writer, '/projects/pr_support/feedback-types',
      { method: 'POST', body: { type: ['no'], class: 'colour', values: [{ sentiment: 'positive' }, 'x'] } }));
    assert.equal(status, 422);
    const places = json.detail.map(({ loc }) => loc.join('.')).sort();
    assert.deepEqual(places, ['body.class', 'body.type', 'body.values.0.value', 'body.values.1']);
  });

  it('answers 422 to a query parameter of the wrong type and to an unknown sort order', async () => {
    const { status, json } = await unheard(() => gateway.request(writer, '/projects?page=first&order=sideways'));
    assert.equal(status, 422);
    assert.deepEqual(json.detail.map(({ loc, type }) => [loc.join('.'), type]).sort(),
      [['query.order', 'type_error.enum'], ['query.page', 'type_error.integer']]);
  });

  it('answers 422 to a body that is not JSON', async () => {
    const { status, json } = await unheard(() => gateway.request(writer, '/projects', { method: 'POST', body: '{"name": ' }));
    assert.equal(status, 422);
    assert.equal(json.detail[0].type, 'value_error.jsondecode');
    assert.equal(json.detail[0].loc[0], 'body');
  });

  it('answers 404 to an operation that the contract does not have', async () => {
    const error = await unheard(() => errorOf(gateway.client(writer).projects.deactivateExperiment({ id: 'pr_support' })));
    assert.equal(error.status, 404);
  });

  it('answers 405 with Allow to a method that the path does not have', async () => {
    const response = await unheard(() => gateway.request(writer, '/projects', { method: 'DELETE' }));
    assert.equal(response.status, 405);
    assert.deepEqual(response.headers.allow.split(', ').sort(), ['GET', 'HEAD', 'POST']);
  });

  it('answers 415 to a body of another type', async () => {
    const response = await unheard(() => gateway.request(writer, '/projects',
      { method: 'POST', headers: { 'Content-Type': 'text/xml' }, body: '<name/>' }));
    assert.equal(response.status, 415);
  });

  it("answers 429 with Retry-After once a key's rate is used up, and still serves it from memory", async () => {
    await gateway.request(writer, '/projects/pr_release');
    const fetches = [];
    for (const page of [70, 71, 72]) fetches.push(await gateway.request(hasty, `/projects?page=${page}`));
    assert.deepEqual(fetches.map((response) => response.status), [200, 200, 429]);
    const { headers } = fetches[2];
    assert.ok(Number(headers['retry-after']) > 0);
    assert.equal(headers['ratelimit-limit'], '2');
    assert.equal(headers['ratelimit-remaining'], '0');
    const hit = await gateway.request(hasty, '/projects/pr_release');
    assert.equal(hit.status, 200);
    assert.match(hit.headers['cache-status'], /; hit;/);
  });
});

describe('errors of the upstream', () => {
  let stand;
  let gateway;

  before(async () => {
    stand = await Stand.start({ keys, settings: { upstream: { timeout: '400ms', retries: 0 } } });
    gateway = stand.gateway;
  });
  after(() => stand.stop());

  it('passes on that a project is unknown, body and all', async () => {
    const error = await errorOf(gateway.client(writer).projects.get({ id: 'pr_nobody' }));
    assert.equal(error.status, 404);
    assert.match(detailOf(error), /pr_nobody/);
  });

  it('passes on a status that the service answered', async () => {
    const response = await gateway.request(writer, '/projects', { headers: { 'X-Sandbox-Status': '500' } });
    assert.equal(response.status, 500);
    assert.equal(response.headers['proxy-status'], undefined);
  });

  it('answers 504 when the upstream does not answer in time', async () => {
    const response = await gateway.request(writer, '/projects?page=3', { headers: { 'X-Sandbox-Delay': '600s' } });
    assert.equal(response.status, 504);
    assert.equal(response.headers['proxy-status'], 'projects-gateway; error=http_response_timeout');
    assert.equal(typeof response.json.detail, 'string');
  });

  it('answers 502 when the upstream closes the connection instead of answering', async () => {
    const response = await gateway.request(writer, '/projects',
      { method: 'POST', headers: { 'X-Sandbox-Abort': 'before' }, body: { name: 'never made' } });
    assert.equal(response.status, 502);
    assert.match(response.headers['proxy-status'], /error=connection_terminated/);
  });

  it('shows a write that took effect although its answer never came', async () => {
    const listing = () => gateway.client(writer).projects.list({ filter: 'half heard' });
    await listing();
    const response = await gateway.request(writer, '/projects',
      { method: 'POST', headers: { 'X-Sandbox-Abort': 'after' }, body: { name: 'half heard' } });
    assert.equal(response.status, 502);
    assert.equal((await listing()).data.total, 1);
  });
});

describe('an upstream that is not there', () => {
  let gateway;
  let address;

  before(async () => {
    address = await deadAddress();
    gateway = await Gateway.start({ upstreamUrl: `http://${address}/v4`, credential: randomSecret('upstream-'), keys,
      settings: { upstream: { retries: 0, breaker: { failures: 3, open_for: '1h' } } } });
  });
  after(() => gateway.stop());

  it('is answered for with 502, the reason in Proxy-Status, and nothing about its address', async () => {
    const error = await errorOf(gateway.client(writer).projects.list());
    assert.equal(error.status, 502);
    const response = await gateway.request(writer, '/projects');
    assert.equal(response.headers['proxy-status'], 'projects-gateway; error=connection_refused');
    const whole = JSON.stringify(response.rawHeaders) + response.text;
    for (const part of [address, address.split(':')[1]]) assert.ok(!whole.includes(part), part);
  });

  it('is given a pause after repeated failures: 503 with Retry-After', async () => {
    let response;
    for (let i = 0; i < 5; ++i) response = await gateway.request(writer, `/projects?page=${i}`);
    assert.equal(response.status, 503);
    assert.ok(Number(response.headers['retry-after']) >= 1);
    assert.equal(response.headers['proxy-status'], 'projects-gateway; error=destination_unavailable');
  });
});
