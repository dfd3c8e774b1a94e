# shellcheck shell=bash
# Configuring and building a preset of CMakePresets.json. Source after common.sh.

# A clone in another folder, or another work tree, gets the same objects out of ccache, where that is installed.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PROJECT_DIR} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-yes}

# The folder that a preset builds in.
preset_dir() { if [[ $1 == release ]]; then echo build; else echo "build/$1"; fi; }

# ThreadSanitizer's run-time of older compilers can't live with the kernel's wide address randomisation, and a build runs what it
# has built to learn its tests. So whatever the preset tsan runs, it runs without randomisation where that is allowed.
preset_env() {
  if [[ $1 == tsan ]] && setarch --addr-no-randomize true 2>/dev/null; then echo setarch --addr-no-randomize; fi
}

# build_preset PRESET [TARGET...]: all targets when none is named. Says nothing unless it fails, or a terminal watches.
build_preset() {
  local preset=$1 dir quiet=() wrapper=()
  shift
  dir=$(preset_dir "$preset")
  read -ra wrapper < <(preset_env "$preset") || true
  # Ninja configures again by itself when a CMakeLists.txt changed; of the presets it knows nothing.
  if [[ ! -e $dir/build.ninja || CMakePresets.json -nt $dir/build.ninja ]]; then
    quietly "configuring $preset" cmake --preset "$preset"
    touch "$dir/build.ninja"
  fi
  [[ -t 1 ]] || quiet=(--quiet)
  "${wrapper[@]}" ninja -C "$dir" -j "$JOBS" "${quiet[@]}" "$@" || die "building the preset $preset failed"
}
