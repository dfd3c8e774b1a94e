// Origins that a test plays itself, where the sandbox would be too well behaved, and a gateway before one.
import assert from 'node:assert/strict';
import http from 'node:http';
import { eventually } from './program.mjs';
import { Gateway, makeKey, randomSecret } from './stand.mjs';

/** Runs `use(port)` while `server` listens on a free port of the loopback. */
export async function withOrigin(server, use) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(server.address().port);
  } finally {
    server.closeAllConnections?.();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Runs `use(gateway, key, credential)` with a gateway before that upstream. */
export async function withGateway(upstreamUrl, options, use) {
  const key = makeKey('team');
  const credential = randomSecret('upstream-');
  const gateway = await Gateway.start({ upstreamUrl, credential, keys: [key], ...options });
  try {
    await use(gateway, key, credential);
  } finally {
    await gateway.stop();
  }
}

export const project = (name) => JSON.stringify({
  id: 'pr_1', name, users: [], data_count: 0, feedback_types: [], team_id: 'tm_1',
  created_at: '2024-01-01T00:00:00Z', updated_at: '2024-01-01T00:00:00Z',
});

/** An origin that does nothing by itself: the test takes each request as it comes and answers it when it likes. */
export class PlayedOrigin {
  requests = [];
  server = http.createServer((request, response) => {
    request.resume();
    this.requests.push({ request, response });
  });

  /** Resolves with the request of this number, 0 the first, once it is there. */
  take(number) {
    return eventually(`request ${number} at the origin`, () => this.requests[number]);
  }

  /** Answers the request of this number. */
  async answer(number, { status = 200, headers = {}, body = project('one') } = {}) {
    const { response } = await this.take(number);
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(body);
  }
}

/** Runs `use({origin, gateway, get})`; `get` asks the gateway for a path. Settings are merged into those of a test stand. */
export async function withPlayedOrigin(settings, use) {
  const origin = new PlayedOrigin();
  await withOrigin(origin.server, async (port) => {
    const url = `http://127.0.0.1:${port}/v4`;
    const credential = { header: 'X-API-KEY', value: '${E2E_CREDENTIAL}' };
    const upstream = { url, credential, retries: 0, breaker: { failures: 0 }, ...settings.upstream };
    await withGateway(url, { settings: { ...settings, upstream } }, (gateway, key) => {
      const get = (target, headers = {}, options = {}) => gateway.request(key, target, { headers, ...options });
      return use({ origin, gateway, key, get });
    });
  });
}

export const cacheStatus = (response) => response.headers['cache-status'];
export function assertHit(response) {
  assert.match(cacheStatus(response), /^projects-gateway; hit; ttl=-?\d+$/);
}
