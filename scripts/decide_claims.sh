#!/bin/bash
# Decides the claims of the discussion by experiment: builds, trains the sweeps of data/claims, and writes
# out/claims/report.html, out/claims/verdicts.json and out/claims/figures/.
#
#   scripts/decide_claims.sh [--only CNN]... [--again] [--ranks N] [--out FOLDER] [--program FILE] [--help]
#
#   --only CNN      only this claim; may be given several times
#   --again         train again, even if results exist (default: keep them)
#   --ranks N       MPI ranks (default 2)
#   --out FOLDER    folder for results, verdicts and figures (default out/claims)
#   --program FILE  use this initsweep instead of building one
#
# Can be interrupted; the same command resumes it. Exit status: 0 all claims decided, 1 failure or an undecided claim, 2
# bad usage, 75 interrupted.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

again=no
ranks=2
out=out/claims
program=
only=()
while [ $# -gt 0 ]; do
  case $1 in
    --only) only+=("${2:?"--only needs a claim, such as C07"}"); shift ;;
    --again) again=yes ;;
    --ranks) ranks=${2:?"--ranks needs a number"}; shift ;;
    --out) out=${2:?"--out needs a folder"}; shift ;;
    --program) program=${2:?"--program needs a file"}; shift ;;
    -h|--help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) printf 'error: unknown option %s; --help shows all\n' "$1" >&2; exit 2 ;;
  esac
  shift
done

if [ -z "$program" ]; then
  install_packages build run
  build release OFF # the tests need more packages
  program=build/release/initsweep
fi
mpi_ranks "$ranks"

decide() {
  PYTHONPATH=scripts PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m claims.decide --results "$out" \
    ${only[0]+--only "${only[@]}"} "$@"
}

sweeps=$(decide --sweeps) || exit $?
mkdir -p "$out"
# shellcheck disable=SC2086 # names, one a word
train_sweeps data/claims "$out" "$again" $sweeps
status=0
decide || status=$? # the report tells of claims that are not decided, too
[ "$status" -le 1 ] || exit "$status"
PYTHONDONTWRITEBYTECODE=1 scripts/report.py "$out/verdicts.json" -o "$out/report.html" --figures "$out/figures"
say "$out/report.html, $out/verdicts.json, $out/figures/"
exit "$status"
