#!/bin/bash
# From a fresh clone to a figure: installs missing packages, builds, trains two sweeps, draws their figures.
#
#   scripts/quickstart.sh [--again] [--ranks N] [--out FOLDER] [--help]
#
#   --again       train again, even if results exist (default: keep them)
#   --ranks N     MPI ranks (default 2)
#   --out FOLDER  folder for results and figures (default out)
#
# Runs without questions. Installs only missing packages (scripts/packages.txt), as root or with sudo.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

again=no
ranks=2
out=out
while [ $# -gt 0 ]; do
  case $1 in
    --again) again=yes ;;
    --ranks) ranks=${2:?"--ranks needs a number"}; shift ;;
    --out) out=${2:?"--out needs a folder"}; shift ;;
    -h|--help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) printf 'error: unknown option %s; --help shows all\n' "$1" >&2; exit 2 ;;
  esac
  shift
done

install_packages build run
build release OFF # the tests need more packages
mpi_ranks "$ranks"
mkdir -p "$out"
program=build/release/initsweep

for sweep in quickstart-digits quickstart-xor; do
  results=$out/$sweep.h5
  if [ "$again" = yes ]; then
    rm -rf "$results" "$results.parts"
  fi
  say "training data/examples/$sweep.yaml on $ranks ranks, writing $results"
  "${mpi[@]}" "$program" run "data/examples/$sweep.yaml" -o "$results" ||
    fail "no results (status $?); --again trains again"
  say "$results"
  "$program" show "$results"
done

for sweep in quickstart-digits quickstart-xor; do
  say "drawing $out/$sweep.png and $out/$sweep.svg"
  /usr/bin/python3 scripts/plot.py overview "$out/$sweep.h5" -o "$out/$sweep"
done
say "done: look at $out/quickstart-digits.png"
cat <<'END'
To run initsweep from any folder, as docs/tutorial.md does next:
  cmake --install build/release --prefix ~/.local
  export PATH=~/.local/bin:$PATH    # for this terminal; ~/.profile keeps it
END
