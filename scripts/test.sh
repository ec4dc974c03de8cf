#!/bin/bash
# All tests: installs what is missing, builds, runs ctest. The last lines are ctest's own summary of the whole suite.
#
#   scripts/test.sh [--preset NAME] [--no-sanitizers] [--help] [-- CTEST-ARGUMENTS...]
#
#   --preset NAME     build and test with this preset: release (default), debug, clang, asan-ubsan, tsan
#   --no-sanitizers   leave out the unit and cluster tests under the address, undefined-behaviour and thread sanitizers
#   -- ARGUMENTS      to ctest: -- -R sweep, -- -L style, ...
#
# Asks nothing. Packages are installed as root or by sudo, and only those that are missing (scripts/packages.txt).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

preset=release
sanitizers=yes
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=${2:?"--preset needs a name"}; sanitizers=no; shift ;;
    --no-sanitizers) sanitizers=no ;;
    -h|--help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    --) shift; break ;;
    *) printf 'error: unknown option %s; --help shows all\n' "$1" >&2; exit 2 ;;
  esac
  shift
done

install_packages build run docs test
allow_mpirun

# A failure under a sanitizer is told at the end; the other tests still run.
failed=()
if [ "$sanitizers" = yes ]; then
  for sanitizer in asan-ubsan tsan; do
    build "$sanitizer" ON
    say "unit and cluster tests under $sanitizer"
    ctest --preset "$sanitizer" -L 'unit|cluster' || failed+=("$sanitizer")
  done
fi

build "$preset" ON
say "tests of build/$preset"
[ ${#failed[@]} -eq 0 ] || say "failed under sanitizers: ${failed[*]} (see above)"
ctest --preset "$preset" "$@" || exit 1
[ ${#failed[@]} -eq 0 ]
