// Runs the rows that are named (scripts/bench), each with servers of its own, and prints their tables and how the goals stand.
import { startOrigin } from './harness/peers.mjs';
import { goalTable } from './harness/report.mjs';

export const rows = ['hit', 'not_modified', 'tail', 'miss', 'miss_tls', 'post', 'invalid', 'entries', 'idle', 'streaming', 'fairness', 'start', 'workers'];

function parse(args) {
  const quick = args.includes('--quick');
  const named = args.filter((arg) => arg !== '--quick');
  const unknown = named.find((name) => !rows.includes(name));
  if (unknown !== undefined) throw new Error(`there is no row '${unknown}'; the rows are ${rows.join(' ')}`);
  return { quick, chosen: named.length > 0 ? named : rows };
}

async function runRow(name, options) {
  const row = await import(`./rows/${name}.mjs`);
  const origin = await startOrigin();
  const { servers, text, goals } = await row.run({ origin, ...options });
  for (const server of [...servers, origin.server]) await server.stop();
  process.stdout.write(`## ${row.title}\n\n${text}\n\n`);
  return goals;
}

async function main() {
  const { quick, chosen } = parse(process.argv.slice(2));
  const options = quick ? { quick, rounds: 3, seconds: 2 } : { quick, rounds: 7, seconds: 5 };
  process.stdout.write(`${options.rounds} rounds of ${options.seconds} s each; medians. Server on the first core, load and origin on the last.\n\n`);
  const goals = [];
  for (const name of chosen) goals.push(...(await runRow(name, options)));
  process.stdout.write(`## Goals\n\n${goalTable(goals)}\n`);
  process.exit(0);
}

main().catch((error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exit(1);
});
