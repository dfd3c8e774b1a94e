// The command line: check, routes, validate, keys new, healthcheck, and what serve refuses to start with.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { contractFile, gatewayProgram, sandboxProgram, sourceDir } from './support/environment.mjs';
import { temporaryFolder } from './support/program.mjs';
import { Gateway, makeKey, randomSecret, Stand } from './support/stand.mjs';

const folder = temporaryFolder();

/** Writes a file into the folder and gives its path. */
function file(name, text) {
  const full = path.join(folder, name);
  fs.writeFileSync(full, text, { mode: 0o600 });
  return full;
}

/** Runs a command to its end: {status, stdout, stderr}. */
function run(args, { input = '', env = {}, program = gatewayProgram } = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, { input, env: { ...process.env, ...env }, encoding: 'utf8', timeout: 20_000 });
  return { status, stdout, stderr };
}

const goodSettings = `
listen: 127.0.0.1:0
admin: 127.0.0.1:0
api: ${contractFile}
upstream:
  url: http://127.0.0.1:9/v4
  credential: {header: X-API-KEY, value: "\${E2E_CREDENTIAL}"}
access: {mode: keys, keys_file: keys.yaml}
cache:
  rules:
    Projects_list: {ttl: 15s, stale_while_revalidate: 30s}
  safe_operations: [Projects_export]
`;
const env = { E2E_CREDENTIAL: 'some-credential-of-the-upstream' };

describe('check', () => {
  before(() => file('keys.yaml', JSON.stringify({ keys: [makeKey('research').entry] })));

  it('says ok to good files, and exits with 0', () => {
    const config = file('good.yaml', goodSettings);
    const { status, stdout, stderr } = run(['check', '--config', config], { env });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `${config}: ok\n`, stderr: '' });
  });

  it('reports every mistake at once, each with file, line and column', () => {
    const config = file('bad.yaml', [
      'listen: 127.0.0.1:99999', 'admin: 127.0.0.1:0', `api: ${contractFile}`, 'upstream:', '  url: ftp://example.com', '  timeout: 30',
      '  credential: {header: X-API-KEY, value: "${E2E_UNSET}"}', 'acces: {mode: keys}', 'access: {mode: locked}', 'cache:',
      '  max_size: 256', '  rules:', '    Projects_list: {tll: 15s}', ''].join('\n'));
    const { status, stdout, stderr } = run(['check', '--config', config], { env });
    assert.equal(status, 1);
    assert.equal(stdout, '');
    const lines = stderr.trim().split('\n');
    for (const [line, about] of [[1, /listen|port/i], [5, /http/], [6, /unit|30s/i], [7, /E2E_UNSET/], [8, /acces.*access/], [9, /keys|open/],
      [11, /unit|MiB/i], [13, /tll.*ttl/]]) {
      assert.ok(lines.some((text) => text.startsWith(`${config}:${line}:`) && / error: /.test(text) && about.test(text)),
        `line ${line} (${about}) is reported in:\n${stderr}`);
    }
  });

  it('reports a rule for an operation that the contract does not have, and names the nearest', () => {
    const config = file('operations.yaml', goodSettings.replace('Projects_list', 'Projects_lst'));
    const { status, stderr } = run(['check', '--config', config], { env });
    assert.equal(status, 1);
    assert.match(stderr, /operations\.yaml:\d+:\d+: error: .*Projects_lst.*Projects_list/);
  });

  it('reports a write that can\'t prime what its rule names', () => {
    for (const [rule, why] of [
      ['Projects_update: {primes: Projects_export}', /Projects_update can't prime Projects_export, which is no GET/],
      ['Projects_get: {primes: Projects_list}', /Projects_get can't prime Projects_list: it is no write/],
      ['Projects_export: {primes: Projects_get}', /Projects_export can't prime Projects_get: it is no write/],
      ['Projects_update: {primes: Projects_gte}', /no operation 'Projects_gte', did you mean 'Projects_get'/],
    ]) {
      const config = file('primes.yaml', goodSettings.replace('  rules:\n', `  rules:\n    ${rule}\n`));
      const { status, stderr } = run(['check', '--config', config], { env });
      assert.equal(status, 1, rule);
      assert.match(stderr, /primes\.yaml:\d+:\d+: error: /);
      assert.match(stderr, why);
    }
    const good = file('primes.yaml', goodSettings.replace('  rules:\n', '  rules:\n    Projects_create: {primes: Projects_get}\n'));
    assert.equal(run(['check', '--config', good], { env }).status, 0);
    assert.match(run(['routes', '--config', good], { env }).stdout, /Projects_create .*projects; primes Projects_get/);
  });

  it('quotes nothing that the environment gives, whatever is wrong with it', () => {
    for (const [secret, line, about] of [
      ['topsecret', '  file: /nowhere/${E2E_SECRET}/cache', /cache\.file: there is no folder/],
      ['topsecret', '  safe_operations: ["${E2E_SECRET}"]', /safe_operations\[0\]: the contract has no operation/],
      ['topsecret', '  rules: {Projects_update: {primes: "${E2E_SECRET}"}}', /primes: the contract has no operation/],
      ['topsecret', '  rules: {Projects_update: {invalidates: ["${E2E_SECRET}"]}}', /invalidates\[0\]: the contract has no operation/],
      ['Projects_export', '  rules: {Projects_update: {primes: "${E2E_SECRET}"}}', /can't prime .*, which is no GET/],
      ['/projects/{topsecret}', '  rules: {Projects_update: {invalidates: ["/projects/${E2E_SECRET}"]}}', /no path of the contract/],
    ]) {
      const config = file('environment.yaml', `${goodSettings.slice(0, goodSettings.indexOf('cache:'))}cache:\n${line}\n`);
      const { status, stderr } = run(['check', '--config', config], { env: { ...env, E2E_SECRET: secret } });
      assert.equal(status, 1, line);
      assert.match(stderr, about);
      assert.ok(!stderr.includes(secret) && !stderr.includes('topsecret'), stderr);
    }
  });

  it('reports mistakes in the keys file', () => {
    const { entry } = makeKey('research');
    file('bad-keys.yaml', [
      'keys:', `  - {id: one, team: research, sha256: ${entry.sha256}}`, `  - {id: one, team: research, sha256: ${entry.sha256}}`,
      '  - {id: two, team: research, sha256: abc}', `  - {id: three, team: research, sha256: ${randomHash()}, scopes: [write, admin]}`,
      `  - {id: four, team: research, sha256: ${randomHash()}, operations: [Projects_lst]}`, ''].join('\n'));
    const config = file('with-bad-keys.yaml', goodSettings.replace('keys.yaml', 'bad-keys.yaml'));
    const { status, stderr } = run(['check', '--config', config], { env });
    assert.equal(status, 1);
    for (const line of [3, 4, 5]) assert.match(stderr, new RegExp(`bad-keys\\.yaml:${line}:\\d+: error: `), stderr);
    assert.ok(!stderr.includes('some-credential-of-the-upstream'));
  });

  it('reports a file that is not there, and one that is not YAML', () => {
    const missing = run(['check', '--config', path.join(folder, 'nowhere.yaml')]);
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /nowhere\.yaml: error: /);
    const broken = run(['check', '--config', file('broken.yaml', 'listen: [127.0.0.1\n')]);
    assert.equal(broken.status, 1);
    assert.match(broken.stderr, /broken\.yaml:\d+:\d+: error: /);
  });

  it('reports mistakes in the API description, with their place in it', () => {
    file('api.yaml', 'openapi: 3.0.0\ninfo: {title: t, version: "1"}\npaths:\n  /things:\n    get:\n      operationId: list\n' +
      "      responses: {'200': {description: fine, content: {application/json: {schema: {$ref: '#/components/schemas/Nothing'}}}}}\n");
    const config = file('bad-api.yaml', `upstream: {url: "http://127.0.0.1:9"}\naccess: {mode: open}\napi: api.yaml\n`);
    const { status, stderr } = run(['check', '--config', config]);
    assert.equal(status, 1);
    assert.match(stderr, /api\.yaml:\d+:\d+: error: .*Nothing/);
  });
});

function randomHash() {
  return createHash('sha256').update(randomSecret('')).digest('hex');
}

describe('routes', () => {
  it('lists the 18 operations with method, path, cache rule and what a write makes stale', () => {
    const { status, stdout } = run(['routes', '--config', file('good.yaml', goodSettings)], { env });
    assert.equal(status, 0);
    const rows = stdout.trim().split('\n').slice(1);
    assert.equal(rows.length, 18);
    const row = (operation) => rows.find((text) => text.startsWith(`${operation} `));
    assert.match(row('Projects_list'), /GET +\/v4\/projects +ttl 15s, stale-while-revalidate 30s +nothing/);
    assert.match(row('Projects_update'), /PATCH +\/v4\/projects\/\{id\} +- +projects, projects\/\{id\}/);
    assert.match(row('Projects_export'), /POST .*nothing/);
  });
});

describe('validate', () => {
  const config = () => file('good.yaml', goodSettings);

  it('exits with 0 and says nothing for a valid body, from a file or from standard input', () => {
    const body = file('body.json', '{"name": "fine"}');
    assert.deepEqual(run(['validate', '--config', config(), 'Projects_create', body]), { status: 0, stdout: '', stderr: '' });
    assert.deepEqual(run(['validate', '--config', config(), 'Projects_create'], { input: '{"name": "fine"}' }),
      { status: 0, stdout: '', stderr: '' });
  });

  it('prints the very body that the server sends for an invalid one, and exits with 1', async () => {
    const key = makeKey('research');
    const stand = await Stand.start({ keys: [key] });
    for (const body of ['{}', '{"name": 7, "directory_id": []}', '{"name": ', '[]']) {
      const local = run(['validate', '--config', config(), 'Projects_create', '-'], { input: body });
      const sent = await stand.gateway.request(key, '/projects', { method: 'POST', body });
      assert.equal(local.status, 1, body);
      assert.equal(sent.status, 422, body);
      assert.equal(local.stdout.trim(), sent.text.trim(), body);
    }
    await stand.stop();
  });

  it('names the nearest operation for one that is not there', () => {
    const { status, stderr } = run(['validate', '--config', config(), 'Projects_crate'], { input: '{}' });
    assert.equal(status, 1);
    assert.match(stderr, /Projects_crate.*Projects_create/);
  });
});

describe('keys new', () => {
  it('makes a key that the gateway takes, and an entry that holds only its hash', async () => {
    const { status, stdout } = run(['keys', 'new', '--team', 'newcomers', '--scopes', 'read', '--expires', '90d']);
    assert.equal(status, 0);
    const [secret] = /\bpgw_[A-Za-z0-9_-]{43}\b/.exec(stdout);
    const entry = stdout.slice(stdout.indexOf('- id'));
    assert.ok(!entry.includes(secret));
    assert.ok(entry.includes(createHash('sha256').update(secret).digest('hex')));

    const stand = await Stand.start({ keys: [] });
    await stand.gateway.stop();
    const gateway = await Gateway.start({ upstreamUrl: stand.sandbox.url, credential: stand.credential, keys: [],
      settings: { access: { mode: 'keys', keys_file: file('made.yaml', `keys:\n  ${entry}`) } } });
    assert.equal((await gateway.request(secret, '/projects')).status, 200);
    assert.equal((await gateway.request(secret, '/projects', { method: 'POST', body: { name: 'x' } })).status, 403);
    await gateway.stop();
    await stand.sandbox.stop();
  });

  it('never makes the same key twice', () => {
    const keys = Array.from({ length: 5 }, () => /\bpgw_\S+/.exec(run(['keys', 'new', '--team', 't']).stdout)[0]);
    assert.equal(new Set(keys).size, 5);
  });

  it('refuses a team that cannot be a label, an unknown scope, and an expiry without a unit or in the past', () => {
    for (const [args, about] of [[['--team', 'no spaces please'], /team/], [['--team', 't', '--scopes', 'admin'], /admin/],
      [['--team', 't', '--expires', '90'], /90d/], [['--team', 'other'], /other/],
      [['--team', 't', '--expires', '2020-01-01'], /2020-01-01.* expired/],
      [['--team', 't', '--expires', new Date().toISOString().slice(0, 10)], / expired/]]) {
      const { status, stdout, stderr } = run(['keys', 'new', ...args]);
      assert.notEqual(status, 0);
      assert.equal(stdout, '');
      assert.match(stderr, about);
    }
  });
});

describe('healthcheck', () => {
  let stand;
  before(async () => {
    stand = await Stand.start({ keys: [] });
  });
  after(() => stand.stop());

  it('exits with 0 for a gateway that is ready and with 1 for one that is not there', () => {
    assert.equal(run(['healthcheck', '--admin', stand.gateway.admin]).status, 0);
    assert.equal(run(['healthcheck', '--admin', 'http://127.0.0.1:9']).status, 1);
  });
});

describe('serve', () => {
  it('does not start with a bad file', () => {
    const { status, stderr } = run(['serve', '--config', file('bad-serve.yaml', goodSettings.replace('15s', '15'))], { env });
    assert.equal(status, 1);
    assert.match(stderr, /bad-serve\.yaml:\d+:\d+: error: /);
  });

  it('does not start on an address that is taken, and names it', async () => {
    const stand = await Stand.start({ keys: [] });
    const taken = new URL(stand.gateway.listen).host;
    const { status, stderr } = run(['serve', '--config', file('taken.yaml', goodSettings.replace('listen: 127.0.0.1:0', `listen: ${taken}`))], { env });
    assert.equal(status, 1);
    assert.ok(stderr.includes(taken), stderr);
    await stand.stop();
  });
});

describe('scripts/NAME --help', () => {
  const scripts = path.join(sourceDir, 'scripts');
  const beside = path.join(sourceDir, 'docs');
  for (const name of ['bench', 'build', 'lint', 'run', 'test']) {
    it(`of ${name} is the same wherever it is called`, () => {
      for (const cwd of ['/', sourceDir, scripts, beside]) {
        const relative = path.relative(cwd, path.join(scripts, name));
        for (const [program, args] of [[path.join(scripts, name), []], [relative.includes('/') ? relative : `./${relative}`, []], ['bash', [relative]]]) {
          const { status, stdout, stderr } = spawnSync(program, [...args, '--help'], { cwd, encoding: 'utf8', timeout: 10_000 });
          assert.equal(status, 0, `${program} in ${cwd}: ${stderr}`);
          assert.match(stdout, new RegExp(`^Usage: scripts/${name}\\b`));
          assert.equal(stderr, '');
        }
      }
    });
  }
});

describe('--help and --version', () => {
  for (const program of [gatewayProgram, sandboxProgram]) {
    it(`of ${path.basename(program)}`, () => {
      const help = run(['--help'], { program });
      assert.equal(help.status, 0);
      assert.match(help.stdout, /--version/);
      const version = run(['--version'], { program });
      assert.equal(version.status, 0);
      assert.match(version.stdout, new RegExp(`${path.basename(program)} \\d+\\.\\d+\\.\\d+`));
    });
  }

  it('are named when a command or an option is unknown', () => {
    for (const args of [[], ['sevre'], ['serve', '--confg', 'x']]) {
      const { status, stderr } = run(args);
      assert.notEqual(status, 0);
      assert.match(stderr, /--help/);
    }
  });
});
