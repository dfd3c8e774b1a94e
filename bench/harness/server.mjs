// A process that is measured, or that helps measuring: started on its core, its CPU time and memory read from /proc, ended by its id.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atExit } from './cleanup.mjs';

/** What is measured runs on the first core, whatever loads it on the last: neither takes the other's time. */
export const cores = { server: '0', load: String(os.cpus().length - 1), all: `0-${os.cpus().length - 1}` };

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Resolves with what `probe` gives as soon as that isn't undefined. */
export async function eventually(what, probe, { within = 60_000, every = 20 } = {}) {
  const end = Date.now() + within;
  for (;;) {
    const result = await probe();
    if (result !== undefined) return result;
    if (Date.now() > end) throw new Error(`in ${within} ms there was no ${what}`);
    await pause(every);
  }
}

/** A process and all below it, as the kernel has them now. */
function family(pid) {
  const children = readIfThere(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(family)];
}

/** Empty when it has just gone. */
function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function threadsOf(pid) {
  try {
    return fs.readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

export class Server {
  stderr = '';

  /** `log`: the file that takes its standard output; without, its first line is kept for `firstLine`. */
  constructor(file, args, { core = cores.server, env = {}, log, cwd } = {}) {
    this.name = path.basename(file);
    this.log = log;
    const output = log === undefined ? 'pipe' : fs.openSync(log, 'a');
    this.child = spawn('taskset', ['-c', core, file, ...args],
      { cwd, env: { ...process.env, ...env }, stdio: ['pipe', output, 'pipe'] });
    if (log !== undefined) fs.closeSync(output);
    this.stdout = '';
    this.child.stdout?.setEncoding('utf8').on('data', (text) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr = (this.stderr + text).slice(-4000)));
    this.child.once('error', (error) => (this.stderr += error.message));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    this.forget = atExit(() => this.killNow());
  }

  get pid() {
    return this.child.pid;
  }

  checkAlive() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) {
      throw new Error(`${this.name} has ended: ${this.stderr || this.stdout}`);
    }
  }

  async firstLine() {
    return eventually(`first line of ${this.name}`, () => {
      if (this.stdout.includes('\n')) return this.stdout.split('\n')[0];
      this.checkAlive();
      return undefined;
    });
  }

  async listening(port) {
    const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
    await eventually(`listener of ${this.name}`, () => {
      this.checkAlive();
      return readIfThere('/proc/net/tcp').split('\n').some((line) => line.includes(wanted) && line.includes(' 0A ')) || undefined;
    });
    return this;
  }

  /** Seconds on a core so far, user and system, all threads of all processes: what the scheduler counted, in nanoseconds. */
  cpuSeconds() {
    return sum(family(this.pid).flatMap((pid) => threadsOf(pid).map((thread) =>
      Number(readIfThere(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] || 0)))) / 1e9;
  }

  /** Bytes of a field of /proc/PID/status ("VmRSS", "VmHWM"), summed over the processes. */
  memory(field = 'VmRSS') {
    return sum(family(this.pid).map((pid) =>
      Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? 0))) * 1024;
  }

  /** A log that has been written isn't kept: it lies in memory. */
  forgetLog() {
    if (this.log !== undefined) fs.truncateSync(this.log);
  }

  killNow() {
    for (const pid of family(this.pid).reverse()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    const last = setTimeout(() => this.killNow(), 15_000);
    await this.ended;
    clearTimeout(last);
    this.forget();
  }
}
