// The cache against the public conformance suite: what it once passed, it passes (bench/cache-conformance).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import test from 'node:test';

test('the cache passes every test of the conformance suite but those that are named as not passed', () => {
  const { PGW_SOURCE_DIR, PGW_BUILD_DIR } = process.env;
  const run = spawnSync(path.join(PGW_SOURCE_DIR, 'bench/cache-conformance/run'), ['--only', 'gateway', '--build-dir', PGW_BUILD_DIR],
    { encoding: 'utf8' });
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`);
});
