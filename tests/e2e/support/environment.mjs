// Where things are, and what to do without them.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

function fromEnvironment(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this by ctest -L e2e`);
  return value;
}

export const sourceDir = fromEnvironment('PGW_SOURCE_DIR');
export const buildDir = fromEnvironment('PGW_BUILD_DIR');
export const gatewayProgram = fromEnvironment('PGW_GATEWAY');
export const sandboxProgram = fromEnvironment('PGW_SANDBOX');
export const contractFile = path.join(sourceDir, 'config', 'projects-v4.openapi.yaml');

/** The unmodified npm client. */
export const { Humanloop } = createRequire(path.join(buildDir, 'e2e', 'package.json'))('humanloop');

/** A reason to skip when `program` isn't there; with PGW_REQUIRE_TOOLS nothing may be skipped. */
export function skipWithout(program) {
  const found = spawnSync(program, ['--version']).error === undefined;
  if (found || process.env.PGW_REQUIRE_TOOLS) return false;
  return `${program} isn't here: scripts/test installs it`;
}
