#!/bin/bash
# What the browser tests need from npm, into FOLDER/node_modules: nothing is done where the lock file has not changed.
#
#   setup.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?"a folder is needed"}

for tool in node npm chromium; do
  command -v "$tool" >/dev/null || { echo "error: $tool is not installed (scripts/packages.txt)" >&2; exit 1; }
done
mkdir -p "$folder"
if cmp -s "$here/package-lock.json" "$folder/node_modules/.lock-of-tests"; then
  echo "node_modules: up to date"
  exit 0
fi
cp "$here/package.json" "$here/package-lock.json" "$folder"
cd "$folder"
npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=2 --fetch-timeout=60000 || {
  echo "error: npm ci failed; the browser tests need two packages from $(npm config get registry)" >&2
  exit 1
}
cp package-lock.json node_modules/.lock-of-tests
