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
    assert.equal(status, 2);
    assert.match(stderr, /Projects_crate.*Projects_create/);
  });

  const validate = (...args) => run(['validate', '--config', config(), ...args], { input: '{"name": 7}' });

  it('judges a request by method and path, and says what is wrong with it', () => {
    const body = file('right.json', '{"name": "fine"}');
    for (const [args, status, stdout] of [
      [['GET', '/v4/projects'], 0, 'GET /v4/projects: valid (Projects_list)\n'],
      [['GET', 'https://gateway.example/v4/projects?page=2#top', '--query', 'size=3'], 0, 'GET /v4/projects?page=2&size=3: valid (Projects_list)\n'],
      [['GET', '/v4/projects', '--query', 'page=a b', '--query', 'size=x'], 1,
        'GET /v4/projects?page=a%20b&size=x: 422 (Projects_list)\n  query.page: value is not a valid integer\n  query.size: value is not a valid integer\n'],
      [['POST', '/v4/projects', body], 0, 'POST /v4/projects: valid (Projects_create)\n'],
      [['POST', '/v4/projects', '-'], 1, 'POST /v4/projects: 422 (Projects_create)\n  body.name: str type expected\n'],
      [['POST', '/v4/projects'], 1, 'POST /v4/projects: 422 (Projects_create)\n  body: field required\n'],
      [['POST', '/v4/projects', body, '--header', 'Content-Type: text/csv'], 1,
        'POST /v4/projects: 415 (Projects_create)\n  Unsupported Media Type: send application/json\n'],
      [['GET', '/v4/projects', body], 1, 'GET /v4/projects: 400 (Projects_list)\n  This operation takes no body\n'],
      [['DELETE', '/v4/projects'], 1, 'DELETE /v4/projects: 405\n  Method Not Allowed\n'],
      [['GET', '/v4/nothing'], 1, 'GET /v4/nothing: 404\n  Not Found\n'],
      [['GET', '/v4/projects/a%2Fb'], 1, 'GET /v4/projects/a%2Fb: 404\n  Not Found\n'],
    ]) {
      assert.deepEqual(validate(...args), { status, stdout, stderr: '' }, args.join(' '));
    }
  });

  it('gives the very verdict of a gateway that runs, with its very answer', async () => {
    const key = makeKey('research');
    const stand = await Stand.start({ keys: [key] });
    for (const [method, target, headers, body] of [
      ['GET', '/projects?page=x', {}, ''], ['POST', '/projects', {}, '{"name": 7}'], ['POST', '/projects', { 'Content-Type': 'text/csv' }, 'a,b'],
      ['POST', '/projects', { 'Content-Encoding': 'gzip' }, '{}'], ['DELETE', '/projects', {}, ''], ['GET', '/projects/%zz', {}, ''], ['GET', '/x', {}, ''],
      ['BREW', '/projects', {}, ''], ['POST', '/projects', { 'Content-Type': 'application/json; charset=utf-8; charset=utf-7' }, '{}'],
    ]) {
      const told = run(['validate', '--config', stand.gateway.configFile, '--json', method, `/v4${target}`, ...(body ? ['-'] : []),
        ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`])], { input: body, env: { E2E_CREDENTIAL: stand.credential } });
      const sent = await stand.gateway.request(key, target, { method, headers, ...(body ? { body } : {}) });
      const [verdict] = JSON.parse(told.stdout).requests;
      assert.equal(told.status, 1, told.stdout + told.stderr);
      assert.deepEqual({ status: verdict.status, response: verdict.response }, { status: sent.status, response: sent.json }, `${method} ${target}`);
    }
    await stand.stop();
  });

  it('judges all recorded requests of a folder: what editors send, and what browsers record', () => {
    const recorded = temporaryFolder();
    const write = (name, text) => {
      fs.mkdirSync(path.dirname(path.join(recorded, name)), { recursive: true });
      fs.writeFileSync(path.join(recorded, name), text);
      return path.join(recorded, name);
    };
    const calls = write('calls.http', [
      '# all projects', 'GET {{host}}/v4/projects', '    ?page=1', '    &size=10', 'Accept: application/json', '', '### a new one',
      '// with a body', 'POST https://gateway.example/v4/projects HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 999', '', '{"name":', '"fine"}', '',
      '###', 'POST /v4/projects', '', '{"name": 7}', '', '### from a file', 'POST /v4/projects', '', '< ./new.json', '', '###', '/v4/nothing', ''].join('\n'));
    write('new.json', '{"name": "from a file"}');
    write('notes.txt', 'not a request');
    const har = write('browser/session.har', JSON.stringify({ log: { entries: [
      { request: { method: 'GET', url: 'https://gateway.example/v4/projects?page=1', headers: [{ name: ':authority', value: 'x' }, { name: 'accept', value: '*/*' }] } },
      { request: { method: 'POST', url: 'https://gateway.example/v4/projects', headers: [{ name: 'Content-Type', value: 'application/json' }], postData: { mimeType: 'application/json', text: '{}' } } },
    ] } }));
    assert.deepEqual(validate('--all', recorded), { status: 1, stderr: '', stdout: [
      `${har}#1: GET /v4/projects?page=1: valid (Projects_list)`,
      `${har}#2: POST /v4/projects: 422 (Projects_create)`, '  body.name: field required',
      `${calls}:2: GET /v4/projects?page=1&size=10: valid (Projects_list)`,
      `${calls}:9: POST /v4/projects: valid (Projects_create)`,
      `${calls}:17: POST /v4/projects: 422 (Projects_create)`, '  body.name: str type expected',
      `${calls}:22: POST /v4/projects: valid (Projects_create)`,
      `${calls}:27: GET /v4/nothing: 404`, '  Not Found',
      '7 requests, 3 invalid', ''].join('\n') });
    const { requests } = JSON.parse(validate('--all', recorded, '--json').stdout);
    assert.deepEqual(requests.map(({ valid }) => valid), [true, false, true, true, false, true, false]);
    assert.equal(requests[1].request, `${har}#2`);
    assert.deepEqual(requests[1].response.detail, [{ loc: ['body', 'name'], msg: 'field required', type: 'value_error.missing' }]);
    fs.writeFileSync(calls, 'GET /v4/projects\n');
    fs.rmSync(har);
    assert.deepEqual(validate('--all', recorded), { status: 0, stderr: '', stdout: `${calls}:1: GET /v4/projects: valid (Projects_list)\n1 request, 0 invalid\n` });
  });

  it('exits with 2, and says why, where no verdict can be had', () => {
    const empty = temporaryFolder();
    const broken = temporaryFolder();
    fs.writeFileSync(path.join(broken, 'a.har'), '{}');
    const unread = temporaryFolder();
    fs.writeFileSync(path.join(unread, 'a.http'), 'GET /v4/projects\nno field\n\n###\nPOST /v4/projects\n\n< ./gone.json\n');
    for (const [args, why] of [
      [[], /OPERATION.*METHOD PATH.*--all DIR/], [['Projects_create', '--all', empty], /OPERATION.*METHOD PATH.*--all DIR/],
      [['--all', empty], /no \.http, \.rest or \.har file is there/], [['--all', broken], /a\.har: this is no HTTP archive/],
      [['POST', '/v4/projects', 'gone.json'], /gone\.json: No such file/], [['Projects_create', 'gone.json'], /gone\.json: No such file/],
      [['GET', '/v4/projects', '--header', 'odd'], /--header 'odd' must be 'Name: value'/], [['Projects_create', '-', '--query', 'a=b'], /--query and --header go with a request/],
    ]) {
      const { status, stderr, stdout } = validate(...args);
      assert.equal(status, 2, args.join(' ') + stdout);
      assert.match(stderr, why);
    }
    const { status, stdout } = validate('--all', unread);
    assert.equal(status, 2);
    assert.match(stdout, /a\.http:1: .*can't be read: line 2 is no field/);
    assert.match(stdout, /a\.http:5: .*can't be read: .*gone\.json: No such file/);
    assert.match(stdout, /2 requests, 0 invalid, 2 that can't be read/);
    const config = file('unusable.yaml', goodSettings.replace(contractFile, '/gone.yaml'));
    assert.equal(run(['validate', '--config', config, 'GET', '/v4/projects']).status, 2);
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
