// Counts the results, prints them, and holds the gateway to what is recorded. Usage:
//   table.mjs SUITE RESULTS_FOLDER NOT_PASSED_FILE DOCUMENT NAME=VERSION...
//
// NOT_PASSED_FILE: the required and optimal tests, as amended, that the gateway does not pass, and why. Exits 1 when it fails another one,
// or passes one of them. Writes DOCUMENT when more than the gateway was run.
import fs from 'node:fs';
import path from 'node:path';
import { amendments } from './amendments.mjs';
import { amendedSuite, count, isSurrogate, loadGroups, publishedSuite, verdictOf } from './suite.mjs';

const [suiteFolder, resultsFolder, notPassedFile, documentFile, ...runs] = process.argv.slice(2);
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

/** The gateway's required and optimal tests that did not pass: {id, kind, said}, the last from the suite. */
function failures(suite, results) {
  const failed = [...suite].filter(([id, { kind }]) => kind !== 'check' && verdictOf(suite, results, id) !== 'pass');
  return failed.map(([id, { kind, resultId }]) => {
    const verdict = verdictOf(suite, results, id);
    return { id, kind, said: verdict === 'dependency' ? 'a test that it builds on did not pass' : results[resultId]?.[1] ?? verdict };
  });
}

const gateway = caches.find((cache) => cache.name === 'gateway');
const notPassed = JSON.parse(fs.readFileSync(notPassedFile));
function failureTable(suite, reasons) {
  const names = ['test', 'kind', 'what the suite says', ...(reasons ? ['why'] : [])];
  const cells = ({ id, kind, said }) => [`\`${id}\``, kind, said.replaceAll('|', '\\|'), ...(reasons ? [reasons[id] ?? ''] : [])];
  return [names, names.map(() => '---'), ...failures(suite, gateway.results).map(cells)].map(row);
}
const report = [
  ...table('amended', 'amended'), '', ...table('as published', 'published'), '', ...table('Surrogate-Control', 'surrogate'),
  ...(gateway ? ['', 'Not passed by the gateway, amended:', ...failureTable(amended, notPassed)] : []),
];
console.log(report.join('\n'));

if (gateway && caches.length > 1) writeDocument();
if (gateway) holdToRecord();

function holdToRecord() {
  const failed = failures(amended, gateway.results);
  const worse = failed.filter(({ id }) => !(id in notPassed)).map(({ id, kind, said }) => `${id} (${kind}) does not pass any more: ${said}`);
  const better = Object.keys(notPassed).filter((id) => !failed.some((one) => one.id === id)).map((id) => `${id} passes; take it off ${notPassedFile}`);
  for (const line of [...worse, ...better]) console.error(line);
  if (worse.length + better.length > 0) process.exitCode = 1;
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
    'itself or the RFC, and for what came later, `amendments.mjs` restates the tests, for every cache alike; the list is at the end. The',
    "names and the kinds, 160 required and 105 optimal tests, are those of the suite's repository, whose own text is not run here.",
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
    ...failureTable(amended, notPassed),
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
