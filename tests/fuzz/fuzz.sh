#!/bin/bash
# Builds the fuzz targets with clang and runs each for some seconds from the corpus in the tree and other seeds.
#
#   tests/fuzz/fuzz.sh [--keep] [SECONDS] [TARGET...]     600 seconds; sweep, csv, idx, npy, journal, results
#
#   --keep   what a target has found is minimised and replaces tests/fuzz/corpus/TARGET.corpus, which ctest reads
#
# The build is in build/fuzz, the corpora that grow there are in build/fuzz/corpus. Exit status 1 where something was
# found.
set -euo pipefail
cd "$(dirname "$0")/../.."
keep=no
if [ "${1:-}" = --keep ]; then
  keep=yes
  shift
fi
seconds=${1:-600}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- sweep csv idx npy journal results
build=${INITSWEEP_FUZZ_BUILD:-build/fuzz}
cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O1 -g" -DINITSWEEP_FUZZ=ON -DINITSWEEP_SANITIZE=address,undefined,fuzzer-no-link
ninja -C "$build" "${@/#/fuzz_}"

seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
mkdir "$seeds/sweep" "$seeds/csv" "$seeds/idx" "$seeds/npy" "$seeds/journal" "$seeds/results"
cp tests/sweep_errors/*.yaml "$seeds/sweep"
find data -name '*.yaml' -exec cp {} "$seeds/sweep" \;
# the first byte chooses the parameters
printf 'Aa,b,y\n1,2,0\n3,4.5e-3,1\n' > "$seeds/csv/plain"
printf 'B"a ""b""",y\r\n"1",x\r\n2,z\r\n' > "$seeds/csv/quoted"
printf 'C\xef\xbb\xbf1;2;0\n\n 3 ; 4;1\r' > "$seeds/csv/marked"
# ... and after it, for a pair of arrays, the length of the first
for how in '\x00' '\x01' '\x02' '\x80'; do
  printf '%b\x10\x00\0\0\x08\x02\0\0\0\x02\0\0\0\x02abcd\0\0\x08\x01\0\0\0\x02\0\x01' "$how" \
    > "$seeds/idx/bytes-${how#\\}"
  printf "%b\x4e\x00\x93NUMPY\x01\x00\x40\x00%-63s\nabcd\x93NUMPY\x01\x00\x40\x00%-63s\n\x00\x01" "$how" \
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }" \
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }" > "$seeds/npy/bytes-${how#\\}"
  printf "%b\x5a\x00\x93NUMPY\x02\x00\x40\x00\x00\x00%-63s\n%016d\x93NUMPY\x01\x00\x40\x00%-63s\n%016d" "$how" \
    "{'descr': '>f8', 'fortran_order': False, 'shape': (2, 1), }" 0 \
    "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }" 0 > "$seeds/npy/long-${how#\\}"
done
# ... or the file of a run that it is, and which checksums are made right
for file in tests/faults/journals/*.journal; do
  for how in '\x00' '\x01' '\x03' '\x0b'; do
    { printf '%b' "$how"; cat "$file"; } > "$seeds/journal/$(basename "$file")-${how#\\}"
  done
done
# ... or a place in a results file, and bytes to put there (255: its end)
for place in 00 08 20 40 60 80 c0; do
  for bytes in '\x01\xff' '\x04\0\0\0\0' '\x08\xff\xff\xff\xff\xff\xff\xff\xff' '\xff.'; do
    printf '%b' "\x00\x$place$bytes" > "$seeds/results/$place-${bytes//\\/}"
  done
done
printf '\x04IXSWSWP1\x01\x00\x00\x00\x04\x00\x00\x00%064d' 0 > "$seeds/journal/origin"

status=0
for target in "$@"; do
  corpus=$build/corpus/$target fuzz=$build/tests/fuzz/fuzz_$target kept=tests/fuzz/corpus/$target.corpus
  mkdir -p "$corpus"
  [ ! -e "$kept" ] || /usr/bin/python3 tests/fuzz/corpus.py unpack "$kept" "$corpus"
  "$fuzz" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=60 -malloc_limit_mb=100000 -max_len=20000 \
    -print_final_stats=1 -artifact_prefix="$build/corpus/" "$corpus" "$seeds/$target" 2> "$corpus.log" || status=1
  printf '%s: ' "$target"
  grep -E 'stat::number_of_executed_units|ERROR|SUMMARY' "$corpus.log" | tr '\n' ' '
  printf '\n'
  if [ "$keep" = yes ] && [ "$status" -eq 0 ]; then
    rm -rf "$corpus.least"
    mkdir "$corpus.least"
    "$fuzz" -merge=1 -max_len=4000 "$corpus.least" "$corpus" "$seeds/$target" 2>> "$corpus.log"
    mkdir -p tests/fuzz/corpus
    /usr/bin/python3 tests/fuzz/corpus.py pack "$corpus.least" "$kept"
    printf '%s: %s inputs, %s bytes in %s\n' "$target" "$(find "$corpus.least" -type f | wc -l)" \
      "$(stat -c %s "$kept")" "$kept"
  fi
done
exit "$status"
