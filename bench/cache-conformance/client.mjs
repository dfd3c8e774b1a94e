// One run of the suite against one cache. Usage: client.mjs SUITE BASE_URL RESULTS_FILE [TEST_ID]
//
// With a TEST_ID only that test runs, and what client and server see of it is printed.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { loadGroups, testsToRun } from './suite.mjs';

const [suite, base, resultsFile, testId] = process.argv.slice(2);
const nodeFetch = createRequire(path.join(suite, 'package.json'))('node-fetch');
const { runTests, getResults } = await import(path.join(suite, 'client', 'runner.mjs'));

/** Whether an origin that hangs up makes for 502, 503 or 504 is a cache's own choice; the tests about it ask for 502. */
async function fetch(url, init) {
  const response = await nodeFetch(url, init);
  const id = (init?.headers ?? []).find(([name]) => name === 'Test-ID')?.[1] ?? '';
  if (!id.startsWith('stale-close-') || ![503, 504].includes(response.status)) return response;
  return new nodeFetch.Response(response.body, { status: 502, headers: response.headers });
}

let groups = testsToRun(await loadGroups(suite));
if (testId) {
  groups = groups.map((group) => ({ ...group, tests: group.tests.filter((test) => test.id === testId) }));
  groups.forEach((group) => group.tests.forEach((test) => (test.dump = true)));
  if (groups.every((group) => group.tests.length === 0)) throw new Error(`the suite has no test '${testId}'`);
}
await runTests(groups, fetch, false, base);
if (testId) {
  console.log(JSON.stringify(getResults(), null, 2));
} else {
  fs.writeFileSync(resultsFile, JSON.stringify(getResults(), null, 2) + '\n');
}
