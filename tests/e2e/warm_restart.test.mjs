// The cache's file: from SIGTERM to the next start, and never any other way.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { contractFile } from './support/environment.mjs';
import { temporaryFolder } from './support/program.mjs';
import { Gateway, makeKey, randomSecret, Sandbox } from './support/stand.mjs';

const team = makeKey('research');
const item = '/projects/pr_support';
const isHit = (response) => response.headers['cache-status'].includes('; hit;');
const event = (gateway, start) => gateway.program.event(start, ({ message }) => message.startsWith(start));

describe('a restart with a cache file', () => {
  let sandbox;
  let credential;
  let file;
  let gateway;

  before(async () => {
    credential = randomSecret('upstream-');
    sandbox = await Sandbox.start({ apiKey: credential });
  });
  after(() => sandbox.stop());
  beforeEach(() => (file = path.join(temporaryFolder(), 'cache')));
  afterEach(() => gateway.stop());

  async function start(settings = {}, using = credential) {
    const { cache, ...others } = settings;
    gateway = await Gateway.start({ upstreamUrl: sandbox.url, credential: using, keys: [team],
      settings: { cache: { file, ...cache }, ...others } });
    return gateway;
  }
  const get = (target) => gateway.request(team, target);

  /** A gateway that holds an item, stopped: the file is there. */
  async function leaveAFile() {
    await start();
    await get(item);
    await gateway.stop();
    return fs.readFileSync(file);
  }

  it('answers from memory at once, older by the time between', async () => {
    await start();
    await event(gateway, 'no file of a cache; starting with an empty one');
    const first = await get(item);
    await get('/projects');
    await gateway.stop();
    assert.equal((await event(gateway, 'the cache was saved')).entries, '2');
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ['cache']);
    const saved = fs.readFileSync(file);
    for (const secret of [credential, team.secret]) assert.ok(!saved.includes(secret), 'no secret in the file');

    const fetched = await sandbox.requestCount();
    await start();
    assert.equal((await event(gateway, 'the cache was restored')).entries, '2');
    const hit = await get(item);
    assert.ok(isHit(hit), hit.headers['cache-status']);
    assert.equal(hit.text, first.text);
    assert.equal(hit.headers.etag, first.headers.etag);
    assert.ok(isHit(await get('/projects')));
    assert.equal(await sandbox.requestCount(), fetched);
    assert.equal(await gateway.metric('gateway_cache_restored_entries'), 2);
    assert.ok(!fs.existsSync(file), 'a file serves one start');
  });

  it('does not bring back what was written or purged before, nor what it held when it was killed', async () => {
    await start();
    await Promise.all([get(item), get('/projects/pr_sales'), get('/projects')]);
    await gateway.request(team, item, { method: 'PATCH', body: { name: 'changed before the restart' } });
    await gateway.purge('tag=projects/pr_sales&soft=true');
    await gateway.stop();
    await start();
    assert.equal(await gateway.metric('gateway_cache_restored_entries'), 0);
    assert.equal((await get(item)).json.name, 'changed before the restart');
    await gateway.stop();

    await start();
    gateway.program.kill('SIGKILL');
    await gateway.program.ended;
    assert.ok(!fs.existsSync(file));
    await start();
    assert.ok(!isHit(await get(item)));
  });

  it('still waits for a write that was lost before', async () => {
    await start();
    await gateway.request(team, item, { method: 'PATCH', body: { name: 'lost' }, headers: { 'X-Sandbox-Abort': 'before' } });
    await gateway.stop();
    await start();
    assert.match((await get(item)).headers['cache-status'], /fwd=bypass/);
  });

  const otherContract = () => {
    const copy = path.join(temporaryFolder(), 'api.yaml');
    fs.writeFileSync(copy, `${fs.readFileSync(contractFile, 'utf8')}\n# another edition\n`);
    return copy;
  };
  const damages = {
    'cut off': (bytes) => fs.writeFileSync(file, bytes.subarray(0, bytes.length - 7)),
    'changed in the middle': (bytes) => {
      bytes[bytes.length >> 1] ^= 0x10;
      fs.writeFileSync(file, bytes);
    },
    'something else': () => fs.writeFileSync(file, 'listen: 127.0.0.1:8080\n'),
    'empty': () => fs.writeFileSync(file, ''),
    'open to others': () => fs.chmodSync(file, 0o666),
    'a link': (bytes) => {
      fs.writeFileSync(`${file}.elsewhere`, bytes);
      fs.unlinkSync(file);
      fs.symlinkSync(`${file}.elsewhere`, file);
    },
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`starts empty, and keeps the file aside, when it is ${what}`, async () => {
      damage(await leaveAFile());
      const found = fs.readFileSync(file);
      await start();
      const refusal = await event(gateway, "the cache's file is refused");
      assert.equal(refusal.level, 'warning');
      assert.ok(refusal.reason.length > 5);
      assert.equal(refusal.kept_as, `${file}.refused`);
      assert.deepEqual(fs.readFileSync(`${file}.refused`), found);
      assert.ok(!fs.existsSync(file));
      assert.ok(!isHit(await get(item)));
      assert.ok(isHit(await get(item)));
    });
  }

  it('starts empty for another upstream credential and for another API description', async () => {
    for (const [settings, using, reason] of [[{}, randomSecret('other-'), /credential/], [{ api: otherContract() }, credential, /API description/]]) {
      await leaveAFile();
      await start(settings, using);
      assert.match((await event(gateway, "the cache's file is refused")).reason, reason);
      assert.ok(fs.existsSync(`${file}.refused`));
      if (using === credential) assert.ok(!isHit(await get(item)));
      await gateway.stop();
    }
  });

  it('stops in order when the file can no longer be written, and says so', async () => {
    await start();
    await get(item);
    fs.rmdirSync(path.dirname(file));
    await gateway.stop();
    const failure = await event(gateway, 'the cache could not be saved');
    assert.equal(failure.level, 'error');
    assert.match(failure.reason, /No such file/);
  });
});
