#!/bin/bash
# Builds the Debian package of the last commit twice, in two folders with different names and with different file
# permissions, language and time zone, and compares the bytes of the program and of the package.
#
#   scripts/reproducible.sh [--keep FOLDER] [--jobs N] [--help]
#
#   --keep FOLDER  build there instead of in a temporary folder, and keep the two packages
#   --jobs N       number of parallel compilers (default: the number of processors)
#
# Exit status: 0 equal bytes, 1 different bytes or a failure, 2 bad usage.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

folder=
jobs=$(nproc)
while [ $# -gt 0 ]; do
  case $1 in
    --keep) folder=${2:?"--keep needs a folder"}; shift ;;
    --jobs) jobs=${2:?"--jobs needs a number"}; shift ;;
    -h|--help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) printf 'error: unknown option %s; --help shows all\n' "$1" >&2; exit 2 ;;
  esac
  shift
done
if [ -z "$folder" ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
fi
commit=$(git rev-parse HEAD) # once: another commit may come while the first builds
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# build_in FOLDER: clone, build and package there
build_in() {
  say "building in $1"
  git clone -q . "$1/source"
  git -C "$1/source" checkout -q "$commit"
  cmake -S "$1/source" -B "$1/out" -G Ninja -D CMAKE_BUILD_TYPE=Release -D BUILD_TESTING=OFF --log-level=WARNING
  cmake --build "$1/out" -j "$jobs" >"$1/log" || { cat "$1/log"; exit 1; }
  # cpack leaves its umask on the members of the package
  (umask 022 && cd "$1/out" && cpack -G DEB >>"$1/log") || { cat "$1/log"; exit 1; }
}
(
  umask 022
  build_in "$folder/one"
)
(
  umask 077
  export LC_ALL=C TZ=Pacific/Kiritimati
  build_in "$folder/the-other-build"
)

status=0
for file in initsweep 'initsweep_*.deb'; do
  # shellcheck disable=SC2086 # a pattern
  if cmp "$folder"/one/out/$file "$folder"/the-other-build/out/$file; then
    sha256sum "$folder"/one/out/$file | sed 's|  .*/|  |'
  else
    status=1
  fi
done
if [ $status -eq 0 ]; then
  say "the same bytes"
fi
exit $status
