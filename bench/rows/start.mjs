// From the start of the process to the first answer: the contract compiled, a thousand keys read.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { atExit } from '../harness/cleanup.mjs';
import { median } from '../harness/figures.mjs';
import { writeSettings } from '../harness/gateway.mjs';
import { program } from '../harness/places.mjs';

export const title = 'Start to ready, with 1,000 keys and the whole contract';

/** Milliseconds until the ready file is there. The folder is watched: polling would take time from what is timed. */
function startOnce(config, folder) {
  const ready = path.join(folder, 'ready.json');
  return new Promise((resolve, reject) => {
    const watcher = fs.watch(folder);
    const began = process.hrtime.bigint();
    const child = spawn(program('projects-gateway'), ['serve', '--config', config, '--ready-file', ready], { stdio: 'ignore' });
    const forget = atExit(() => child.kill('SIGKILL'));
    let took;
    watcher.on('change', (_, name) => {
      if (name !== 'ready.json' || took !== undefined || !fs.existsSync(ready)) return;
      took = Number(process.hrtime.bigint() - began) / 1e6;
      child.kill('SIGTERM');
    });
    child.once('close', () => {
      watcher.close();
      forget();
      if (took === undefined) reject(new Error('the gateway ended before it was ready'));
      else resolve(took);
    });
  });
}

export async function run({ origin, quick }) {
  const { folder, config } = writeSettings(origin, { keys: 1000 });
  const times = [];
  for (let i = 0; i < (quick ? 5 : 15); ++i) times.push(await startOnce(config, folder));
  const value = median(times);
  return {
    servers: [],
    text: `${value.toFixed(0)} ms, the median of ${times.length} starts (${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)}).`,
    goals: [{ what: 'start to ready', limit: '< 100', unit: ' ms', digits: 0, value }],
  };
}
