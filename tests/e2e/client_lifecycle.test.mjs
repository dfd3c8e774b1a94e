// A project's whole life through the gateway, by the unmodified npm client. Every read is cached for an hour, so whatever a read
// shows after a write it shows because the write made the stored response stale.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeKey, Stand } from './support/stand.mjs';

const team = makeKey('research');
let stand;
let client;

const cacheStatus = (response) => response.headers['cache-status'];
const byCode = (status) => (error) => {
  assert.equal(error.name, 'HumanloopError');
  assert.equal(error.status, status);
  return true;
};

/** Every read of one project's subtree, and the listing: by bare HTTP, as the client's page of it doesn't show the response's fields. */
function reads(id) {
  return {
    item: () => client.projects.get({ id }),
    listing: () => stand.gateway.request(team, '/projects?page=0&size=50'),
    configs: () => client.projects.listConfigs({ id, evaluationAggregates: true }),
    deployments: () => client.projects.listDeployedConfigs({ id }),
    datasets: () => client.datasets.listAllForProject({ projectId: id }),
    evaluations: () => client.evaluations.listAllForProject({ projectId: id, evaluatorAggregates: true }),
  };
}

/** Reads all of it twice, so that all of it is in the cache: the second time nothing is fetched. */
async function warm(id) {
  const all = Object.entries(reads(id));
  for (const [, read] of all) await read();
  for (const [name, read] of all) {
    assert.match(cacheStatus(await read()), /^projects-gateway; hit; ttl=\d+$/, `${name} is answered from the cache`);
  }
}

/** Warms, writes, and gives the write's response; whatever is read next must show the write. */
async function writeOverWarmCache(id, write) {
  await warm(id);
  return write();
}

async function listed(id) {
  const page = await client.projects.list({ page: 0, size: 50 });
  return page.data.records.find((project) => project.id === id);
}

describe("a project's life, read back after each write", () => {
  let id;
  let config;

  before(async () => {
    stand = await Stand.start({ keys: [team] });
    client = stand.gateway.client(team);
  });
  after(() => stand.stop());

  it('is created, and stands in a listing that was cached before', async () => {
    const { data: before } = await client.projects.list({ page: 0, size: 50 });
    const { status, data } = await client.projects.create({ name: 'Grüße an ✓ "alle"' });
    assert.equal(status, 201);
    assert.equal(data.name, 'Grüße an ✓ "alle"');
    assert.deepEqual(data.feedback_types.map((feedback) => feedback.type).sort(),
      ['action', 'comment', 'correction', 'issue', 'rating']);
    id = data.id;

    const after = await client.projects.list({ page: 0, size: 50 });
    assert.equal(after.data.total, before.total + 1);
    assert.equal((await listed(id)).name, 'Grüße an ✓ "alle"');
    assert.equal((await client.projects.get({ id })).data.id, id);
  });

  it('is renamed, in itself and in the listing', async () => {
    const { data } = await writeOverWarmCache(id, () => client.projects.update({ id, name: 'renamed' }));
    assert.equal(data.name, 'renamed');
    assert.equal((await client.projects.get({ id })).data.name, 'renamed');
    assert.equal((await listed(id)).name, 'renamed');
  });

  it('has a config, which is deployed to the default environment and becomes the active one', async () => {
    const { data: configs } = await client.projects.listConfigs({ id, evaluationAggregates: true });
    assert.ok(configs.length >= 1);
    config = configs[0].config.id;
    await assert.rejects(client.projects.getActiveConfig({ id }), byCode(404));

    const { data } = await writeOverWarmCache(id, () => client.projects.deployConfig({ projectId: id, config_id: config }));
    assert.deepEqual(data.map((deployment) => deployment.model_config_id), [config]);

    assert.equal((await client.projects.getActiveConfig({ id })).data.config.id, config);
    assert.equal((await client.projects.listDeployedConfigs({ id })).data.length, 1);
    assert.equal((await client.projects.get({ id })).data.active_config.config.id, config);
  });

  it('is deployed to a second environment and taken from there again', async () => {
    await writeOverWarmCache(id, () => client.projects.deployConfig(
      { projectId: id, config_id: config, environments: [{ id: 'env_staging' }] }));
    const environments = async () =>
      (await client.projects.listDeployedConfigs({ id })).data.map((deployment) => deployment.environment_name).sort();
    assert.deepEqual(await environments(), ['production', 'staging']);
    assert.equal((await client.projects.getActiveConfig({ id, environment: 'staging' })).data.config.id, config);

    await writeOverWarmCache(id, () => client.projects.deleteDeployedConfig({ projectId: id, environmentId: 'env_staging' }));
    assert.deepEqual(await environments(), ['production']);
    await assert.rejects(client.projects.getActiveConfig({ id, environment: 'staging' }), byCode(404));
  });

  it('has its active config switched off', async () => {
    const { data } = await writeOverWarmCache(id, () => client.projects.deactivateConfig({ id }));
    assert.equal(data.id, id);
    await assert.rejects(client.projects.getActiveConfig({ id }), byCode(404));
    assert.deepEqual((await client.projects.listDeployedConfigs({ id })).data, []);
    assert.ok(!(await client.projects.get({ id })).data.active_config);
  });

  it('gets a feedback type, and labels added to it', async () => {
    const labelsOf = async (type) => {
      const { data } = await client.projects.get({ id });
      return data.feedback_types.find((feedback) => feedback.type === type)?.values.map((label) => label.value);
    };
    const created = await writeOverWarmCache(id, () => client.projects.createFeedbackType(
      { id, type: 'tone', class: 'select', values: [{ value: 'warm', sentiment: 'positive' }] }));
    assert.equal(created.status, 201);
    assert.equal(created.data.type, 'tone');
    assert.deepEqual(await labelsOf('tone'), ['warm']);

    await writeOverWarmCache(id, () => client.projects.updateFeedbackTypes(
      { id, requestBody: [{ type: 'tone', class: 'select', values: [{ value: 'cold', sentiment: 'negative' }] }] }));
    assert.deepEqual((await labelsOf('tone')).sort(), ['cold', 'warm']);
  });

  it('gets a dataset and an evaluation on it', async () => {
    const dataset = await writeOverWarmCache(id, () => client.datasets.create(
      { projectId: id, name: 'edge cases', description: 'what users really write' }));
    assert.equal(dataset.status, 201);
    assert.deepEqual((await client.datasets.listAllForProject({ projectId: id })).data.map((entry) => entry.id),
      [dataset.data.id]);

    const evaluation = await writeOverWarmCache(id, () => client.evaluations.create(
      { projectId: id, config_id: config, evaluator_ids: ['evfn_exact_match'], dataset_id: dataset.data.id }));
    assert.equal(evaluation.status, 201);
    const { data } = await client.evaluations.listAllForProject({ projectId: id, evaluatorAggregates: true });
    assert.deepEqual(data.map((entry) => [entry.id, entry.dataset.id]), [[evaluation.data.id, dataset.data.id]]);
  });

  it('is deleted, with everything below it', async () => {
    const { status } = await writeOverWarmCache(id, () => client.projects.delete({ id }));
    assert.equal(status, 204);
    assert.equal(await listed(id), undefined);
    for (const [name, read] of Object.entries(reads(id))) {
      if (name !== 'listing') await assert.rejects(read(), byCode(404), name);
    }
  });
});

describe('what a project that has been in use shows', () => {
  before(async () => {
    stand = await Stand.start({ keys: [team] });
    client = stand.gateway.client(team);
  });
  after(() => stand.stop());

  it('pages through the listing to one page past the end, as the client does', async () => {
    const seen = [];
    let page = await client.projects.list({ page: 0, size: 2, sortBy: 'name', order: 'asc' });
    const { total } = page.data;
    while (page.hasNext()) {
      seen.push(...page.data.records.map((project) => project.name));
      page = await page.next();
    }
    seen.push(...page.data.records.map((project) => project.name));
    assert.equal(seen.length, total);
    assert.deepEqual(seen, [...seen].sort());
  });

  it('filters by words that need encoding', async () => {
    await client.projects.create({ name: 'Zürich & Söhne ~ 100%' });
    const page = await client.projects.list({ filter: 'Söhne ~ 100%' });
    assert.deepEqual(page.data.records.map((project) => project.name), ['Zürich & Söhne ~ 100%']);
  });

  it('exports logs page by page, by a POST that makes nothing stale', async () => {
    await warm('pr_support');
    let page = await client.projects.export({ id: 'pr_support', page: 0, size: 5 });
    assert.equal(page.data.total, 12);
    const ids = page.data.records.map((log) => log.id);
    while (page.hasNext()) {
      page = await page.next();
      ids.push(...page.data.records.map((log) => log.id));
    }
    assert.equal(new Set(ids).size, 12);
    assert.match(cacheStatus(await client.projects.get({ id: 'pr_support' })), /; hit;/);
  });

  it("leaves other projects' cached responses alone when one is written", async () => {
    await warm('pr_support');
    await warm('pr_sales');
    await client.projects.update({ id: 'pr_sales', name: 'Sales letters' });
    const ofSupport = reads('pr_support');
    for (const name of ['item', 'configs', 'deployments', 'datasets', 'evaluations']) {
      assert.match(cacheStatus(await ofSupport[name]()), /; hit;/, name);
    }
    assert.match(cacheStatus(await ofSupport.listing()), /fwd=stale|fwd=uri-miss/);
    assert.match(cacheStatus(await reads('pr_sales').configs()), /fwd=stale|fwd=uri-miss/);
  });

  it('keeps an id with a slash in one piece', async () => {
    await assert.rejects(client.projects.get({ id: 'pr_support/configs' }), byCode(404));
  });
});
