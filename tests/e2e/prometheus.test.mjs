// A real Prometheus scrapes the admin listener and answers questions about what the gateway did.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { skipWithout } from './support/environment.mjs';
import { request } from './support/http.mjs';
import { eventually, Program, temporaryFolder } from './support/program.mjs';
import { makeKey, Stand } from './support/stand.mjs';

const team = makeKey('research', { expires: '2099-01-31' });

async function startPrometheus(target) {
  const folder = temporaryFolder();
  const config = path.join(folder, 'prometheus.yml');
  fs.writeFileSync(config, JSON.stringify({
    global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
    scrape_configs: [{ job_name: 'projects-gateway', static_configs: [{ targets: [new URL(target).host] }] }],
  }));
  const program = new Program('prometheus', [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, '--web.listen-address=127.0.0.1:0']);
  const address = await eventually('address of Prometheus',
    () => /msg="Listening on" (?:component=web )?address=(127\.0\.0\.1:[1-9]\d*)/.exec(program.stderr)?.[1]);
  const url = `http://${address}`;
  await eventually('readiness of Prometheus', async () => ((await request(`${url}/-/ready`)).status === 200 ? true : undefined));
  return { program, url };
}

describe('Prometheus', { skip: skipWithout('prometheus') }, () => {
  let stand;
  let prometheus;

  const query = async (expression) => {
    const { json } = await request(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    assert.equal(json.status, 'success', `${expression}: ${json.error}`);
    return json.data.result;
  };
  /** The value of an expression that gives one series, once it is `wanted`. */
  const becomes = (expression, wanted) => eventually(`${expression} == ${wanted}`, async () => {
    const [series] = await query(expression);
    return series && Number(series.value[1]) === wanted ? true : undefined;
  });

  before(async () => {
    stand = await Stand.start({ keys: [team] });
    prometheus = await startPrometheus(stand.gateway.admin);
  });
  after(async () => {
    await prometheus.program.stop();
    await stand.stop();
  });

  it('finds the target up', () => becomes('up{job="projects-gateway"}', 1));

  it('counts requests by operation, method, status and what the cache did', async () => {
    const client = stand.gateway.client(team);
    await client.projects.get({ id: 'pr_support' });
    await client.projects.get({ id: 'pr_support' });
    await client.projects.get({ id: 'pr_support' });
    await client.projects.create({ name: 'counted' });
    await stand.gateway.request(team, '/projects', { method: 'POST', body: {} });
    await stand.gateway.request('wrong', '/projects');

    const requests = (labels) => `sum(gateway_requests_total{${labels}})`;
    await becomes(requests('operation="Projects_get",method="GET",status="200",cache="hit"'), 2);
    await becomes(requests('operation="Projects_get",method="GET",status="200",cache="miss"'), 1);
    await becomes(requests('operation="Projects_create",method="POST",status="201",cache="pass"'), 1);
    await becomes(requests('operation="Projects_create",status="422"'), 1);
    await becomes(requests('operation="other",status="401"'), 1);
    await becomes('sum(gateway_request_duration_seconds_count{operation="Projects_get",cache="hit"})', 2);
    await becomes('sum(gateway_upstream_requests_total{operation="Projects_get",status="200"})', 1);
    await becomes('sum(gateway_upstream_request_duration_seconds_count{operation="Projects_create"})', 1);
    await becomes('sum(gateway_upstream_requests_avoided_total{team="research",reason="hit"})', 2);
    await becomes('sum(gateway_upstream_requests_avoided_total{team="research",reason="rejected"})', 1);
    await becomes('sum(gateway_team_requests_total{team="research",outcome="cached"})', 2);
    await becomes('sum(gateway_team_requests_total{team="research",outcome="forwarded"})', 2);
    await becomes('sum(gateway_validation_failures_total{operation="Projects_create",location="body",type="value_error.missing"})', 1);
    await becomes('gateway_cache_entries > bool 0', 1);
    await becomes('gateway_cache_size_bytes > bool 0', 1);
    await becomes('gateway_cache_invalidations_total{reason="write"} > bool 0', 1);
    await becomes('gateway_key_expiry_timestamp_seconds{key="research-key"}', Date.UTC(2099, 0, 31) / 1000);
    await becomes('count(gateway_build_info)', 1);
    await becomes('gateway_config_reloads_total{result="failure"}', 0);
    await becomes('process_resident_memory_bytes > bool 1e6', 1);
    await becomes('abs(process_start_time_seconds - time()) < bool 600', 1);
  });

  it('sees that the breaker opened, and closed again', async () => {
    const down = await Stand.start({ keys: [team], settings: { upstream: { timeout: '10s', retries: 0, forward_fields: ['X-Sandbox-Status'], breaker: { failures: 2, open_for: '100ms' } } } });
    const { gateway, sandbox } = down;
    const state = () => gateway.metric('gateway_upstream_breaker_open');
    const opened = ({ message }) => message === 'breaker opened';
    const failing = { headers: { 'X-Sandbox-Status': '502' } };
    assert.equal(await state(), 0);
    for (let page = 0; page < 2; ++page) await gateway.request(team, `/projects?page=${page}`, failing);
    assert.equal(await state(), 1);
    await gateway.program.event('breaker opened', opened);
    await eventually('an answer of the upstream', async () => ((await gateway.request(team, '/projects?page=9')).status === 200 ? true : undefined));
    assert.equal(await state(), 0);
    await gateway.program.event('breaker closed', ({ message }) => message === 'breaker closed');
    assert.equal(gateway.program.events().filter(opened).length, 1);
    await gateway.stop();
    await sandbox.stop();
  });

  it('sees requests in flight, and that they are over', async () => {
    const slow = stand.gateway.request(team, '/projects?page=40', { headers: { 'X-Sandbox-Delay': '1500ms' } });
    await becomes('gateway_inflight_requests', 1);
    assert.equal((await slow).status, 200);
    await becomes('gateway_inflight_requests', 0);
  });

  it('gets no label value from what callers send', async () => {
    for (const target of ['/projects/made-up', '/invented', '/projects?filter=made-up']) {
      await stand.gateway.request(team, target, { headers: { 'X-Request-ID': 'made-up' } });
    }
    const text = await stand.gateway.metrics();
    assert.ok(!text.includes('made-up') && !text.includes('invented'));
  });

  it('has nothing to say against the exposition (promtool check metrics)', async () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await stand.gateway.metrics(), encoding: 'utf8' });
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  });
});
