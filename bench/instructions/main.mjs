// Compares the instructions per request with those that were accepted (accepted.json beside this file); fails when one has grown by
// more than 5% and names it. `--accept` writes the new figures instead: commit them with the change that explains them.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { buildDir, projectDir } from '../harness/places.mjs';
import { table } from '../harness/report.mjs';
import { countInstructions } from './count.mjs';

const acceptedFile = path.join(projectDir, 'bench', 'instructions', 'accepted.json');
const tolerance = 0.05;

const firstLine = (file, ...args) => execFileSync(file, args, { encoding: 'utf8' }).split('\n')[0];

/** What decides the counts beside our own code: other compilers and libraries execute other numbers of instructions. */
function toolchain() {
  const cache = fs.readFileSync(path.join(buildDir, 'CMakeCache.txt'), 'utf8');
  const compiler = /^CMAKE_CXX_COMPILER:\w+=(.*)$/m.exec(cache)[1];
  return {
    architecture: process.arch,
    compiler: firstLine(compiler, '--version'),
    libc: firstLine('ldd', '--version'),
    libcurl: firstLine('pkg-config', '--modversion', 'libcurl'),
    libpistache: firstLine('pkg-config', '--modversion', 'libpistache'),
    valgrind: firstLine('valgrind', '--version'),
  };
}

function differences(accepted, now) {
  return Object.keys(now).filter((name) => accepted[name] !== now[name]).map((name) => `${name} was ${accepted[name]}, is ${now[name]}`);
}

function print(figures, accepted) {
  const change = (name) => (accepted[name] === undefined ? 'new' : `${(100 * (figures[name] / accepted[name] - 1)).toFixed(1)}%`);
  process.stdout.write(`${table([['instructions per', 'accepted', 'now', 'change'], ...Object.keys(figures).map((name) =>
    [name, String(accepted[name] ?? ''), String(figures[name]), change(name)])])}\n`);
}

function check(figures, accepted, tools) {
  print(figures, accepted.figures);
  const other = differences(accepted.toolchain, tools);
  if (other.length > 0) {
    process.stdout.write(`\nNothing is judged: the accepted figures belong to another toolchain (${other.join('; ')}).\n`);
    return;
  }
  const grown = Object.keys(accepted.figures).filter((name) => figures[name] > accepted.figures[name] * (1 + tolerance));
  if (grown.length === 0) return;
  process.stdout.write(`\nGrown by more than ${tolerance * 100}%: ${grown.join(', ')}. If that is the price of something worth it: scripts/bench --instructions --accept\n`);
  process.exitCode = 1;
}

async function main() {
  const figures = await countInstructions();
  const accepts = process.argv.includes('--accept');
  const accepted = fs.existsSync(acceptedFile) ? JSON.parse(fs.readFileSync(acceptedFile, 'utf8')) : undefined;
  if (accepts || accepted === undefined) {
    print(figures, accepted?.figures ?? {});
    fs.writeFileSync(acceptedFile, `${JSON.stringify({ toolchain: toolchain(), figures }, null, 2)}\n`);
  } else {
    check(figures, accepted, toolchain());
  }
  process.exit();
}

main().catch((error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exit(1);
});
