// Validation against the public JSON Schema test suite, draft 4 (npm), as OpenAPI 3.0 says it. The command `schema-suite` beside this
// file runs any other folder of the suite.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { buildDir, gatewayProgram } from './support/environment.mjs';
import { runSuite, suiteFiles } from './support/schema_suite.mjs';

/** Wrong by decision (docs/contract.md, "The public suite"). */
const argued = [/zeroTerminatedFloats/, /a valid protocol-relative URI/];

test('requests and responses get the verdicts of the JSON Schema test suite', async () => {
  const folder = path.join(buildDir, 'e2e/node_modules/json-schema-test-suite/tests/draft4');
  const { total, wrong } = await runSuite(gatewayProgram, suiteFiles(folder, { withOptional: true }), { isOld: true });
  assert.ok(total > 400, `only ${total} verdicts were asked for`);
  assert.deepEqual(wrong.filter((line) => !argued.some((pattern) => pattern.test(line))), []);
});
