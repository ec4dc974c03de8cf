#!/bin/bash
# Cross-compiles the Debian package for 64-bit Arm on another machine. Then runs the XOR sweep of the quickstart with
# the new program under qemu, on one rank, and compares the results file with that of this machine's program.
#
#   scripts/arm64_package.sh [--out FOLDER] [--program FILE] [--no-run] [--jobs N] [--help]
#
#   --out FOLDER    folder for the package and all intermediate files, 600 MB (default build/arm64)
#   --program FILE  this machine's program (default build/release/initsweep)
#   --no-run        only build the package
#   --jobs N        number of parallel compilers (default: the number of processors)
#
# Installs nothing: 114 MB of Debian's packages for 64-bit Arm are unpacked once, in FOLDER/sysroot. Does not need root.
# Exit status: 0 equal results, 1 different results or a failure, 2 bad usage.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

out=build/arm64
program=build/release/initsweep
run=yes
jobs=$(nproc)
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=${2:?"--out needs a folder"}; shift ;;
    --program) program=${2:?"--program needs a file"}; shift ;;
    --no-run) run=no ;;
    --jobs) jobs=${2:?"--jobs needs a number"}; shift ;;
    -h|--help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) printf 'error: unknown option %s; --help shows all\n' "$1" >&2; exit 2 ;;
  esac
  shift
done

need() { command -v "$1" >/dev/null || fail "no $1 (Debian's package $2)"; }
need apt-get apt
need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
need qemu-aarch64 qemu-user # the program writes its own manual pages
need scdoc scdoc
need dpkg-shlibdeps dpkg-dev
[ "$run" = no ] || [ -x "$program" ] ||
  fail "no program $program to compare with: cmake --preset release && cmake --build --preset release, or --no-run"
mkdir -p "$out"
out=$(cd "$out" && pwd)
sysroot=$out/sysroot
export DPKG_ADMINDIR=$out/dpkg # which package a library of the sysroot is of, for dpkg-shlibdeps

# unpack PACKAGE.deb: its files into the sysroot, its names into the list of packages
unpack() {
  local control=$out/control name
  name=$(dpkg-deb -f "$1" Package)
  dpkg-deb -x "$1" "$sysroot"
  rm -rf "$control"
  dpkg-deb -e "$1" "$control"
  { sed '/^Package:/a Status: install ok installed' "$control/control"; echo; } >>"$DPKG_ADMINDIR/status"
  dpkg-deb --fsys-tarfile "$1" | tar -t | sed "s|^\.|$sysroot|; s|/\$||" >"$DPKG_ADMINDIR/info/$name.list"
  local kind
  for kind in symbols shlibs; do
    [ ! -e "$control/$kind" ] || cp "$control/$kind" "$DPKG_ADMINDIR/info/$name.$kind"
  done
}

make_sysroot() {
  local libraries package link target
  mapfile -t libraries < <(packages_of build | grep -e '-dev$')
  if [ "$(cat "$out/unpacked" 2>/dev/null)" = "${libraries[*]} in $sysroot" ]; then
    say "packages for 64-bit Arm: unpacked in $sysroot"
    return
  fi
  say "packages for 64-bit Arm: unpacking in $sysroot"
  rm -rf "$sysroot" "$DPKG_ADMINDIR" "$out/unpacked"
  mkdir -p "$sysroot" "$DPKG_ADMINDIR/info"
  (
    arm64_apt "$out/apt"
    apt-get -q update && apt-get -q install -y --no-install-recommends --download-only "${libraries[@]}"
  ) >"$out/apt.log" 2>&1 || fail "packages could not be downloaded: $(grep '^E:' "$out/apt.log" | head -n 1)"
  for package in "$out"/apt/cache/archives/*.deb; do unpack "$package"; done
  # a link to /lib/... is meant inside the root
  find "$sysroot" -lname '/*' -printf '%p\t%l\n' | while IFS=$'\t' read -r link target; do
    ln -sfnr "$sysroot$target" "$link"
  done
  rm -rf "$out/apt" "$out/control"
  echo "${libraries[*]} in $sysroot" >"$out/unpacked"
}

make_package() {
  say "building in $out/program"
  cmake -S . -B "$out/program" -G Ninja --toolchain cmake/aarch64-linux-gnu.cmake -D INITSWEEP_SYSROOT="$sysroot" \
    -D CMAKE_BUILD_TYPE=Release -D BUILD_TESTING=OFF --log-level=WARNING
  cmake --build "$out/program" -j "$jobs" >"$out/build.log" || { cat "$out/build.log"; exit 1; }
  rm -f "$out"/*.deb
  (
    cd "$out/program"
    cpack -G DEB -B "$out/cpack" -D CPACK_DEBIAN_PACKAGE_ARCHITECTURE=arm64 \
      -D CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS="$sysroot/usr/lib/aarch64-linux-gnu;$sysroot/lib/aarch64-linux-gnu"
  ) >"$out/cpack.log" 2>&1 || { cat "$out/cpack.log"; exit 1; }
  mv "$out"/cpack/*_arm64.deb "$out"
  rm -rf "$out/cpack"
  package=$(echo "$out"/*.deb)
  say "$package"
  dpkg-deb -f "$package" Architecture Depends
}

# Only /provenance may differ: hosts, versions, times, instruction sets
compare() {
  local sweep=usr/share/initsweep/examples/quickstart-xor.yaml hashes
  dpkg-deb -x "$package" "$sysroot"
  rm -rf "$out"/{arm64,here}.h5{,.parts}
  say "training $sweep under qemu: minutes"
  env -u INITSWEEP_DATA qemu-aarch64 -L "$sysroot" "$sysroot/usr/bin/initsweep" run "$sysroot/$sweep" -o "$out/arm64.h5"
  say "training it with $program"
  "$program" run "$sysroot/$sweep" -o "$out/here.h5"
  hashes=$(/usr/bin/python3 scripts/results_hash.py "$out/arm64.h5" "$out/here.h5")
  echo "$hashes"
  [ "$(awk '{ print $1 }' <<<"$hashes" | sort -u | wc -l)" = 1 ] || fail "other results on 64-bit Arm"
  say "the same results"
}

make_sysroot
make_package
[ "$run" = no ] || compare
