#!/bin/bash
# Compares the output of a hashes program with hashes.txt.
#
#   hashes.sh PROGRAM [ARGUMENT...]
set -euo pipefail
expected=$(dirname "$0")/hashes.txt
actual=$("$@")
diff -u "$expected" <(printf '%s\n' "$actual") || {
  echo 'Bits have changed: a mistake, or a new version of the bits (docs/numerics.md, "Version of the bits").' >&2
  exit 1
}
printf '%s lines as in hashes.txt\n' "$(grep -c ' float' "$expected")"
