#!/bin/bash
# Builds the programs that print hashes for 64-bit Arm, runs them under qemu and compares their output with the files
# of hashes.
#
#   hashes_arm64.sh BUILD-FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/common.sh
. "$here/../../scripts/common.sh"
mkdir -p "$1"
build=$(cd "$1" && pwd)

# missing WHAT: ends the test
missing() { exec "$here/../requirements.py" "$1"; }
command -v aarch64-linux-gnu-gcc >/dev/null || missing "aarch64-linux-gnu-gcc (package gcc-aarch64-linux-gnu)"
command -v qemu-aarch64 >/dev/null || missing "qemu-aarch64 (package qemu-user)"
[ -e /usr/aarch64-linux-gnu/include/stdlib.h ] || missing "a C library for Arm (package libc6-dev-arm64-cross)"
[ -d /usr/include/Random123 ] || missing "Random123 (package librandom123-dev)"
[ -e /usr/include/xxhash.h ] || missing "xxHash (package libxxhash-dev)"

# Random123 and xxHash are headers alone; a folder with nothing else keeps this machine's own headers out.
mkdir -p "$build/include"
ln -sfn /usr/include/Random123 /usr/include/xxhash.h "$build/include/"

aarch64-linux-gnu-gcc --version | head -n 1
cmake -S "$here/standalone" -B "$build/program" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc \
  -DRANDOM123_INCLUDE_DIR="$build/include" >/dev/null
cmake --build "$build/program"
"$here/hashes.sh" "$here/hashes.txt" qemu-aarch64 -L /usr/aarch64-linux-gnu "$build/program/hashes"
"$here/hashes.sh" "$here/../exact/hashes.txt" qemu-aarch64 -L /usr/aarch64-linux-gnu "$build/program/exact_hashes"
