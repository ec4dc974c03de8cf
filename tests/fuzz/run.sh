#!/bin/bash
# Builds the fuzz targets with clang and runs each for some seconds from the seeds in the tree.
#
#   tests/fuzz/run.sh [SECONDS] [TARGET...]     600 seconds; sweep, csv, arrays and journal
#
# The build is in build/fuzz, the corpora that grow there are in build/fuzz/corpus. Exit status 1 where something was found.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-600}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- sweep csv arrays journal
build=${INITSWEEP_FUZZ_BUILD:-build/fuzz}
cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O1 -g" -DINITSWEEP_FUZZ=ON -DINITSWEEP_SANITIZE=address,undefined,fuzzer-no-link
ninja -C "$build" fuzz_sweep fuzz_csv fuzz_arrays fuzz_journal

seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
mkdir "$seeds/sweep" "$seeds/csv" "$seeds/arrays" "$seeds/journal"
cp tests/sweep_errors/*.yaml "$seeds/sweep"
find data -name '*.yaml' -exec cp {} "$seeds/sweep" \;
# the first byte chooses the parameters
printf 'Aa,b,y\n1,2,0\n3,4.5e-3,1\n' > "$seeds/csv/plain"
printf 'B"a ""b""",y\r\n"1",x\r\n2,z\r\n' > "$seeds/csv/quoted"
printf 'C\xef\xbb\xbf1;2;0\n\n 3 ; 4;1\r' > "$seeds/csv/marked"
# ... IDX and .npy, plain and packed
printf '\x00\x00\x00\x08\x02\x00\x00\x00\x03\x00\x00\x00\x02\x00\x33\x66\x99\xcc\xff' > "$seeds/arrays/idx"
printf "\x01\x93NUMPY\x01\x00\x3e\x00{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }    \n\x00\x01\x02\x03\x04\x05" > "$seeds/arrays/npy"
for name in idx npy; do
  { head -c 1 "$seeds/arrays/$name"; tail -c +2 "$seeds/arrays/$name" | gzip -n; } > "$seeds/arrays/$name-packed"
done
# ... the file that it is, and which checksums are made right
for file in tests/faults/journals/*.journal; do
  for how in '\x00' '\x01' '\x03' '\x0b'; do
    { printf '%b' "$how"; cat "$file"; } > "$seeds/journal/$(basename "$file")-${how#\\}"
  done
done
printf '\x04IXSWSWP1\x01\x00\x00\x00\x04\x00\x00\x00%064d' 0 > "$seeds/journal/origin"

status=0
for target in "$@"; do
  mkdir -p "$build/corpus/$target"
  "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -max_len=20000 -print_final_stats=1 \
    -artifact_prefix="$build/corpus/" "$build/corpus/$target" "$seeds/$target" 2> "$build/corpus/$target.log" || status=1
  printf '%s: ' "$target"
  grep -E 'stat::number_of_executed_units|ERROR|SUMMARY' "$build/corpus/$target.log" | tr '\n' ' '
  printf '\n'
done
exit "$status"
