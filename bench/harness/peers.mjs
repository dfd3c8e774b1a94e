// The servers that are measured beside the gateway, started with the configurations of bench/peers. Each gives contenders: a name, the
// process to be measured, and the port that is loaded.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import fs from 'node:fs';
import { bodyFile, buildDir, contractFile, filledIn, program, temporaryFolder, toolsDir } from './places.mjs';
import { freePort } from './ports.mjs';
import { cores, Server } from './server.mjs';

/** What Debian would link from /usr/lib lies beside the unpacked programs. */
const librariesDir = fs.existsSync(path.join(toolsDir, 'usr', 'lib'))
  ? fs.readdirSync(path.join(toolsDir, 'usr', 'lib')).filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => path.join(toolsDir, 'usr', 'lib', name)).join(':')
  : '';
export const unpacked = { LD_LIBRARY_PATH: [librariesDir, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') };

/** The upstream of all; loaded directly it is the floor. */
export async function startOrigin({ core = cores.load, delay = 0 } = {}) {
  const server = new Server(program('bench-origin'),
    ['--project', bodyFile('project'), '--created', bodyFile('evaluation'), '--delay', String(delay)], { core });
  return { server, port: Number(await server.firstLine()) };
}

export async function startFloor() {
  return { name: 'bare epoll loop', ...(await startOrigin({ core: cores.server })) };
}

export async function startCurlProxy(origin) {
  const server = new Server(program('bench-curl-proxy'), ['--upstream', `http://127.0.0.1:${origin.port}`]);
  return { name: 'bare libcurl multi loop', server, port: Number(await server.firstLine()) };
}

export async function startNginx(origin) {
  const folder = temporaryFolder();
  fs.chmodSync(folder, 0o755); // started by root, its worker is another user
  const [CACHING_PORT, PASSING_PORT] = [await freePort(), await freePort()];
  const log = path.join(folder, 'access.log');
  const config = filledIn('nginx.conf', folder, { FOLDER: folder, LOG: log, ORIGIN: origin.port, CACHING_PORT, PASSING_PORT });
  const server = new Server('nginx', ['-p', folder, '-e', path.join(folder, 'error.log'), '-c', config], { env: unpacked });
  server.log = log;
  await server.listening(PASSING_PORT);
  return {
    caching: { name: 'nginx proxy_cache', server, port: CACHING_PORT },
    passing: { name: 'nginx proxy_pass', server, port: PASSING_PORT },
  };
}

/** nginx as an origin over TLS: every project is the same file, never to be stored. */
export async function startTlsOrigin() {
  const folder = temporaryFolder();
  fs.chmodSync(folder, 0o755);
  const [certificate, key] = [path.join(folder, 'certificate.pem'), path.join(folder, 'key.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1',
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  fs.copyFileSync(bodyFile('project'), path.join(folder, 'project.json'));
  const port = await freePort();
  const config = filledIn('tls_origin.conf', folder, { FOLDER: folder, PORT: port, CERTIFICATE: certificate, KEY: key });
  const server = new Server('nginx', ['-p', folder, '-e', path.join(folder, 'error.log'), '-c', config], { env: unpacked, core: cores.load });
  await server.listening(port);
  return { server, port, scheme: 'https', certificate };
}

/** nginx that passes everything on over TLS, verified as the gateway does. */
export async function startNginxOverTls(origin) {
  const folder = temporaryFolder();
  fs.chmodSync(folder, 0o755);
  const port = await freePort();
  const log = path.join(folder, 'access.log');
  const config = filledIn('nginx_tls.conf', folder, { FOLDER: folder, LOG: log, ORIGIN: origin.port, CERTIFICATE: origin.certificate, PORT: port });
  const server = new Server('nginx', ['-p', folder, '-e', path.join(folder, 'error.log'), '-c', config], { env: unpacked });
  server.log = log;
  await server.listening(port);
  return { name: 'nginx proxy_pass over TLS', server, port };
}

export async function startVarnish(origin) {
  const folder = temporaryFolder();
  const port = await freePort();
  const vcl = filledIn('varnish.vcl', folder, { ORIGIN: origin.port });
  const server = new Server('varnishd', ['-F', '-j', 'none', '-n', path.join(folder, 'work'), '-a', `127.0.0.1:${port}`, '-f', vcl,
    '-s', 'malloc,1g', '-p', 'thread_pools=1', '-p', 'thread_pool_min=100', '-p', 'timeout_idle=600'], { env: unpacked });
  await server.listening(port);
  return { caching: { name: 'Varnish', server, port } };
}

export async function startHaproxy(origin) {
  const folder = temporaryFolder();
  const [CACHING_PORT, PASSING_PORT] = [await freePort(), await freePort()];
  const config = filledIn('haproxy.cfg', folder, { ORIGIN: origin.port, CACHING_PORT, PASSING_PORT });
  const server = new Server('haproxy', ['-db', '-f', config], { env: unpacked });
  await server.listening(PASSING_PORT);
  return {
    caching: { name: 'HAProxy cache', server, port: CACHING_PORT },
    passing: { name: 'HAProxy', server, port: PASSING_PORT },
  };
}

/** `@stoplight/prism-cli` as a proxy that answers 422 itself; scripts/bench installs it. */
export async function startPrism(origin) {
  const port = await freePort();
  const server = new Server(path.join(buildDir, 'bench', 'node_modules', '.bin', 'prism'),
    ['proxy', contractFile, `http://127.0.0.1:${origin.port}/v4`, '--errors', '--host', '127.0.0.1', '--port', String(port),
      '--multiprocess', 'false', '--verboseLevel', 'silent']);
  await server.listening(port);
  // It checks that a key is there; any will do.
  return { name: 'prism proxy', server, port, base: '', headers: ['X-API-KEY: any'] };
}
