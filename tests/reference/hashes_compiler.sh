#!/bin/bash
# Builds the programs that print hashes by another compiler and compares their output with the files of hashes.
#
#   hashes_compiler.sh COMPILER BUILD-FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
compiler=$1 build=$2

command -v "$compiler" >/dev/null || exec "$here/../requirements.py" "$compiler"
"$compiler" --version | head -n 1
cmake -S "$here/standalone" -B "$build" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$build"
"$here/hashes.sh" "$here/hashes.txt" "$build/hashes"
"$here/hashes.sh" "$here/../exact/hashes.txt" "$build/exact_hashes"
