// Read-your-writes, raced: while projects are renamed, with the upstream slow before and after the effect, no read that began after a
// write was answered may show what was there before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gateway, makeKey, randomSecret, Sandbox } from './support/stand.mjs';

const projects = 3;
const writesPerProject = 25;
const readersPerProject = 4;
const numberOf = (name) => Number(name.split('#')[1]);

test('no read that begins after a write was answered is older than the write', async () => {
  const credential = randomSecret('upstream-');
  const key = makeKey('team');
  const sandbox = await Sandbox.start({ apiKey: credential, extraArguments: ['--faults', '--threads', '8'] });
  const gateway = await Gateway.start({ upstreamUrl: sandbox.url, credential, keys: [key] });

  let reads = 0;
  let hits = 0;
  const stale = [];
  const delay = () => `${Math.floor(Math.random() * 12)}ms`;

  async function read(state, target, find) {
    const atLeast = state.answered;
    const response = await gateway.request(key, target, { headers: { 'X-Sandbox-Delay-After': delay() } });
    assert.equal(response.status, 200);
    reads += 1;
    hits += / hit;/.test(response.headers['cache-status']) ? 1 : 0;
    const seen = numberOf(find(response.json));
    if (seen < atLeast) stale.push(`${target}: #${seen} after #${atLeast} was answered; ${response.headers['cache-status']}`);
  }

  async function keepReading(state) {
    while (!state.done) {
      await read(state, `/projects/${state.id}`, (body) => body.name);
      await read(state, '/projects?size=50', (body) => body.records.find((one) => one.id === state.id).name);
    }
  }

  async function keepWriting(state) {
    for (let number = 1; number <= writesPerProject; number += 1) {
      const fault = Math.random() < 0.5 ? 'X-Sandbox-Delay' : 'X-Sandbox-Delay-After';
      const response = await gateway.request(key, `/projects/${state.id}`,
        { method: 'PATCH', body: { name: `${state.id}#${number}` }, headers: { [fault]: delay() } });
      assert.equal(response.status, 200);
      state.answered = number;
      // The writer itself reads at once, item and listing, while the others race it.
      await read(state, `/projects/${state.id}`, (body) => body.name);
      await read(state, '/projects?size=50', (body) => body.records.find((one) => one.id === state.id).name);
    }
    state.done = true;
  }

  const states = [];
  for (let i = 0; i < projects; i += 1) {
    const created = await gateway.request(key, '/projects', { method: 'POST', body: { name: `race ${i}#0` } });
    assert.equal(created.status, 201);
    states.push({ id: created.json.id, answered: 0, done: false });
  }
  await Promise.all(states.flatMap((state) =>
    [keepWriting(state), ...Array.from({ length: readersPerProject }, () => keepReading(state))]));

  assert.deepEqual(stale, []);
  assert.ok(reads > projects * writesPerProject * 2, `only ${reads} reads`);
  assert.ok(hits > 0, 'the cache took no part');
  await gateway.stop();
  await sandbox.stop();
});
