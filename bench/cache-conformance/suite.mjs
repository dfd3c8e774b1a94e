// The suite's tests, amended ones beside them, and its way of judging results.
import path from 'node:path';
import { amendments } from './amendments.mjs';

/** All groups of tests, the one about Surrogate-Control as the suite's own command line adds it, without those for browsers. */
export async function loadGroups(suite) {
  const load = async (name) => (await import(path.join(suite, 'tests', `${name}.mjs`))).default;
  const groups = [...await load('index'), await load('surrogate-control')];
  return groups.map((group) => ({ ...group, tests: group.tests.filter((test) => !test.browser_only) }));
}

/** An amended test runs beside the published one, under a name of its own. */
const runName = (amendment) => `${amendment.id}~`;

/** What is to be run: the published tests and, in a group of their own, the amended ones that do something else. */
export function testsToRun(groups) {
  const amended = amendments.filter((amendment) => amendment.requests)
    .map(({ id, requests, kind, depends_on: dependsOn }) => ({ id: runName({ id }), name: id, kind, depends_on: dependsOn, requests }));
  return [...groups, { id: 'amended', name: 'Amended', tests: amended }];
}

/** Surrogate-Control was never standardised; its group counts apart, as on the suite's pages. */
export const isSurrogate = (group) => group.id === 'surrogate-control';

/** A suite to count by: id -> {kind, dependsOn, resultId}. */
export function publishedSuite(groups) {
  const tests = groups.flatMap((group) => group.tests);
  return new Map(tests.map((test) => [test.id, { kind: test.kind ?? 'required', dependsOn: test.depends_on ?? [], resultId: test.id }]));
}

export function amendedSuite(groups) {
  const suite = publishedSuite(groups.filter((group) => !isSurrogate(group)));
  for (const amendment of amendments) {
    const before = suite.get(amendment.id);
    suite.set(amendment.id, {
      kind: amendment.kind ?? (amendment.requests ? 'required' : before.kind),
      dependsOn: amendment.depends_on ?? before?.dependsOn ?? [],
      resultId: amendment.requests ? runName(amendment) : amendment.id,
    });
  }
  return suite;
}

/**
 * What a result means, as the suite's pages show it: 'pass', 'fail', or what kept the test from telling: 'setup' (something else than
 * what it is about went wrong), 'retry' (the cache asked the origin twice), 'dependency' (a test that it builds on did not pass).
 */
export function verdictOf(suite, results, id) {
  const { dependsOn, resultId } = suite.get(id);
  const result = results[resultId];
  if (result === undefined) return 'untested';
  if (dependsOn.some((dependency) => verdictOf(suite, results, dependency) !== 'pass')) return 'dependency';
  if (result === true) return 'pass';
  if (result[0] === 'Setup') return result[1] === 'retry' ? 'retry' : 'setup';
  return 'fail';
}

/** {required: {passed, total}, optimal: ..., check: ...} */
export function count(suite, results, ids = suite.keys()) {
  const counts = Object.fromEntries(['required', 'optimal', 'check'].map((kind) => [kind, { passed: 0, total: 0 }]));
  for (const id of ids) {
    const { kind } = suite.get(id);
    counts[kind].total += 1;
    if (verdictOf(suite, results, id) === 'pass') counts[kind].passed += 1;
  }
  return counts;
}
