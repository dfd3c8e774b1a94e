# shellcheck shell=bash
# The packages of Debian 12, Debian 13 and Ubuntu 24.04 that each purpose needs, and how they get here. Source after common.sh.

# shellcheck disable=SC2034  # the lists are for the scripts that source this file
{
  BUILD_PACKAGES=(g++ cmake ninja-build pkgconf
    libpistache-dev libcurl4-openssl-dev libssl-dev nlohmann-json3-dev libyaml-dev libre2-dev libpcre2-dev libxxhash-dev
    libsqlite3-dev libcli11-dev prometheus-cpp-dev catch2 zlib1g-dev libbrotli-dev libzstd-dev)
  # The curl lines that `serve --sandbox` prints; certificates for an https upstream.
  RUN_PACKAGES=(curl ca-certificates)
  LINT_PACKAGES=(clang-format clang-tidy shellcheck)
  FUZZ_PACKAGES=(clang)
  NODE_PACKAGES=(nodejs npm)
  # What scripts/bench counts instructions with.
  COUNT_PACKAGES=(valgrind)
}

# Prints those of its arguments that are not installed, one a line.
missing_packages() {
  local installed package
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    grep -qxF "installed $package" <<<"$installed" || printf '%s\n' "$package"
  done
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "installing packages needs root or sudo; ask an administrator for: apt-get install ${MISSING[*]}"
  fi
}

APT=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)

# Installs those packages that are missing. Asks apt nothing when none is.
ensure_packages() {
  command -v dpkg-query >/dev/null || die "not a Debian system; install by hand what Debian calls: $*"
  mapfile -t MISSING < <(missing_packages "$@")
  [[ ${#MISSING[@]} -gt 0 ]] || return 0
  say "installing ${MISSING[*]}"
  # Ask for the password, if one is wanted, before the output goes to a file.
  as_root true
  quietly "apt-get update" as_root "${APT[@]}" update
  quietly "apt-get install" as_root "${APT[@]}" install -y --no-install-recommends "${MISSING[@]}"
}

# libFuzzer and the sanitizers of the clang that is there: a package of clang's own number.
fuzzer_runtime_package() { echo "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"; }

# Node.js 18 or newer with npm: whatever is there, else the distribution's.
ensure_node() {
  if command -v npm >/dev/null && node -e 'process.exit(+(parseInt(process.versions.node) < 18))' 2>/dev/null; then return; fi
  ensure_packages "${NODE_PACKAGES[@]}"
}

# ensure_tool PROGRAM PACKAGE: PROGRAM on the PATH, from the system or from PACKAGE unpacked under build/tools/. For services: installed,
# they would start on a developer's machine and take their ports. Libraries that the package needs and the system lacks are unpacked
# beside it: what is linked against them is run by `with_tool_libraries`.
ensure_tool() {
  local program=$1 package=$2
  case :$PATH: in *:$TOOLS_DIR/usr/bin:*) ;; *) export PATH=$PATH:$TOOLS_DIR/usr/bin:$TOOLS_DIR/usr/sbin ;; esac
  if command -v "$program" >/dev/null; then return; fi
  say "unpacking $package under build/tools/"
  quietly "download of $package" download_package "$package"
  command -v "$program" >/dev/null || die "the package $package has no program $program"
}

# with_tool_libraries COMMAND...: runs it with the libraries that ensure_tool has unpacked, which are in these folders.
with_tool_libraries() { LD_LIBRARY_PATH=$(tool_libraries) "$@"; }
tool_libraries() { find "$TOOLS_DIR/usr/lib" -maxdepth 1 -type d -name '*-linux-*' | paste -sd:; }

# With what apt would install along with it.
download_package() {
  local package=$1 folder archive
  folder=$(mktemp -d)
  download_into "$folder" "$package" || { as_root "${APT[@]}" update && download_into "$folder" "$package"; }
  mkdir -p "$TOOLS_DIR"
  for archive in "$folder"/*.deb; do dpkg -x "$archive" "$TOOLS_DIR"; done
  rm -r "$folder"
}

download_into() {
  local folder=$1 package=$2 wanted
  mapfile -t wanted < <("${APT[@]}" --simulate install --no-install-recommends "$package" | awk '$1 == "Inst" { print $2 }')
  [[ ${#wanted[@]} -gt 0 ]] && (cd "$folder" && "${APT[@]}" download "${wanted[@]}")
}
