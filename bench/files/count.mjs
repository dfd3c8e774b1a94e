// Usage: node bench/files/count.mjs PROGRAM
//
// How many files of ours a reader walks through to follow one hit, miss, POST, stream of events, reload and purge: the files of which
// anything is executed between the first byte of one and its log line. PROGRAM is a projects-gateway with debug information and
// without optimisation (preset dev), so that what stands in a header counts as that header. It runs under callgrind, which says what
// was executed; headers that only declare, and the files of the idle process's tick, are not in the figures.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectDir, temporaryFolder } from '../harness/places.mjs';
import { eventually, pause } from '../harness/server.mjs';

const run = promisify(execFile);
const ours = /^(base|cache|config|contract|gateway|metrics)\//;
const api = `
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: read, responses: {"200": {description: ok, content: {application/json: {schema: {type: object}}}}}}
    post:
      operationId: write
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object}}}}}
  /events: {get: {operationId: watch, responses: {"200": {description: ok, content: {text/event-stream: {}}}}}}
`;

function startOrigin() {
  const server = http.createServer((request, response) => {
    request.resume();
    const isStream = request.url === '/events';
    const lifetime = request.url === '/things/stored' ? 'max-age=3600' : 'no-store';
    response.writeHead(200, { 'Content-Type': isStream ? 'text/event-stream' : 'application/json', 'Cache-Control': lifetime });
    response.end(isStream ? 'data: 1\n\n' : '{}');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function startGateway(program, folder, port) {
  fs.writeFileSync(path.join(folder, 'api.yaml'), api);
  const config = path.join(folder, 'gateway.yaml');
  fs.writeFileSync(config, JSON.stringify({ listen: '127.0.0.1:0', admin: '127.0.0.1:0', workers: 1, api: 'api.yaml',
    upstream: { url: `http://127.0.0.1:${port}` }, access: { mode: 'open' } }));
  const ready = path.join(folder, 'ready.json');
  const log = path.join(folder, 'log');
  const child = spawn('valgrind', ['--tool=callgrind', '--vgdb=yes', '--dump-line=no', `--callgrind-out-file=${folder}/out`, program, 'serve',
    '--config', config, '--ready-file', ready], { stdio: ['ignore', fs.openSync(log, 'w'), fs.openSync(log, 'a')] });
  const gateway = await eventually('ready file', () => (fs.existsSync(ready) ? JSON.parse(fs.readFileSync(ready, 'utf8')) : undefined), { within: 300_000 });
  return { ...gateway, child, log };
}

/** An object that ccache found may have been compiled in another folder: what counts is the end of a name that is one here. */
function fromProject(name) {
  const parts = name.split('/');
  while (parts.length > 1 && !(ours.test(parts.join('/')) && fs.existsSync(path.join(projectDir, ...parts)))) parts.shift();
  return parts.join('/');
}

/** The files that were executed since the last call. */
async function executed(gateway, folder) {
  await run('vgdb', [`--pid=${gateway.child.pid}`, 'dump']);
  const file = path.join(folder, fs.readdirSync(folder).find((name) => /^out\.\d+$/.test(name)));
  const text = fs.readFileSync(file, 'utf8');
  fs.rmSync(file);
  const names = new Map(); // callgrind writes a name once, and then its number
  const files = new Set();
  for (const [, kind, number, name] of text.matchAll(/^(fl|fi|fe|cfl|cfi)=\((\d+)\)(?: (.*))?$/gm)) {
    if (name !== undefined) names.set(number, name);
    if (!kind.startsWith('c')) files.add(names.get(number));
  }
  return new Set([...files].filter(Boolean).map(fromProject).filter((name) => ours.test(name)));
}

const ask = (url, options = {}) => new Promise((resolve, reject) => {
  const outgoing = http.request(url, { agent: false, ...options }, (response) => response.resume().once('end', resolve));
  outgoing.once('error', reject).end(options.body);
});

async function main(program) {
  const folder = temporaryFolder();
  const origin = await startOrigin();
  const gateway = await startGateway(program, folder, origin.address().port);
  const post = { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } };
  const logged = (text) => eventually(text, () => (fs.readFileSync(gateway.log, 'utf8').includes(text) ? true : undefined));
  const walks = {
    hit: () => ask(`${gateway.listen}/things/stored`),
    miss: () => ask(`${gateway.listen}/things/1`),
    POST: () => ask(`${gateway.listen}/things/1`, post),
    stream: () => ask(`${gateway.listen}/events`),
    reload: async () => {
      gateway.child.kill('SIGHUP');
      await logged('reload');
    },
    purge: () => ask(`${gateway.admin}/purge?all=true`, { method: 'POST' }),
  };
  await walks.hit();
  await pause(1000); // its connection has closed
  const idle = async () => {
    await executed(gateway, folder);
    await pause(2500); // two ticks
    return executed(gateway, folder);
  };
  const ticking = await idle();
  for (const [name, walk] of Object.entries(walks)) {
    await walk();
    await pause(500); // the line is written by another thread
    const files = [...(await executed(gateway, folder))].filter((file) => !ticking.has(file)).sort();
    const subjects = new Set(files.map((file) => file.replace(/\.(h|cpp)$/, '')));
    process.stdout.write(`${name}: ${files.length} files of ${subjects.size} subjects\n`);
    if (process.env.LIST) process.stdout.write(`  ${files.join('\n  ')}\n`);
  }
  gateway.child.kill('SIGKILL');
  process.exit(0);
}

await main(path.resolve(process.argv[2]));
