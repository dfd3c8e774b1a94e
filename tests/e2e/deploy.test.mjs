// What operators install: the shipped configurations pass `check`, Prometheus' files pass promtool, and the dashboard and the alerts ask
// for nothing that the gateway doesn't have.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { contractFile, gatewayProgram, skipWithout, sourceDir } from './support/environment.mjs';
import { temporaryFolder } from './support/program.mjs';
import { makeKey, Stand } from './support/stand.mjs';

const deploy = path.join(sourceDir, 'deploy');
const read = (...parts) => fs.readFileSync(path.join(sourceDir, ...parts), 'utf8');

function run(program, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', ...options });
  return { status, output: stdout + stderr };
}

/** A copy of a shipped configuration whose secrets are where the test can put them. */
function installed(config) {
  const folder = temporaryFolder();
  fs.copyFileSync(contractFile, path.join(folder, 'projects-v4.openapi.yaml'));
  fs.writeFileSync(path.join(folder, 'keys.yaml'), JSON.stringify({ keys: [makeKey('research').entry] }));
  fs.writeFileSync(path.join(folder, 'credential'), 'a-credential-for-tests\n');
  fs.writeFileSync(path.join(folder, 'tokens'), 'read:a-token-for-tests\n');
  const file = path.join(folder, 'gateway.yaml');
  fs.writeFileSync(file, config.replace('/run/secrets/humanloop_api_key', path.join(folder, 'credential'))
    .replace('/run/secrets/admin_tokens', path.join(folder, 'tokens')));
  return file;
}

describe('the shipped configurations', () => {
  for (const name of ['config/gateway.yaml', 'deploy/gateway.yaml']) {
    it(`${name} passes check`, () => {
      const { status, output } = run(gatewayProgram, ['check', '--config', installed(read(name))],
        { env: { ...process.env, HUMANLOOP_API_KEY: 'a-credential-for-tests' } });
      assert.equal(status, 0, output);
    });
  }
});

describe("Prometheus' files", { skip: skipWithout('promtool') }, () => {
  for (const args of [['check', 'config', '--syntax-only', 'prometheus.yml'], ['check', 'rules', 'alerts.yml'], ['test', 'rules', 'alerts_test.yml']]) {
    it(`promtool ${args.join(' ')}`, () => {
      const { status, output } = run('promtool', args, { cwd: path.join(deploy, 'prometheus') });
      assert.equal(status, 0, output);
    });
  }
});

describe('the systemd unit', { skip: spawnSync('systemd-analyze', ['--version']).error && 'systemd-analyze is not here' }, () => {
  it('passes systemd-analyze verify', () => {
    const unit = path.join(temporaryFolder(), 'projects-gateway.service');
    fs.writeFileSync(unit, read('deploy/projects-gateway.service').replaceAll('/usr/bin/projects-gateway', gatewayProgram));
    const { status, output } = run('systemd-analyze', ['verify', unit]);
    assert.equal(status, 0, output);
    assert.equal(output, '');
  });
});

describe('dashboard, alerts and runbook', () => {
  const alerts = read('deploy/prometheus/alerts.yml');
  const dashboard = read('deploy/grafana/dashboards/projects-gateway.json');

  it('ask only for metrics that the gateway exposes', async () => {
    // Series come into being with what they count, so something of everything has to happen. In `report` mode a mistake is counted and
    // forwarded.
    const team = makeKey('research', { expires: '2099-01-31', rate: '1/h', burst: 3 });
    const stand = await Stand.start({ keys: [team], settings: { validation: { requests: 'report', responses: 'report' } } });
    await stand.gateway.request(team, '/projects', { method: 'POST', body: {} });
    for (let page = 0; page < 3; ++page) await stand.gateway.request(team, `/projects?page=${page}`);
    await stand.gateway.request(team, '/projects?page=0');
    await stand.gateway.purge('all=true');
    const exposed = new Set([...(await stand.gateway.metrics()).matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
    await stand.stop();

    const asked = new Set([...(alerts + dashboard).matchAll(/\b(?:gateway|process)_[a-z_]+/g)]
      .map(([name]) => name.replace(/_(?:bucket|sum|count)$/, '')).filter((name) => !name.endsWith('_')));
    assert.ok(asked.size >= 18, `only ${asked.size} metrics found in the files`);
    assert.deepEqual([...asked].filter((name) => !exposed.has(name)), []);
    assert.deepEqual([...exposed].filter((name) => name.startsWith('gateway_') && !asked.has(name)), [], 'every metric is shown somewhere');
  });

  it('have a section of the runbook for each alert', () => {
    const operations = read('docs/operations.md');
    const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    assert.ok(names.length >= 8);
    for (const name of names) {
      assert.ok(operations.includes(`### ${name}\n`), `docs/operations.md has no section ${name}`);
      assert.ok(alerts.includes(`runbook: docs/operations.md#${name.toLowerCase()}\n`), `${name} doesn't name its section`);
    }
  });
});
