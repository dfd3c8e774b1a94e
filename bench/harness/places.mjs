// Where things are: the project, its build, the unpacked tools; and a folder in memory that is gone when the benchmark ends.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { atExit } from './cleanup.mjs';

export const projectDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const buildDir = path.join(projectDir, 'build');
export const toolsDir = path.join(buildDir, 'tools');
export const contractFile = path.join(projectDir, 'config', 'projects-v4.openapi.yaml');

export const program = (name) => path.join(buildDir, name);
export const bodyFile = (name) => path.join(projectDir, 'bench', 'bodies', `${name}.json`);
export const peerFile = (name) => path.join(projectDir, 'bench', 'peers', name);

const memory = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();

export function temporaryFolder() {
  const folder = fs.mkdtempSync(path.join(memory, 'pgw-bench-'));
  atExit(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** `file` of bench/peers with its @NAMES@ filled in, written into `folder`; gives the path. */
export function filledIn(file, folder, values) {
  const text = fs.readFileSync(peerFile(file), 'utf8').replace(/@(\w+)@/g, (_, name) => {
    if (values[name] === undefined) throw new Error(`${file} wants a value for ${name}`);
    return values[name];
  });
  const target = path.join(folder, file);
  fs.writeFileSync(target, text);
  return target;
}
