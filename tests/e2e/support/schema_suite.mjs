// The public JSON Schema test suite through a gateway: each schema is a request body and a response of its own description.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Agent } from 'node:http';
import { spawnSync } from 'node:child_process';
import { request } from './http.mjs';
import { Program, temporaryFolder } from './program.mjs';

/** The keywords whose value is a schema, a list of them, or schemas by name: only there a `$ref` is one. */
const one = ['items', 'additionalItems', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames',
  'unevaluatedItems', 'unevaluatedProperties'];
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'];
const byName = ['properties', 'definitions', '$defs', 'patternProperties', 'dependencies', 'dependentSchemas'];

function forEachSchema(schema, visit) {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return;
  visit(schema);
  const parts = [
    ...one.map((keyword) => schema[keyword]),
    ...lists.flatMap((keyword) => (Array.isArray(schema[keyword]) ? schema[keyword] : [])),
    ...byName.flatMap((keyword) => Object.values(schema[keyword] ?? {})),
  ];
  for (const part of parts) forEachSchema(part, visit);
}

/** What an API description of that version can't say: other documents, names of schemas, and what OpenAPI 3.0 leaves out of draft 4. */
function canBeSaid(schema, isOld) {
  if (/"\$(id|anchor|dynamicRef|dynamicAnchor|vocabulary|recursiveRef)"|"\$schema":"http:\/\/localhost/.test(JSON.stringify(schema))) return false;
  let can = true;
  forEachSchema(schema, (part) => {
    if (typeof part.$ref === 'string' && !part.$ref.startsWith('#')) can = false;
    if (!isOld || '$ref' in part) return;
    const isLeftOut = Array.isArray(part.type) || ['null', 'any'].includes(part.type) || Array.isArray(part.items) || typeof part.id === 'string' ||
      ['dependencies', 'patternProperties', 'additionalItems'].some((keyword) => keyword in part);
    if (isLeftOut) can = false;
  });
  return can;
}

/** The schema as a component of that name: its references lead to where it stands. */
function placed(schema, name) {
  const copy = structuredClone(schema);
  if (typeof copy === 'object') delete copy.$schema;
  forEachSchema(copy, (part) => {
    if (typeof part.$ref === 'string') part.$ref = `#/components/schemas/${name}${part.$ref.slice(1)}`;
  });
  return copy;
}

function jsonFilesOf(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.name.endsWith('.json')).map((entry) => path.join(folder, entry.name)).sort();
}

/** {name, schema, tests} of every group that can be said. */
function groupsOf(files, isOld) {
  const groups = files.flatMap((file) => JSON.parse(fs.readFileSync(file, 'utf8'))
    .map((group) => ({ keyword: path.basename(file, '.json'), ...group })));
  return groups.filter((group) => canBeSaid(group.schema, isOld)).map((group, index) => ({ ...group, name: `G${index}` }));
}

function descriptionOf(groups, isOld) {
  const paths = {};
  for (const { name } of groups) {
    const content = { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } };
    const ok = { description: 'ok' };
    paths[`/request/${name}`] = { post: { operationId: `request${name}`, requestBody: { content }, responses: { 200: ok } } };
    paths[`/response/${name}`] = { post: { operationId: `response${name}`, requestBody: { content: { 'application/json': {} } }, responses: { 200: { ...ok, content } } } };
  }
  const schemas = Object.fromEntries(groups.map(({ name, schema }) => [name, placed(schema, name)]));
  return { openapi: isOld ? '3.0.3' : '3.1.0', info: { title: 'suite', version: '1' }, paths, components: { schemas } };
}

/** Answers every body with itself. */
function startEcho() {
  const server = http.createServer((incoming, outgoing) => {
    const parts = [];
    incoming.on('data', (part) => parts.push(part));
    incoming.on('end', () => {
      outgoing.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
      outgoing.end(Buffer.concat(parts));
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/**
 * Runs the groups of all `files` and resolves with {total, wrong}: how many verdicts were asked for, and a line for each that was
 * wrong. Groups whose schema is refused count as wrong as a whole.
 */
export async function runSuite(gatewayProgram, files, { isOld }) {
  const folder = temporaryFolder();
  const config = path.join(folder, 'gateway.yaml');
  const echo = await startEcho();
  fs.writeFileSync(config, JSON.stringify({
    listen: '127.0.0.1:0', admin: '127.0.0.1:0', workers: 1, api: 'api.json', upstream: { url: `http://127.0.0.1:${echo.address().port}` },
    access: { mode: 'open' }, validation: { requests: 'enforce', responses: 'enforce' }, log: { access: false, level: 'error' },
  }));
  const write = (groups) => fs.writeFileSync(path.join(folder, 'api.json'), JSON.stringify(descriptionOf(groups, isOld)));
  const isServed = (groups) => {
    write(groups);
    return spawnSync(gatewayProgram, ['check', '--config', config]).status === 0;
  };
  // By halves: one description for each refused schema would take a process each.
  const served = (groups) => {
    if (groups.length === 0 || isServed(groups)) return groups;
    const half = groups.length >> 1;
    return groups.length === 1 ? [] : [...served(groups.slice(0, half)), ...served(groups.slice(half))];
  };
  const groups = groupsOf(files, isOld);
  const good = new Set(served(groups));
  write([...good]);

  const ready = path.join(folder, 'ready.json');
  const gateway = new Program(gatewayProgram, ['serve', '--config', config, '--ready-file', ready]);
  const { listen } = await gateway.ready(ready);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const wrong = [];
  let total = 0;
  for (const group of groups) {
    for (const { description, data, valid } of group.tests) {
      for (const [way, refusal] of [['request', 422], ['response', 502]]) {
        total += 1;
        const told = `${way} ${group.keyword}: ${group.description}: ${description}`;
        if (!good.has(group)) {
          wrong.push(`${told}: the schema is not served`);
          continue;
        }
        const { status } = await request(`${listen}/${way}/${group.name}`, { method: 'POST', body: JSON.stringify(data), agent });
        if (status !== (valid ? 200 : refusal)) wrong.push(`${told}: ${JSON.stringify(data)?.slice(0, 80)} gives ${status}`);
      }
    }
  }
  agent.destroy();
  await gateway.stop();
  echo.closeAllConnections?.();
  echo.close();
  return { total, wrong };
}

/** The files of a draft's folder; `withOptional`: those of its optional folders, too. */
export function suiteFiles(folder, { withOptional }) {
  const optional = path.join(folder, 'optional');
  const folders = withOptional ? [folder, optional, path.join(optional, 'format')] : [folder];
  return folders.filter((each) => fs.existsSync(each)).flatMap(jsonFilesOf);
}
