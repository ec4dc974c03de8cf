#!/bin/bash
# The explorer of a small results file and of one with 100,000 networks, in Chromium. NODE_FOLDER has node_modules.
#
#   INITSWEEP=build/release/initsweep test_explorer_in_browser.sh NODE_FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
NODE_FOLDER=${1:?"a folder with node_modules is needed"}
export NODE_FOLDER
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# the second sweep is small to train and large to look at
"$INITSWEEP" run "$here/explorer.yaml" -o "$work/small.h5" --quiet
"$INITSWEEP" run "$here/explorer.yaml" -o "$work/large.h5" --quiet --set train.steps=20 --set record.weights=none \
  --set 'grid.replicate={count: 2800}'
/usr/bin/python3 "$here/explorer_expected.py" "$work"
PAGES=$work node --test-reporter=spec "$here/explorer.test.mjs"
