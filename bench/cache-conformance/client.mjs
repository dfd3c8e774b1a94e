// One run of the suite against one cache. Usage: client.mjs SUITE BASE_URL RESULTS_FILE [TEST_ID]
//
// With a TEST_ID only that test runs, and what client and server see of it is printed.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { checkInterim, fetchWithInterim } from './interim.mjs';
import { loadGroups, testsToRun } from './suite.mjs';

const [suite, base, resultsFile, testId] = process.argv.slice(2);
const nodeFetch = createRequire(path.join(suite, 'package.json'))('node-fetch');
const { runTests, getResults } = await import(path.join(suite, 'client', 'runner.mjs'));

/**
 * The tests' paths are random, and of two that share a place in the gateway's table of generations a write to one makes the other stale. That
 * is rare, but it must not differ from run to run: each cache gets the same paths every time.
 */
function drawTheSameNumbers(name) {
  let state = createHash('sha256').update(name).digest().readUInt32LE();
  Math.random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

let groups = testsToRun(await loadGroups(suite));
if (testId) {
  groups = groups.map((group) => ({ ...group, tests: group.tests.filter((test) => test.id === testId) }));
  groups.forEach((group) => group.tests.forEach((test) => (test.dump = true)));
  if (groups.every((group) => group.tests.length === 0)) throw new Error(`the suite has no test '${testId}'`);
}
const requestsOf = new Map(groups.flatMap((group) => group.tests.map((test) => [test.id, test.requests])));

/**
 * What the suite's client fetches with. Whether an origin that hangs up makes for 502, 503 or 504 is a cache's own choice; the tests
 * about it ask for 502. Interim responses are looked at here, as the release knows nothing of them.
 */
async function fetch(url, init) {
  const field = (wanted) => (init?.headers ?? []).find(([name]) => name === wanted)?.[1] ?? '';
  const id = field('Test-ID');
  const expected = requestsOf.get(id)?.[Number(field('Req-Num')) - 1]?.expected_interim_responses;
  if (expected) {
    const { status, headers, body, interim } = await fetchWithInterim(url, init);
    checkInterim(expected, interim);
    return new nodeFetch.Response(body, { status, headers });
  }
  const response = await nodeFetch(url, init);
  if (!id.startsWith('stale-close-') || ![503, 504].includes(response.status)) return response;
  return new nodeFetch.Response(response.body, { status: 502, headers: response.headers });
}

drawTheSameNumbers(path.basename(resultsFile));
await runTests(groups, fetch, false, base);
if (testId) {
  console.log(JSON.stringify(getResults(), null, 2));
} else {
  fs.writeFileSync(resultsFile, JSON.stringify(getResults(), null, 2) + '\n');
}
