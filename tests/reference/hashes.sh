#!/bin/bash
# Compares the output of a hashes program with hashes.txt.
#
#   hashes.sh PROGRAM [ARGUMENT...]
set -euo pipefail
expected=$(dirname "$0")/hashes.txt
actual=$("$@")
diff -u "$expected" <(printf '%s\n' "$actual")
printf '%s lines as in hashes.txt\n' "$(wc -l <"$expected")"
