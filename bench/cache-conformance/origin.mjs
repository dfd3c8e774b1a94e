// The suite's origin server on a free port of the loopback: its own handlers behind a dispatcher, as its own server listens on every
// address. Usage: origin.mjs SUITE READY_FILE; writes its port to READY_FILE once it listens, and runs until killed.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const [suite, readyFile] = process.argv.slice(2);
const handler = async (name) => (await import(path.join(suite, 'server', `handle-${name}.mjs`))).default;
const handlers = { config: await handler('config'), test: await handler('test'), state: await handler('state') };

const server = http.createServer((request, response) => {
  const [kind, ...segments] = new URL(request.url, 'http://localhost/').pathname.slice(1).split('/');
  if (kind in handlers) {
    handlers[kind](segments, request, response);
  } else {
    response.writeHead(404).end();
  }
});
server.listen(0, '127.0.0.1', () => fs.writeFileSync(readyFile, String(server.address().port)));
