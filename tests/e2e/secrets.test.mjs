// The upstream's credential and the teams' keys go where they must and nowhere else: after traffic of every kind, everything that the
// gateway emitted is searched for them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { request } from './support/http.mjs';
import { withOrigin } from './support/origin.mjs';
import { eventually, temporaryFolder } from './support/program.mjs';
import { Gateway, makeKey, randomSecret, Stand } from './support/stand.mjs';

const team = makeKey('research', { expires: '2099-01-31' });
const reader = makeKey('reports', { scopes: ['read'] });
const unknownKey = randomSecret('pgw_');

describe('secrets', () => {
  let stand;
  let gateway;
  const emitted = [];

  /** Keeps whatever a response holds. */
  const keep = async (what, response) => {
    const { status, rawHeaders, text } = await response;
    emitted.push([`${what} (${status})`, `${rawHeaders.join('\n')}\n${text}`]);
  };

  before(async () => {
    stand = await Stand.start({
      keys: [team, reader],
      settings: { upstream: { timeout: '400ms', retries: 1 }, log: { level: 'debug' } },
    });
    gateway = stand.gateway;
  });
  after(() => stand.sandbox.stop());

  it('go through traffic of every kind', async () => {
    const as = (key, target, options) => keep(`${options?.method ?? 'GET'} ${target}`, gateway.request(key, target, options));
    const post = (body, headers) => ({ method: 'POST', body, headers });
    await as(team, '/projects');
    await as(team, '/projects');
    await as(team, '/projects/pr_support', { method: 'HEAD' });
    await as(null, '/projects', { headers: { Authorization: `Bearer ${team.secret}` } });
    await as(null, '/projects', { headers: { Authorization: `Basic ${team.secret}` } });
    await as(null, '/projects', { headers: { 'X-API-KEY': stand.credential } });
    await as(unknownKey, '/projects');
    await as(reader, '/projects', post({ name: 'x' }));
    await as(team, '/projects', post({ name: 'a project' }));
    await as(team, '/projects', post({ nmae: 'a slip' }));
    await as(team, '/projects', post('{"name": '));
    await as(team, '/projects', post('name=x', { 'Content-Type': 'text/plain' }));
    await as(team, '/projects/pr_nobody');
    await as(team, '/nothing');
    await as(team, '/projects', { method: 'DELETE' });
    await as(team, '/projects?page=9', { headers: { 'X-Sandbox-Delay': '600s' } });
    await as(team, '/projects', post({ name: 'y' }, { 'X-Sandbox-Abort': 'before' }));
    await as(team, '/projects?page=8', { headers: { 'X-Sandbox-Status': '500' } });
    await as(team, '/projects?page=7', { headers: { 'X-Sandbox-Status': '401' } });
    await gateway.client(team).projects.export({ id: 'pr_support' });
  });

  it('do not come back from an upstream that echoes the credential', async () => {
    const response = await gateway.request(team, '/projects/pr_release',
      { headers: { 'X-Sandbox-Headers': `X-API-KEY: ${stand.credential}` } });
    assert.equal(response.status, 200);
    assert.equal(response.headers['x-api-key'], undefined);
    const hit = await gateway.request(team, '/projects/pr_release');
    assert.match(hit.headers['cache-status'], /; hit;/);
    assert.equal(hit.headers['x-api-key'], undefined);
  });

  it('go through reloads, good and bad', async () => {
    const reloads = (result) => gateway.metric('gateway_config_reloads_total', { result });
    gateway.program.kill('SIGHUP');
    await eventually('reload', async () => ((await reloads('success')) === 1 ? true : undefined));
    gateway.writeSettings({ upstream: { credential: { header: 'X-API-KEY', value: '${E2E_CREDENTIAL}', valeu: '${E2E_CREDENTIAL}' } } });
    gateway.program.kill('SIGHUP');
    await eventually('refused reload', async () => ((await reloads('failure')) === 1 ? true : undefined));
  });

  it('are in none of the admin pages', async () => {
    for (const page of ['/metrics', '/healthz', '/readyz', '/config', '/cache', '/cache/entries', '/nothing']) {
      await keep(`admin ${page}`, request(gateway.admin + page));
    }
    await keep('admin purge', gateway.purge('all=true'));
    const configuration = emitted.find(([what]) => what.startsWith('admin /config'))[1];
    assert.match(configuration, /X-API-KEY/, 'the configuration names the header of the credential');
  });

  it('are nowhere in what the gateway emitted', async () => {
    await gateway.stop();
    emitted.push(['standard output', gateway.program.stdout], ['standard error', gateway.program.stderr]);
    for (const file of fs.readdirSync(gateway.folder)) emitted.push([file, fs.readFileSync(path.join(gateway.folder, file), 'utf8')]);
    assert.ok(gateway.program.stdout.includes('"team":"research"'), 'there is an access log to search');
    assert.ok(emitted.length > 30);

    // A part of a secret is a secret too, and so is an encoded one.
    const secrets = { credential: stand.credential, 'team key': team.secret, "reader's key": reader.secret, 'unknown key': unknownKey };
    for (const [name, secret] of Object.entries(secrets)) {
      const base64 = Buffer.from(secret).toString('base64').slice(0, 20);
      for (const form of [secret.slice(0, 18), secret.slice(-16), base64, Buffer.from(secret).toString('hex').slice(0, 24)]) {
        for (const [what, text] of emitted) assert.ok(!text.includes(form), `${what} holds the ${name}`);
      }
    }
  });

  it('go upstream as they must: the credential and not the key', async () => {
    // The sandbox takes no other key than the credential, so that any 200 above proves the first half; it would have refused the team's.
    const refused = await request(`${stand.sandbox.url}/projects`, { headers: { 'X-API-KEY': team.secret } });
    assert.equal(refused.status, 401);
    const taken = await request(`${stand.sandbox.url}/projects`, { headers: { 'X-API-KEY': stand.credential } });
    assert.equal(taken.status, 200);
  });
});

/** Every form in which a secret may stand somewhere: plain, escaped, hexadecimal, and Base64 whatever stands before it. */
function formsOf(secret) {
  const forms = [secret, secret.slice(0, 18), secret.slice(-16)];
  forms.push(encodeURIComponent(secret).replaceAll('-', '%2D'), secret.replaceAll('-', '\\u002d'), JSON.stringify(secret).slice(1, -1));
  forms.push(Buffer.from(secret).toString('hex').slice(0, 24));
  for (const before of ['', 'x', 'xx']) {
    for (const alphabet of ['base64', 'base64url']) {
      const encoded = Buffer.from(before + secret).toString(alphabet);
      forms.push(encoded.slice(Math.ceil((before.length * 8) / 6), -3));
    }
  }
  return [...new Set(forms)];
}

/** Where any of the texts stands in what the process may write: "TEXT at ADDRESS in REGION". */
function foundInMemory(pid, texts) {
  const memory = fs.openSync(`/proc/${pid}/mem`, 'r');
  const found = [];
  for (const line of fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, begin, end] = /^([0-9a-f]+)-([0-9a-f]+) rw-p/.exec(line) ?? [];
    if (begin === undefined) continue;
    const bytes = Buffer.alloc(parseInt(end, 16) - parseInt(begin, 16));
    const got = fs.readSync(memory, bytes, 0, bytes.length, parseInt(begin, 16));
    for (const text of texts) {
      for (let at = bytes.indexOf(text); at >= 0 && at < got; at = bytes.indexOf(text, at + 1)) {
        found.push(`${text} at ${(parseInt(begin, 16) + at).toString(16)} in ${line}`);
      }
    }
  }
  fs.closeSync(memory);
  return found;
}

/** An upstream that tells whoever asks what it was sent: in fields, in JSON, in Base64, percent-encoded. */
function echoingOrigin() {
  return http.createServer((request, response) => {
    const key = request.headers['x-api-key'];
    response.setHeader('X-Echo', key);
    response.setHeader('Content-Type', 'application/json');
    const told = { id: 'pr_1', name: key, base64: Buffer.from(key).toString('base64'), encoded: encodeURIComponent(key), head: request.rawHeaders };
    response.statusCode = request.url.includes('broken') ? 500 : 200;
    response.end(JSON.stringify(told));
  });
}

describe('the memory of the gateway', { skip: process.getuid() !== 0 && 'only root may look into it' }, () => {
  it('has a credential in one place, and nowhere any more once it was replaced', async () => {
    await withOrigin(echoingOrigin(), async (port) => {
      const [old, next] = [randomSecret('upstream-'), randomSecret('upstream-')];
      const file = path.join(temporaryFolder(), 'credential');
      fs.writeFileSync(file, old, { mode: 0o600 });
      const url = `http://127.0.0.1:${port}/v4`;
      // Releases are linked so. Bound later, functions are looked up by code that puts vector registers on the stack, with what was copied last.
      const env = { LD_BIND_NOW: '1' };
      const gateway = await Gateway.start({ upstreamUrl: url, credential: '', keys: [team], env,
        settings: { validation: { responses: 'off' },
          upstream: { url, credential: { header: 'X-API-KEY', value_file: file }, retries: 1, breaker: { failures: 0 } } } });
      const { pid } = gateway.program.child;
      const traffic = async () => {
        for (let page = 0; page < 8; ++page) assert.equal((await gateway.request(team, `/projects?page=${page}`)).status, 200);
        assert.equal((await gateway.request(team, '/projects?page=9&x=broken')).status, 500);
        const post = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name": "a"}' };
        assert.equal((await gateway.request(team, '/projects', post)).status, 200);
      };
      await traffic();
      const inForce = foundInMemory(pid, [old]);
      assert.ok(inForce.length > 0, 'the search finds what is there');
      // The value itself, and what recognises it on its way back.
      assert.ok(inForce.length <= 2, inForce.join('\n'));

      fs.writeFileSync(`${file}.new`, next, { mode: 0o600 });
      fs.renameSync(`${file}.new`, file);
      await gateway.program.event('the replacement', ({ message }) => /credential was replaced/.test(message));
      await traffic();
      assert.deepEqual(foundInMemory(pid, formsOf(old)), []);
      await gateway.stop();
    });
  });
});
