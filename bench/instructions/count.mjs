// Instructions per request: the figure that is the same on a busy machine as on a quiet one. The gateway runs under callgrind as it
// is shipped, a client on one connection makes N and then 2 N requests of a kind, and the difference of both counts over N is what
// one request costs, whatever the first cost beside. Kernel time is not in it; the tables of scripts/bench have that.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startGateway } from '../harness/gateway.mjs';
import { ask, expectHit, get, load, post } from '../harness/load.mjs';
import { startOrigin } from '../harness/peers.mjs';
import { bodyFile, temporaryFolder } from '../harness/places.mjs';
import { cores } from '../harness/server.mjs';

const run = promisify(execFile);
const requestsOfAKind = 300;

const aProject = '/v4/projects/pr_1';
const evaluations = '/v4/projects/pr_1/evaluations';
const kinds = [
  { name: 'hit', request: get(aProject), status: 200, prepare: (gateway) => expectHit(gateway, get(aProject)) },
  { name: 'not modified', request: get(aProject, ['If-None-Match: "bench-1"']), status: 304, prepare: (gateway) => expectHit(gateway, get(aProject)) },
  { name: 'miss', request: get('/v4/projects/ns_1'), status: 200 },
  { name: 'miss with a new body', request: get('/v4/projects/nv_1'), status: 200 },
  { name: 'invalid POST', request: post(evaluations, bodyFile('create-evaluation-invalid')), status: 422 },
  { name: 'valid POST', request: post(evaluations, bodyFile('create-evaluation')), status: 201 },
];
// Validation alone is the difference that it makes to a POST that is forwarded.
const validPost = kinds.find((kind) => kind.name === 'valid POST');
const notValidated = { settings: { validation: { requests: 'off' } } };

/** What the gateway executed since the last call. callgrind writes its counts and begins anew. */
async function countSoFar(gateway, folder) {
  await run('vgdb', [`--pid=${gateway.server.pid}`, 'dump']);
  const file = path.join(folder, fs.readdirSync(folder).find((name) => /^out\.\d+$/.test(name)));
  const total = /^summary: (\d+)/m.exec(fs.readFileSync(file, 'utf8'));
  fs.rmSync(file);
  return Number(total[1]);
}

async function countKind(gateway, folder, { request, status, prepare }) {
  if (prepare !== undefined) await prepare(gateway);
  const batch = async (requests) => {
    await load(gateway, request, { requests, connections: 1, expect: status });
    return countSoFar(gateway, folder);
  };
  await ask(gateway, request);
  await batch(20);
  const once = await batch(requestsOfAKind);
  const twice = await batch(2 * requestsOfAKind);
  return Math.round((twice - once) / requestsOfAKind);
}

async function countKinds(origin, chosen, options = {}) {
  const folder = temporaryFolder();
  const gateway = await startGateway(origin, { ...options, core: cores.all,
    wrapper: ['valgrind', '--tool=callgrind', '--vgdb=yes', `--callgrind-out-file=${folder}/out`, '--dump-line=no'] });
  const figures = {};
  for (const kind of chosen) figures[kind.name] = await countKind(gateway, folder, kind);
  gateway.server.killNow();
  await gateway.server.ended;
  return figures;
}

/** Instructions by kind of request. */
export async function countInstructions() {
  const origin = await startOrigin();
  const figures = await countKinds(origin, kinds);
  const without = await countKinds(origin, [validPost], notValidated);
  figures['validation of a POST'] = figures['valid POST'] - without['valid POST'];
  await origin.server.stop();
  return figures;
}
