// What must not outlive the benchmark, however it ends.
const actions = new Set();
process.once('exit', () => actions.forEach((action) => action()));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/** `action` (synchronous) runs when the process ends; the function that this gives takes it back. */
export function atExit(action) {
  actions.add(action);
  return () => actions.delete(action);
}
