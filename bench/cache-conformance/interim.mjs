// Interim responses (1xx, RFC 9110 section 15.2): what the suite's release has neither in its client nor in its origin server. In tests
// they are [status, [[name, value], ...]], the fields left out if there are none.
import http from 'node:http';

/** Sends them before the final response. */
export function sendInterim(response, interim = []) {
  for (const [status, fields = []] of interim) {
    if (status === 102) {
      response.writeProcessing();
    } else if (status === 103) {
      response.writeEarlyHints(Object.fromEntries(fields));
    } else {
      throw new Error(`the origin can't send ${status}`);
    }
  }
}

/** One request as fetch takes it, without a body: {status, headers, body, interim: [[status, headers], ...]}. */
export function fetchWithInterim(url, { method = 'GET', headers = [] }) {
  return new Promise((resolve, reject) => {
    const interim = [];
    const request = http.request(url, { method, headers: ['Host', new URL(url).host, ...headers.flat()], agent: false });
    request.on('information', (response) => interim.push([response.statusCode, response.headers]));
    request.on('response', async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      const raw = response.rawHeaders;
      const pairs = raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1]]] : []));
      resolve({ status: response.statusCode, headers: pairs, body: Buffer.concat(chunks), interim });
    });
    request.on('error', reject);
    request.end();
  });
}

/** Throws what the suite takes for a failed assertion unless exactly these came. */
export function checkInterim(expected, seen) {
  const fail = (message) => { throw Object.assign(new Error(message), { name: 'Assertion' }); };
  const list = (responses) => responses.map(([status]) => status).join(', ') || 'none';
  if (list(expected) !== list(seen)) fail(`Interim responses are ${list(seen)}, not ${list(expected)}`);
  expected.forEach(([status, fields = []], index) => fields.forEach(([name, value]) => {
    const received = seen[index][1][name.toLowerCase()];
    if (received !== value) fail(`Interim response ${status} header ${name} is "${received}", not "${value}"`);
  }));
}
