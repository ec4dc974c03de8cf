#!/bin/bash
# The program on another Debian, in a root that is made for it: the last commit is cloned into it, the quickstart runs,
# the fast tests and those that depend on versions of libraries pass, and the programs of each compiler have PROGRAM's
# hash of every row of every table.
#
#   other_system.sh SUITE PROGRAM FOLDER [COMPILER...]
#
# SUITE is trixie, forky, sid, ...; PROGRAM is of the same commit, and of this system. FOLDER, which must not exist,
# takes the root while it is needed (6 GB). COMPILER is a package of the suite beside its gcc and clang, such as gcc-13.
# The last lines are for the table of docs/packaging.md. Needs root, mmdebstrap and a Debian mirror.
set -euo pipefail
suite=$1 program=$(realpath "$2") root=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
cd "$source"
# shellcheck source=scripts/common.sh
. scripts/common.sh
need() { exec "$here/../requirements.py" "$1"; }
[ ! -e "$root" ] || fail "$root exists"
command -v mmdebstrap >/dev/null || need mmdebstrap
[ "$(id -u)" -eq 0 ] || need "root, to make another system"
trap 'rm -rf --one-file-system "$root"' EXIT

say "a root of Debian $suite"
# an unstable suite's index says until when it is new, and mirrors lag behind; nothing in the root is kept
if ! mmdebstrap --quiet --variant=apt --aptopt='Acquire::Check-Valid-Until "false"' --dpkgopt=force-unsafe-io \
  --include="$(packages_of build run | paste -s -d ,),mount,procps" "$suite" "$root"; then
  /usr/lib/apt/apt-helper download-file "http://deb.debian.org/debian/dists/$suite/Release" /dev/null ||
    need "Debian's mirror"
  exit 1
fi
git clone --quiet "file://$source" "$root/initsweep"

# inside COMMAND: runs it in the root. Its mounts are of a namespace of its own and end with it.
inside() {
  # shellcheck disable=SC2016 # the shell of the namespace expands
  unshare --mount --pid --fork --kill-child bash -euc '
    mount --bind "$0" "$0"
    mount -t proc proc "$0/proc"
    mount -t sysfs -o ro sysfs "$0/sys"
    mount --rbind /dev "$0/dev"
    cd "$0"
    pivot_root . mnt # not chroot: the tests that make hosts enter namespaces, whose root it is then
    exec chroot . /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TERM=dumb \
      DEBIAN_FRONTEND=noninteractive bash -euo pipefail -c "umount -l /mnt; cd /initsweep; $1"' "$root" "$1"
}

# logged NAME COMMAND: runs it in the root; its output is shown if it fails
logged() { inside "$2" >"$root/$1.log" 2>&1 || { cat "$root/$1.log"; fail "$1 in $suite"; }; }

say "quickstart"
logged quickstart 'scripts/quickstart.sh --out /tmp/out'
[ -s "$root/tmp/out/quickstart-digits.png" ]

say "packages of the tests${*:+, $*}"
# a suite that changes may lack one for some days: its tests are then skipped
# shellcheck disable=SC2016 # the shell inside expands
logged packages 'tests="'"$(packages_of test | grep -vxE 'chromium|npm' | paste -s -d ' ')"'"
  install() { apt-get install -y -q --no-install-recommends "$@"; }
  apt-get update -q
  install $tests || for package in $tests; do install "$package" || echo "not installed: $package"; done
  install procps '"$*"
grep '^not installed: ' "$root/packages.log" || true

say "tests"
logged build 'cmake --preset release -DBUILD_TESTING=ON -DINITSWEEP_WERROR=ON && cmake --build --preset release'
passed=yes
inside 'ctest --preset release -L fast' || passed=no
inside 'ctest --preset release \
  -R "^(commands_(command_line|interrupt|mpi_launch|plan)|scripts_networks|cluster_hosts)$"' || passed=no

say "every row"
ours=$(tests/systems/every_row.py "$program")
printf '%s\n' "$ours"
for compiler in gcc clang "$@"; do
  folder=build/release
  if [ "$compiler" != gcc ]; then
    folder=build/$compiler
    logged "$compiler" "cmake -S . -B $folder -G Ninja -DCMAKE_C_COMPILER=$compiler -DCMAKE_BUILD_TYPE=Release \
      -DINITSWEEP_WERROR=ON -DBUILD_TESTING=OFF && cmake --build $folder"
  fi
  theirs=$(inside "tests/systems/every_row.py $folder/initsweep")
  if [ "$theirs" != "$ours" ]; then
    printf '%s\n' "$theirs"
    fail "$folder of $suite has other bits than $program"
  fi
  inside "$folder/initsweep --version" | grep '^compiler'
done
inside 'build/release/initsweep --version
  python3 -c "import platform, numpy, xarray, matplotlib
print(\"python\", platform.python_version(), \"numpy\", numpy.__version__, \"xarray\", xarray.__version__,
      \"matplotlib\", matplotlib.__version__)"'
[ "$passed" = yes ] || fail "tests of $suite failed (see above)"
say "$suite, $(date -u +%Y-%m-%d), $(git rev-parse --short HEAD): build, quickstart, tests, the same hashes"
