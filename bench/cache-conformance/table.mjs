// Counts the results, prints them, and holds the gateway to what is recorded. Usage:
//   table.mjs SUITE RESULTS_FOLDER FLOOR_FILE DOCUMENT NAME=VERSION...
//
// Exits 1 when the gateway passes less than FLOOR_FILE says. Writes DOCUMENT when more than the gateway was run.
import fs from 'node:fs';
import path from 'node:path';
import { amendments } from './amendments.mjs';
import { amendedSuite, count, isSurrogate, loadGroups, publishedSuite, verdictOf } from './suite.mjs';

const [suiteFolder, resultsFolder, floorFile, documentFile, ...runs] = process.argv.slice(2);
const groups = await loadGroups(suiteFolder);
const published = publishedSuite(groups);
const idsOf = (wanted) => groups.filter(wanted).flatMap((group) => group.tests.map((test) => test.id));
const plain = idsOf((group) => !isSurrogate(group));
const surrogate = idsOf(isSurrogate);
const amended = amendedSuite(groups);

const caches = runs.map((run) => {
  const [name, version] = run.split('=');
  const results = JSON.parse(fs.readFileSync(path.join(resultsFolder, `${name}.json`)));
  return { name, version, results, published: count(published, results, plain), surrogate: count(published, results, surrogate), amended: count(amended, results) };
});

const ratio = ({ passed, total }) => `${passed}/${total}`;
const row = (cells) => `| ${cells.join(' | ')} |`;
const head = (first) => [row([first, 'required', 'optimal', 'checks: yes']), row(['---', '---', '---', '---'])];
const rows = (key) => caches.map((cache) => row([`${cache.name} ${cache.version}`, ratio(cache[key].required), ratio(cache[key].optimal), ratio(cache[key].check)]));
const table = (title, key) => [...head(title), ...rows(key)];

/** The gateway's required and optimal tests that did not pass, with what the suite says of each. */
function failures(suite, results) {
  const failed = [...suite].filter(([id, { kind }]) => kind !== 'check' && verdictOf(suite, results, id) !== 'pass');
  return failed.map(([id, { kind, resultId }]) => {
    const verdict = verdictOf(suite, results, id);
    const said = verdict === 'dependency' ? 'a test that it builds on did not pass' : results[resultId]?.[1] ?? verdict;
    return row([`\`${id}\``, kind, said.replaceAll('|', '\\|')]);
  });
}

const gateway = caches.find((cache) => cache.name === 'gateway');
const failureTable = (suite) => [row(['test', 'kind', 'what the suite says']), row(['---', '---', '---']), ...failures(suite, gateway.results)];
const report = [
  ...table('amended', 'amended'), '', ...table('as published', 'published'), '', ...table('Surrogate-Control', 'surrogate'),
  ...(gateway ? ['', 'Not passed by the gateway, amended:', ...failureTable(amended), '', 'Not passed by the gateway, as published:',
    ...failureTable(new Map([...published].filter(([id]) => plain.includes(id))))] : []),
];
console.log(report.join('\n'));

if (gateway && caches.length > 1) writeDocument();
if (gateway) holdToFloor();

function holdToFloor() {
  const floor = JSON.parse(fs.readFileSync(floorFile));
  const below = ['required', 'optimal'].filter((kind) => gateway.amended[kind].passed < floor[kind]);
  for (const kind of below) console.error(`${kind}: ${gateway.amended[kind].passed} passed, ${floor[kind]} are recorded in ${floorFile}`);
  if (below.length > 0) process.exitCode = 1;
}

function writeDocument() {
  const reasons = amendments.map(({ id, why, kind, requests }) => row([`\`${id}\``, requests ? kind ?? 'required' : `now ${kind}`, why]));
  fs.writeFileSync(documentFile, [
    '# The cache against the public conformance suite',
    '',
    `Written by \`bench/cache-conformance/run\` on ${new Date().toISOString().slice(0, 10)}: npm http-cache-tests 0.4.5, ${caches.map((cache) => `${cache.name} ${cache.version}`).join(', ')}, each in`,
    "front of the suite's own origin server, in one run. A test that builds on one that did not pass does not count as passed, as on the suite's",
    'pages. The configurations are beside the script.',
    '',
    '## Amended to RFC 9111',
    '',
    'The release on npm is older than RFC 9111. Where the RFC turned an expectation around or requires nothing, where a test contradicts',
    'itself, and for what came later, `amendments.mjs` restates the tests, for every cache alike; the list is at the end.',
    '',
    ...table('cache', 'amended'),
    '',
    '## As published',
    '',
    ...table('cache', 'published'),
    '',
    'Surrogate-Control, which was never standardised, counts apart:',
    '',
    ...table('cache', 'surrogate'),
    '',
    '## What the gateway does not pass',
    '',
    'Amended:',
    '',
    ...failureTable(amended),
    '',
    'As published:',
    '',
    ...failureTable(new Map([...published].filter(([id]) => plain.includes(id)))),
    '',
    '## The amendments',
    '',
    row(['test', 'kind', 'why']), row(['---', '---', '---']), ...reasons,
    '',
  ].join('\n'));
}
