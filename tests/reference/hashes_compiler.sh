#!/bin/bash
# Builds the programs that print hashes by another compiler, or with another level of optimisation, and compares their
# output with the files of hashes.
#
#   hashes_compiler.sh COMPILER BUILD-FOLDER [LEVEL]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
compiler=$1 build=$2 level=${3:--O3}

command -v "$compiler" >/dev/null || exec "$here/../requirements.py" "$compiler"
"$compiler" --version | head -n 1
cmake -S "$here/standalone" -B "$build" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_FLAGS_RELEASE="$level -DNDEBUG" -DINITSWEEP_KERNEL_LEVEL="$level" >/dev/null
cmake --build "$build"
"$here/hashes.sh" "$here/hashes.txt" "$build/hashes"
"$here/hashes.sh" "$here/../exact/hashes.txt" "$build/exact_hashes"
