// The suite's origin server on a free port of the loopback: its own handlers behind a dispatcher, as its own server listens on every
// address, and before them what its release can't do. Usage: origin.mjs SUITE READY_FILE; writes its port to READY_FILE once it listens, and
// runs until killed.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sendInterim } from './interim.mjs';

const [suite, readyFile] = process.argv.slice(2);
const handler = async (name) => (await import(path.join(suite, 'server', `handle-${name}.mjs`))).default;
const handlers = { config: await handler('config'), test: await handler('test'), state: await handler('state') };
const { configs } = await import(path.join(suite, 'server', 'utils.mjs'));

const server = http.createServer(async (request, response) => {
  const [kind, ...segments] = new URL(request.url, 'http://localhost/').pathname.slice(1).split('/');
  if (!(kind in handlers)) return response.writeHead(404).end();
  if (kind === 'test') {
    const wanted = configs.get(segments[0])?.[Number(request.headers['req-num']) - 1];
    sendInterim(response, wanted?.interim_responses);
    if (wanted?.response_pause) await pause(wanted.response_pause * 1000);
  }
  return handlers[kind](segments, request, response);
});
server.keepAliveTimeout = 15_000;  // longer than any pause of a test: that a connection is closed while a request is on its way is not tested
server.listen(0, '127.0.0.1', () => fs.writeFileSync(readyFile, String(server.address().port)));
