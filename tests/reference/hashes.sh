#!/bin/bash
# Compares the output of a program that prints hashes with a file of them.
#
#   hashes.sh HASHES-FILE PROGRAM [ARGUMENT...]
set -euo pipefail
expected=$1
shift
actual=$("$@")
diff -u "$expected" <(printf '%s\n' "$actual") || {
  echo 'Bits have changed: a mistake, or a new version of the bits (docs/numerics.md, "Version of the bits").' >&2
  exit 1
}
printf '%s lines as in %s\n' "$(grep -c ' float' "$expected")" "$expected"
