# shellcheck shell=bash
# What every script of this folder shares. Source it; it leaves the caller in the top folder of the project.
set -euo pipefail
unset CDPATH  # with it, cd prints

# As the caller named it, which is relative to where it stands.
SCRIPT=$(cd "$(dirname "$0")" && pwd)/${0##*/}
PROJECT_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$PROJECT_DIR"
# shellcheck disable=SC2034  # for the scripts that source this file
{
  JOBS=$(nproc)
  TOOLS_DIR=$PROJECT_DIR/build/tools
}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# Prints the comment at the head of the calling script: its documentation is its --help.
print_help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$SCRIPT"; }

# quietly WHAT COMMAND...: runs it with its output in build/log/; shows the end of that only if it fails.
quietly() {
  local what=$1 log
  shift
  mkdir -p build/log
  log=build/log/${what//[^a-zA-Z0-9]/-}.log
  if "$@" >"$log" 2>&1 </dev/null; then return; fi
  tail -n 60 "$log" >&2
  die "$what failed (all of it in $log): $*"
}
