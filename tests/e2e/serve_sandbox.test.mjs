// `serve --sandbox`, as scripts/run starts it: what it prints works when pasted.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { contractFile, gatewayProgram, skipWithout } from './support/environment.mjs';
import { request } from './support/http.mjs';
import { Program, temporaryFolder } from './support/program.mjs';
import { Sandbox } from './support/stand.mjs';

describe('serve --sandbox', { skip: skipWithout('curl') }, () => {
  let program;
  let ready;

  before(async () => {
    const file = path.join(temporaryFolder(), 'ready.json');
    // Elsewhere than in the checkout, and without an environment to lean on.
    program = new Program(gatewayProgram,
      ['serve', '--sandbox', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--ready-file', file], { cwd: temporaryFolder() });
    ready = await program.ready(file);
  });
  after(() => program.stop());

  it('prints the addresses and the key that its ready file names', () => {
    for (const part of [ready.listen, ready.admin, ready.key]) assert.ok(program.stdout.includes(part), part);
  });

  it('prints curl lines that do what they say', () => {
    const lines = program.stdout.split('\n').map((line) => line.trim()).filter((line) => line.startsWith('curl '));
    assert.ok(lines.length >= 4, program.stdout);
    const outputs = lines.map((line) => {
      const { status, stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
      assert.equal(status, 0, `${line}\n${stdout}${stderr}`);
      return stdout;
    });
    assert.match(outputs[0], /^HTTP\/1\.1 200 [\s\S]*Cache-Status: projects-gateway; fwd=uri-miss; stored/);
    assert.match(outputs[1], /^HTTP\/1\.1 200 [\s\S]*Cache-Status: projects-gateway; hit; ttl=/);
    assert.match(outputs[1], /\nAge: \d+\r\n/);
    assert.equal(JSON.parse(outputs[2]).name, 'my project');
    assert.equal(JSON.parse(outputs[3]).detail[0].type, 'value_error.missing');
    assert.deepEqual(JSON.parse(outputs[4]).detail, [{ loc: ['body', 'name'], msg: 'str type expected', type: 'type_error.str' }]);
    assert.match(outputs.at(-1), /gateway_requests_total/);
  });

  it('takes no other key', async () => {
    assert.equal((await request(`${ready.listen}/v4/projects`, { headers: { 'X-API-KEY': 'pgw_guessed' } })).status, 401);
  });

  it('keeps its key through a reload', async () => {
    program.kill('SIGHUP');
    await program.event('the reload', ({ message }) => message === 'configuration reloaded');
    assert.equal((await request(`${ready.listen}/v4/projects`, { headers: { 'X-API-KEY': ready.key } })).status, 200);
  });
});

describe('serve under a low soft limit of descriptors', () => {
  let program;
  after(() => program?.stop());

  it('takes as many as the hard limit allows', async () => {
    const file = path.join(temporaryFolder(), 'ready.json');
    program = new Program('bash', ['-c', 'ulimit -Sn 256 && exec "$@"', 'bash', gatewayProgram,
      'serve', '--sandbox', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--ready-file', file]);
    const ready = await program.ready(file);
    const { text } = await request(`${ready.admin}/metrics`);
    assert.ok(Number(/^process_max_fds (\S+)$/m.exec(text)[1]) > 256, text);
  });
});

describe('serve under a low hard limit of descriptors', () => {
  let program;
  let sandbox;
  after(async () => {
    await program?.stop();
    await sandbox?.stop();
  });

  it('leaves enough of them to the upstream however many clients there are, and warns that few are left to these', async () => {
    sandbox = await Sandbox.start({ apiKey: 'of the upstream alone' });
    const file = path.join(temporaryFolder(), 'gateway.yaml');
    const ready = `${file}.ready`;
    fs.writeFileSync(file, JSON.stringify({ listen: '127.0.0.1:0', admin: '127.0.0.1:0', workers: 1, api: contractFile,
      upstream: { url: sandbox.url, credential: { header: 'X-API-KEY', value: 'of the upstream alone' } }, access: { mode: 'open' } }));
    program = new Program('bash', ['-c', 'ulimit -n 150 && exec "$@"', 'bash', gatewayProgram, 'serve', '--config', file, '--ready-file', ready]);
    const { listen } = await program.ready(ready);

    // Each connection asks for something else, and none gets it before all have asked.
    const answers = await Promise.allSettled(Array.from({ length: 130 }, (_, page) =>
      request(`${listen}/v4/projects?page=${page}`, { headers: { 'X-Sandbox-Delay': '2s' }, agent: new http.Agent() })));
    const statuses = answers.filter(({ status }) => status === 'fulfilled').map(({ value }) => value.status);
    assert.deepEqual([...new Set(statuses)], [200]);
    assert.equal(statuses.length, 37, 'a quarter of the limit');
    await program.event('the warning', ({ level, message }) => level === 'warning' && /open files/.test(message));
  });
});
