// Load, and what a server did under it. Every load is bounded in time or in number.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { atExit } from './cleanup.mjs';
import { program, temporaryFolder } from './places.mjs';
import { unpacked } from './peers.mjs';
import { cores, Server } from './server.mjs';

/** What it wrote to standard output. A word on standard error is a failure: wrk goes on without a script that has mistakes. */
function runToEnd(file, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn('taskset', ['-c', cores.load, file, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const forget = atExit(() => child.kill('SIGKILL'));
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => {
      forget();
      if (code === 0 && stderr === '') resolve(stdout);
      else reject(new Error(`${path.basename(file)} ${args.join(' ')}: ${stderr || stdout}`));
    });
  });
}

/** What every load says of a request: {target, method, headers, body}. Headers are "Name: value", body is the path of a file. */
export const get = (target, headers = []) => ({ target, method: 'GET', headers });
export const post = (target, body) => ({ target, method: 'POST', headers: ['Content-Type: application/json'], body });

function headersFor(contender, request) {
  return [...(contender.headers ?? []), ...request.headers];
}

const targetFor = (contender, request) => (contender.base === undefined ? request.target : request.target.replace('/v4', contender.base));

/** What wrk has no options for. It builds a request once and then sends the same bytes. */
function scriptFor(request) {
  const file = path.join(temporaryFolder(), 'request.lua');
  fs.writeFileSync(file, `wrk.method = '${request.method}'\nwrk.body = [==[${fs.readFileSync(request.body, 'utf8')}]==]\n`);
  return file;
}

/** "1.20ms" as wrk writes it; NaN when it saw too little to say. */
function inMicroseconds(text = '') {
  const [, number, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(number) * { us: 1, ms: 1e3, s: 1e6 }[unit];
}

function readWrk(text, wantsErrors) {
  const number = (pattern) => Number(pattern.exec(text)?.[1] ?? 0);
  const failed = number(/Non-2xx or 3xx responses: (\d+)/);
  const sockets = /Socket errors: (.*)/.exec(text)?.[1];
  const requests = number(/(\d+) requests in/);
  if (sockets !== undefined) throw new Error(`wrk met socket errors: ${sockets}`);
  if (wantsErrors ? failed !== requests : failed > 0) throw new Error(`wrk met unexpected statuses:\n${text}`);
  if (requests === 0) throw new Error(`wrk got no answer:\n${text}`);
  return {
    requests,
    rate: number(/Requests\/sec:\s+([\d.]+)/),
    p50: inMicroseconds(/^ +50%\s+(\S+)/m.exec(text)?.[1]),
    p99: inMicroseconds(/^ +99%\s+(\S+)/m.exec(text)?.[1]),
  };
}

/** 32 keep-alive connections for so many seconds. `wantsErrors`: every answer is to be a 4xx. */
export async function wrk(contender, request, { seconds, connections = 32, wantsErrors = false }) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency'];
  for (const header of headersFor(contender, request)) args.push('-H', header);
  if (request.body !== undefined) args.push('-s', scriptFor(request));
  return readWrk(await runToEnd('wrk', [...args, `http://127.0.0.1:${contender.port}${targetFor(contender, request)}`], unpacked), wantsErrors);
}

/** Options of one of the project's own load programs. */
function optionsFor(contender, request, options) {
  const args = ['--port', contender.port, '--target', targetFor(contender, request)];
  for (const header of headersFor(contender, request)) args.push('--header', header);
  for (const [name, value] of Object.entries(options)) args.push(`--${name}`, ...(value === true ? [] : [value]));
  return args.map(String);
}

/** The program bench-load; `options` are its own (bench/programs/load.cpp). */
export async function load(contender, request, options) {
  const body = request.body === undefined ? {} : { body: request.body };
  const args = optionsFor(contender, request, { method: request.method, ...body, ...options });
  const seen = JSON.parse(await runToEnd(program('bench-load'), args));
  if (seen.unexpected > 0) throw new Error(`${contender.name}: ${seen.unexpected} of ${seen.requests} answers had another status`);
  return { requests: seen.requests, rate: seen.rate, p50: seen.p50_us, p99: seen.p99_us, max: seen.max_us };
}

/** Clients that read slowly (bench/programs/readers.cpp). */
export async function readSlowly(contender, request, options) {
  return JSON.parse(await runToEnd(program('bench-readers'), optionsFor(contender, request, options)));
}

/** The programs bench-load and bench-readers in the background, whatever becomes of their requests. Gives the function that ends them. */
export function harass(contender, request, options, { file = 'bench-load' } = {}) {
  const server = new Server(program(file), optionsFor(contender, request, options), { core: cores.load });
  return () => server.stop();
}

/** Makes one request on each of so many connections and then leaves them open. Gives the function that ends them. */
export async function holdConnections(contender, request, connections) {
  const holder = new Server(program('bench-load'),
    optionsFor(contender, request, { connections, requests: connections, hold: true }), { core: cores.load });
  const seen = JSON.parse(await holder.firstLine());
  if (seen.unexpected > 0) throw new Error(`${contender.name}: ${seen.unexpected} answers had another status`);
  return () => holder.stop();
}

/** What `run` saw, and the server's CPU time per request while it ran, in microseconds. */
export async function withCpu(contender, run) {
  const before = contender.server.cpuSeconds();
  const seen = await run();
  const spent = contender.server.cpuSeconds() - before;
  contender.server.checkAlive();
  contender.server.forgetLog();
  return { ...seen, cpu: (spent / seen.requests) * 1e6 };
}

/** One request by itself: {status, headers}. Before a load it fills caches and shows that the load means what it says. */
export function ask(contender, request) {
  const headers = Object.fromEntries(headersFor(contender, request).map((line) => line.split(/: (.*)/s)));
  return new Promise((resolve, reject) => {
    const outgoing = http.request({ host: '127.0.0.1', port: contender.port, path: targetFor(contender, request), method: request.method, headers, agent: false },
      (response) => response.resume().once('end', () => resolve({ status: response.statusCode, headers: response.headers })));
    outgoing.once('error', reject);
    outgoing.end(request.body === undefined ? undefined : fs.readFileSync(request.body));
  });
}

/** Asks twice; the second answer must come from the cache and have this status. Each cache says so in its own way. */
export async function expectHit(contender, request, status = 200) {
  await ask(contender, get(request.target));
  const { headers } = await expectStatus(contender, request, status);
  const says = headers['cache-status'] ?? headers['x-cache-status'] ?? (headers.age === undefined ? 'no Age' : 'hit');
  if (!/\bhit\b/i.test(says)) throw new Error(`${contender.name} does not answer ${request.target} from its cache: ${says}`);
}

export async function expectStatus(contender, request, status) {
  const answer = await ask(contender, request);
  if (answer.status !== status) throw new Error(`${contender.name} answers ${request.method} ${request.target} with ${answer.status}, not ${status}`);
  return answer;
}
