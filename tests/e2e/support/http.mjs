// Bare HTTP: what a client library would hide (every header, the raw body, HEAD, a request that is still under way).
import http from 'node:http';

/** Resolves with {status, headers, rawHeaders, text, json} once the response is complete. `headers` has lower-case names. */
export function request(url, { method = 'GET', headers = {}, body, agent } = {}) {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(url, { method, headers, agent: agent ?? false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => (text += part));
      response.on('error', reject);
      response.on('end', () => resolve({
        status: response.statusCode,
        headers: response.headers,
        rawHeaders: response.rawHeaders,
        text,
        get json() {
          return JSON.parse(text);
        },
      }));
    });
    outgoing.on('error', reject);
    if (body !== undefined) {
      if (!Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) {
        outgoing.setHeader('Content-Type', 'application/json');
      }
      outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
    } else {
      outgoing.end();
    }
  });
}
