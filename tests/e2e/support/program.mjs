// A program under test: started, watched, and stopped by its own process id.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

const patience = 20_000;

const folders = [];
process.once('exit', () => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

/** A folder that is gone when the test process ends. */
export function temporaryFolder() {
  folders.push(fs.mkdtempSync(path.join(os.tmpdir(), 'pgw-e2e-')));
  return folders.at(-1);
}

/** Resolves with what `probe` gives as soon as that isn't undefined; `probe` is asked whenever something may have changed. */
export async function eventually(what, probe, { within = patience, every = 20 } = {}) {
  const end = Date.now() + within;
  for (;;) {
    const result = await probe();
    if (result !== undefined) return result;
    if (Date.now() > end) throw new Error(`in ${within} ms there was no ${what}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/** Those that run. A test that fails half-way must not leave servers behind, which would also keep the test process from ending. */
const running = new Set();
const killAll = () => running.forEach((program) => program.child.kill('SIGKILL'));
after(killAll);
process.once('exit', killAll);

export class Program {
  stdout = '';
  stderr = '';

  constructor(file, args, { env = {}, cwd } = {}) {
    this.name = path.basename(file);
    this.child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.ended.catch(() => {});
    running.add(this);
  }

  hasEnded() {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  kill(signal) {
    assert.ok(!this.hasEnded(), `${this.name} has ended already: ${this.stderr}`);
    process.kill(this.child.pid, signal);
  }

  /** The content of a --ready-file, once it is there. */
  ready(file) {
    return eventually(`ready file of ${this.name}`, () => {
      if (this.hasEnded()) throw new Error(`${this.name} ended before it was ready:\n${this.stderr}`);
      if (!fs.existsSync(file)) return undefined;
      const text = fs.readFileSync(file, 'utf8');
      return text.endsWith('}') || text.endsWith('}\n') ? JSON.parse(text) : undefined;
    });
  }

  /** SIGTERM; the program must end by itself, in order. */
  async stop() {
    if (!this.hasEnded()) this.child.kill('SIGTERM');
    const { code, signal } = await this.ended;
    running.delete(this);
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `${this.name} did not end well:\n${this.stderr}`);
  }

  /** Standard error, whose every line is JSON while the program serves. */
  events() {
    return this.stderr.split('\n').slice(0, -1).map((line) => JSON.parse(line));
  }

  /** The first event that `matches`. The log is written by a thread of its own: an event may come after what it tells of. */
  event(what, matches) {
    return eventually(`event: ${what}`, () => this.events().find(matches));
  }
}
