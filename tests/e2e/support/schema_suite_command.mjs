// What `schema-suite` runs: arguments are a folder and its draft.
import process from 'node:process';
import { runSuite, suiteFiles } from './schema_suite.mjs';

const [folder, draft] = process.argv.slice(2);
const isOld = draft === 'draft4';
// The optional tests of 2020-12 hold formats to be annotations in one file and assertions in another.
const { total, wrong } = await runSuite(process.env.PGW_GATEWAY, suiteFiles(folder, { withOptional: isOld }), { isOld });
for (const line of wrong) console.log(line);
console.log(`${draft}: ${total - wrong.length} of ${total} verdicts are right`);
process.exit(0); // before the test runner, which the support modules load, adds a summary of no tests
