#!/bin/bash
# Installs the Debian package in a root that has nothing but apt, trains a sweep there on one rank and shows it.
#
#   clean_root.sh PACKAGE.deb FOLDER
#
# FOLDER, which must not exist, takes the root while it is needed (about 600 MB). Needs root, mmdebstrap and a Debian mirror.
set -euo pipefail
package=$(realpath "$1")
root=$2
[ ! -e "$root" ] || { echo "error: $root exists" >&2; exit 2; }
trap 'umount -q "$root/proc" || true; rm -rf --one-file-system "$root"' EXIT
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mmdebstrap --quiet --variant=apt "$release" "$root"
cp "$package" "$root/tmp/initsweep.deb"
mount -t proc proc "$root/proc" # where the program learns its own path
chroot "$root" /bin/bash -euxc '
  export DEBIAN_FRONTEND=noninteractive HOME=/root
  apt-get update -q >/tmp/apt.log
  apt-get install -y -q --no-install-recommends /tmp/initsweep.deb >>/tmp/apt.log || { cat /tmp/apt.log; exit 1; }
  cd /tmp
  initsweep --version
  initsweep run /usr/share/initsweep/examples/xor.yaml -o xor.h5
  initsweep show xor.h5
  initsweep plan /usr/share/initsweep/examples/digits.yaml >plan.txt
  initsweep verify xor.h5 --sample 5
  apt-get remove -y -q initsweep >/dev/null
  [ ! -e /usr/share/initsweep ]
'
