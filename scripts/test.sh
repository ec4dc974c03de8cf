#!/bin/bash
# All tests: installs what is missing, builds, runs ctest. The last lines are ctest's own summary of the whole suite.
#
#   scripts/test.sh [--fast | --long] [--preset NAME] [--no-sanitizers] [--help] [-- CTEST-ARGUMENTS...]
#
#   --fast            only the tier for every build (ctest -L fast): unit tests, errors of sweep files, a short
#                     exactness run, style; under a minute on two cores after the build
#   --long            only the long forms (ctest -L long): minutes to hours, and some of them need the network
#   --preset NAME     build and test with this preset: release (default), debug, clang, asan-ubsan, tsan
#   --no-sanitizers   leave out the unit and cluster tests under the address, undefined-behaviour and thread sanitizers
#   -- ARGUMENTS      to ctest: -- -R sweep, -- -L style, ...
#
# Asks nothing. Packages are installed as root or by sudo, and only those that are missing (scripts/packages.txt). A
# test that lacks a tool is skipped; with INITSWEEP_REQUIRE_ALL=1 in the environment it fails (tests/requirements.py).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

preset=release
sanitizers=yes
tier=whole
while [ $# -gt 0 ]; do
  case $1 in
    --fast) tier=fast ;;
    --long) tier=long ;;
    --preset) preset=${2:?"--preset needs a name"}; sanitizers=no; shift ;;
    --no-sanitizers) sanitizers=no ;;
    -h|--help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    --) shift; break ;;
    *) printf 'error: unknown option %s; --help shows all\n' "$1" >&2; exit 2 ;;
  esac
  shift
done

groups=(build run docs test)
long=OFF
selection=()
if [ "$tier" != whole ]; then
  sanitizers=no
  selection=(-L "$tier")
fi
if [ "$tier" = long ]; then
  groups+=(long)
  long=ON
fi
install_packages "${groups[@]}"

# A failure under a sanitizer is told at the end; the other tests still run.
failed=()
if [ "$sanitizers" = yes ]; then
  for sanitizer in asan-ubsan tsan; do
    build "$sanitizer" ON -DINITSWEEP_WERROR=ON
    say "unit and cluster tests under $sanitizer"
    ctest --preset "$sanitizer" -L 'unit|cluster' || failed+=("$sanitizer")
  done
fi

build "$preset" ON -DINITSWEEP_WERROR=ON -DINITSWEEP_TEST_LONG="$long"
say "tests of build/$preset ($tier)"
[ ${#failed[@]} -eq 0 ] || say "failed under sanitizers: ${failed[*]} (see above)"
if [ "$tier" = whole ] && [ $# -eq 0 ]; then
  # of a whole run: the features that docs/comparison.md claims are shown by tests that ran
  report=$PWD/build/$preset/ctest.xml
  ctest --preset "$preset" --output-junit "$report" --test-output-size-passed 1000000 || exit 1
  [ "$preset" != release ] || tests/docs/feature_evidence.py "$report"
else
  ctest --preset "$preset" "${selection[@]}" "$@" || exit 1
fi
[ ${#failed[@]} -eq 0 ]
