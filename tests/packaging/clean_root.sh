#!/bin/bash
# Installs the Debian package in a root that has nothing but apt: trains a sweep there on one rank and shows it. Then
# installs what the package recommends and follows the package's tutorial word for word.
#
#   clean_root.sh PACKAGE.deb FOLDER
#
# FOLDER, which must not exist, takes the root while it is needed (1.2 GB). Needs root, mmdebstrap and a Debian mirror.
set -euo pipefail
package=$(realpath "$1")
root=$2
[ ! -e "$root" ] || { echo "error: $root exists" >&2; exit 2; }
tests=$(cd "$(dirname "$0")/.." && pwd)
trap 'umount -q "$root/proc" "$root/sys" || true; rm -rf --one-file-system "$root"' EXIT
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mmdebstrap --quiet --variant=apt "$release" "$root"
cp "$package" "$root/tmp/initsweep.deb"
mkdir -p "$root/tmp/tests/docs"
cp "$tests"/docs/{test_tutorial,page_session,page_blocks}.py "$root/tmp/tests/docs/"
cp "$tests/../scripts/mpi_settings.sh" "$root/tmp/"
mount -t proc proc "$root/proc"        # where the program learns its own path
mount -t sysfs -o ro sysfs "$root/sys" # and MPI the processors
# shellcheck disable=SC2016 # the shell inside expands
chroot "$root" /bin/bash -euxc '
  export DEBIAN_FRONTEND=noninteractive HOME=/root
  install() { apt-get install -y -q --no-install-recommends "$@" >>/tmp/apt.log || { cat /tmp/apt.log; exit 1; }; }
  apt-get update -q >/tmp/apt.log
  install /tmp/initsweep.deb
  cd /tmp
  initsweep --version
  initsweep run /usr/share/initsweep/examples/xor.yaml -o xor.h5
  initsweep show xor.h5
  initsweep plan /usr/share/initsweep/examples/digits.yaml >plan.txt
  initsweep verify xor.h5 --sample 5
  install $(dpkg-query -W -f "\${Recommends}" initsweep | tr -d ,)
  export $(./mpi_settings.sh root crowded one-host)
  python3 tests/docs/test_tutorial.py --prefix /usr --page /usr/share/doc/initsweep/docs/tutorial.md
  apt-get remove -y -q initsweep >/dev/null
  [ ! -e /usr/share/initsweep ]
'
