// What somebody who means harm says on the wire, byte by byte: to the gateway as a client, and as the upstream behind it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { contractFile, gatewayProgram } from './support/environment.mjs';
import { request } from './support/http.mjs';
import { project, withGateway, withOrigin } from './support/origin.mjs';
import { eventually, temporaryFolder } from './support/program.mjs';

/** Sends the bytes on a connection of its own; resolves with all that comes back until the other end closes, or `until` is in it. */
function exchange(url, bytes, until) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = net.connect(port, hostname, () => socket.write(bytes));
    const end = () => {
      socket.destroy();
      resolve(received);
    };
    socket.setEncoding('latin1').on('error', reject).on('end', end).on('data', (text) => {
      received += text;
      if (until !== undefined && received.includes(until)) end();
    });
  });
}

/** An upstream that keeps what it is sent, head by head, and answers each with a project. */
function recordingOrigin(heads) {
  return net.createServer((socket) => {
    let received = '';
    socket.on('error', () => {}).setEncoding('latin1').on('data', (text) => {
      received += text;
      for (let end; (end = received.indexOf('\r\n\r\n')) >= 0;) {
        const head = received.slice(0, end + 2);
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        heads.push(head);
        received = received.slice(end + 4 + length);
        const body = project('one');
        socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      }
    });
  });
}

/** Runs `use(gateway, key, heads, get)`; `get(target, lines)` makes the bytes of a request that ends its connection. */
async function withRecorded(settings, use) {
  const heads = [];
  await withOrigin(recordingOrigin(heads), (port) => withGateway(`http://127.0.0.1:${port}/v4`, { settings }, (gateway, key) => {
    const get = (target, lines = []) =>
      [`GET /v4${target} HTTP/1.1`, 'Host: x', `X-API-KEY: ${key.secret}`, 'Connection: close', ...lines, '', ''].join('\r\n');
    return use(gateway, key, heads, get);
  }));
}

const field = (head, name) => new RegExp(`\r\n${name}: ([^\r]*)\r\n`, 'i').exec(head)?.[1];

describe('the address of a client', () => {
  /** Version 2, over TCP on IPv4, of 203.0.113.7:4711. */
  const version2 = Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), Buffer.from([0x21, 0x11, 0, 12]),
    Buffer.from([203, 0, 113, 7, 127, 0, 0, 1, 0x12, 0x67, 0x1f, 0x90])]).toString('latin1');
  const version1 = 'PROXY TCP4 203.0.113.7 127.0.0.1 4711 8080\r\n';

  for (const [name, header] of [['1', version1], ['2', version2]]) {
    it(`is what a trusted balancer says by the PROXY protocol, version ${name}: in log, fields and limits`, async () => {
      await withRecorded({ trusted_proxies: ['127.0.0.0/8'], limits: { connections_per_address: 2 } }, async (gateway, key, heads, get) => {
        const bytes = Buffer.from(header + get('/projects?page=1', ['X-Forwarded-For: 1.2.3.4', 'X-Real-IP: 1.2.3.4']), 'latin1');
        assert.match(await exchange(gateway.listen, bytes), /^HTTP\/1\.1 200 /);
        assert.equal(field(heads[0], 'X-Forwarded-For'), '203.0.113.7');
        assert.match(field(heads[0], 'Forwarded'), /for=203\.0\.113\.7/);
        assert.equal(field(heads[0], 'X-Real-IP'), undefined);
        const line = await eventually('line of the access log', () => gateway.program.stdout.split('\n').find((text) => text.includes('page=1') || text.includes('/projects')));
        assert.equal(JSON.parse(line).peer, '203.0.113.7');
        // Its connections are counted as its own: beyond its two the longest idle one gives way.
        const { hostname, port } = new URL(gateway.listen);
        let closed = 0;
        const sockets = [];
        for (let i = 0; i < 6; ++i) {
          const socket = net.connect(port, hostname, () => socket.write(Buffer.from(header, 'latin1')));
          socket.on('close', () => ++closed).on('error', () => {}).resume();
          sockets.push(socket);
          await new Promise((resolve) => setTimeout(resolve, 400));
        }
        await eventually('idle connections that gave way', () => (closed > 0 ? true : undefined));
        sockets.forEach((socket) => socket.destroy());
      });
    });
  }

  it('is nobody else\'s to say', async () => {
    await withRecorded({}, async (gateway, key, heads, get) => {
      for (const header of [version1, version2]) {
        assert.match(await exchange(gateway.listen, Buffer.from(header + get('/projects'), 'latin1')), /^HTTP\/1\.1 400 /);
      }
      const lies = ['X-Forwarded-For: 1.2.3.4', 'Forwarded: for=1.2.3.4', 'X_Forwarded_For: 1.2.3.4', 'Client-IP: 1.2.3.4', 'Remote-Addr: 1.2.3.4'];
      assert.match(await exchange(gateway.listen, get('/projects', lies)), /^HTTP\/1\.1 200 /);
      assert.equal(heads.length, 1);
      assert.ok(!heads[0].includes('1.2.3.4'), heads[0]);
      assert.equal(field(heads[0], 'X-Forwarded-For'), '127.0.0.1');
    });
  });
});

describe('a request that means another one', () => {
  it('goes upstream as the one that was checked, and alone', async () => {
    await withRecorded({ validation: { requests: 'off' } }, async (gateway, key, heads, get) => {
      const post = (type, body, target = '/projects') => [`POST /v4${target} HTTP/1.1`, 'Host: x', `X-API-KEY: ${key.secret}`, 'Connection: close',
        `Content-Type: ${type}`, `Content-Length: ${body.length}`, 'X-HTTP-Method-Override: DELETE', 'X-Http-Method: DELETE', 'X_Method_Override: DELETE', '', body].join('\r\n');
      await exchange(gateway.listen, get('/projects?_method=DELETE&.method=DELETE&x=1;%5Fmethod=DELETE', ['X-HTTP-Method-Override: DELETE']));
      assert.match(await exchange(gateway.listen, post('application/json', '{"name": "x"}', '/projects?method=DELETE')), /^HTTP\/1\.1 200 /);
      assert.match(await exchange(gateway.listen, post('application/json', '{"_method": "DELETE"}')), /^HTTP\/1\.1 400 .*_method/s);
      // Without a Content-Type some read a POST as a form: what was checked as JSON is told to be JSON.
      const bare = '{"name": "x&_method=DELETE&"}';
      assert.match(await exchange(gateway.listen, [`POST /v4/projects HTTP/1.1`, 'Host: x', `X-API-KEY: ${key.secret}`, 'Connection: close',
        `Content-Length: ${bare.length}`, '', bare].join('\r\n')), /^HTTP\/1\.1 200 /);
      assert.equal(field(heads[2], 'Content-Type'), 'application/json');
      assert.equal(heads.length, 3);
      for (const head of heads) assert.doesNotMatch(head, /method/i);
      assert.match(heads[0], /^GET \/v4\/projects\?x=1 HTTP/);
      assert.match(heads[1], /^POST \/v4\/projects HTTP/);
    });
  });

  it('costs what its size says, however many options its Connection has', async () => {
    await withRecorded({}, async (gateway, key, heads, get) => {
      const names = Array.from({ length: 4000 }, (_, i) => `o${i}`);
      const answer = await exchange(gateway.listen, get('/projects', [`Connection: ${names.join(',')}`]));
      assert.match(answer, /^HTTP\/1\.1 431 /);
      assert.equal(heads.length, 0);
      const few = names.slice(0, 20);
      assert.match(await exchange(gateway.listen, get('/projects', [`Connection: ${few.join(',')}`, ...few.map((name) => `${name}: 1`)])), /^HTTP\/1\.1 200 /);
      assert.doesNotMatch(heads[0], /\r\no\d/);
    });
  });
});

describe('what a hostile client leaves behind', () => {
  it('is a short line in the log, whatever it sends', async () => {
    await withRecorded({}, async (gateway) => {
      const lines = [`GET /${'%00"\\'.repeat(1500)} HTTP/1.1`, 'Host: x', `User-Agent: ${'"'.repeat(7000)}`, 'Connection: close', '', ''];
      const answer = await exchange(gateway.listen, lines.join('\r\n'));
      assert.match(answer, /^HTTP\/1\.1 4\d\d /);
      const line = await eventually('line of the access log', () => gateway.program.stdout.split('\n')[0] || undefined);
      assert.ok(line.length < 4096, `a line of ${line.length} bytes`);
      JSON.parse(line);
    });
  });

  it('is no core file, and no memory that others of the same user may read', { skip: !fs.existsSync('/proc/self/status') }, async () => {
    const folder = temporaryFolder();
    const config = path.join(folder, 'gateway.yaml');
    const ready = path.join(folder, 'ready.json');
    fs.writeFileSync(config, JSON.stringify({ listen: '127.0.0.1:0', admin: '127.0.0.1:0', workers: 1, api: contractFile,
      upstream: { url: 'http://127.0.0.1:1/v4' }, access: { mode: 'open' } }));
    // As somebody else than root, to whom the kernel gives the process's files in /proc unless it may not be dumped.
    const isRoot = process.getuid() === 0;
    if (isRoot) [folder, config].forEach((file) => fs.chownSync(file, 65534, 65534));
    const child = spawn(gatewayProgram, ['serve', '--config', config, '--ready-file', ready],
      { stdio: ['ignore', 'ignore', 'pipe'], ...(isRoot ? { uid: 65534, gid: 65534 } : {}) });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    try {
      await eventually(`ready file: ${said}`, () => (fs.existsSync(ready) ? true : undefined));
      assert.equal(fs.statSync(`/proc/${child.pid}/mem`).uid, 0, 'the kernel keeps it from its own user');
      assert.ok(!said.includes('running as root'));
    } finally {
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('close', resolve));
    }
  });

  it('is told to run as somebody else than root', { skip: process.getuid() !== 0 }, async () => {
    await withRecorded({}, async (gateway) => {
      await gateway.program.event('warning', ({ level, message }) => level === 'warning' && message.startsWith('running as root'));
    });
  });
});

describe('the admin listener', () => {
  it('answers no page of a browser, by whatever name it came', async () => {
    await withRecorded({}, async (gateway) => {
      const { port } = new URL(gateway.admin);
      const ask = (lines) => exchange(gateway.admin, [...lines, 'Connection: close', '', ''].join('\r\n'));
      for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example', '127.1', '2130706433', '0x7f.0.0.1']) {
        assert.match(await ask(['GET /config HTTP/1.1', `Host: ${host}`]), /^HTTP\/1\.1 403 /, host);
        assert.match(await ask([`GET http://${host}/config HTTP/1.1`, 'Host: 127.0.0.1']), /^HTTP\/1\.1 403 /, host);
      }
      assert.match(await ask(['GET /config HTTP/1.1', `Host: 127.0.0.1:${port}`]), /^HTTP\/1\.1 200 /);
      assert.match(await ask(['POST /purge?all=true HTTP/1.1', 'Host: 127.0.0.1', 'Content-Length: 0', 'Origin: http://evil.example']), /^HTTP\/1\.1 403 /);
      for (const target of ['/purge?%ff=1', '/cache/entries?limit=%ff', '/purge?tag=%00', '/cache/entries?path=%', '/%ff', '/config?x=%zz']) {
        const answer = await ask([`${target.startsWith('/purge') ? 'POST' : 'GET'} ${target} HTTP/1.1`, 'Host: 127.0.0.1', 'Content-Length: 0']);
        assert.doesNotMatch(answer, /^HTTP\/1\.1 5|exception|nlohmann|std::/, target);
      }
      assert.equal((await request(`${gateway.admin}/healthz`, { headers: { Host: 'anything.example' } })).status, 200);
    });
  });
});
