#!/bin/bash
# Reproduces published results: builds, trains the sweeps of data/papers, and writes the numbers, figures and the page
# papers.md into out/papers/. All papers take less than ten minutes on two cores.
#
#   scripts/reproduce_papers.sh [--only NAME]... [--list] [--again] [--ranks N] [--out FOLDER] [--program FILE]
#                               [--update] [--help]
#
#   --only NAME     only this paper, such as he_2015; may be given several times
#   --list          print the papers
#   --again         train again, even if results exist (default: keep them)
#   --ranks N       MPI ranks (default 2)
#   --out FOLDER    folder for results, numbers and figures (default out/papers)
#   --program FILE  use this initsweep instead of building one
#   --update        also renew docs/papers.md, its pictures and the numbers in data/papers
#
# Can be interrupted; the same command resumes it. Exit status: 0 every number is within its tolerance, 1 one is not, or
# a failure, 2 bad usage, 75 interrupted.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

again=no
ranks=2
out=out/papers
program=
only=()
update=()
list=no
while [ $# -gt 0 ]; do
  case $1 in
    --only) only+=(--only "${2:?"--only needs a paper, such as he_2015"}"); shift ;;
    --list) list=yes ;;
    --again) again=yes ;;
    --ranks) ranks=${2:?"--ranks needs a number"}; shift ;;
    --out) out=${2:?"--out needs a folder"}; shift ;;
    --program) program=${2:?"--program needs a file"}; shift ;;
    --update) update=(--update) ;;
    -h|--help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) printf 'error: unknown option %s; --help shows all\n' "$1" >&2; exit 2 ;;
  esac
  shift
done

if [ -z "$program" ]; then
  install_packages build run
fi

reproduce() {
  PYTHONPATH=scripts PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m papers.reproduce --results "$out" \
    ${only[0]+"${only[@]}"} "$@"
}

if [ "$list" = yes ]; then
  reproduce --list
  exit 0
fi
sweeps=$(reproduce --sweeps) || exit $?
if [ -z "$program" ]; then
  build release OFF # the tests need more packages
  program=build/release/initsweep
fi
mpi_ranks "$ranks"
mkdir -p "$out"
# shellcheck disable=SC2086 # names, one a word
train_sweeps data/papers "$out" "$again" $sweeps
status=0
reproduce ${update[0]+"${update[@]}"} || status=$? # papers.md tells of numbers outside their tolerance, too
[ "$status" -le 1 ] || exit "$status"
say "$out/papers.md, $out/figures/"
exit "$status"
