#!/bin/bash
# Builds the documentation site, which loads nothing from another host: README.md, docs/, the files that they link to,
# and the C headers.
#
#   scripts/site.sh [--out FOLDER] [--serve PORT] [--help]
#
#   --out FOLDER   folder of the site (default out/site): an empty folder, or an earlier site, which is replaced
#   --serve PORT   then serve it at http://127.0.0.1:PORT/ until Ctrl-C; the search needs a server
#
# Installs only missing packages (group docs of scripts/packages.txt), as root or with sudo. A broken link, a formula
# that KaTeX rejects and a doxygen warning are errors.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

out=out/site
port=
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=${2:?"--out needs a folder"}; shift ;;
    --serve) port=${2:?"--serve needs a port"}; shift ;;
    -h|--help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) printf 'error: unknown option %s; --help shows all\n' "$1" >&2; exit 2 ;;
  esac
  shift
done

install_packages docs
mkdir -p "$out"
out=$(cd "$out" && pwd)
# mkdocs deletes the contents of the folder, so it must be empty or contain an earlier site
if [ -n "$(ls -A "$out")" ] && ! [ -f "$out/search/search_index.json" ]; then
  fail "--out: $out is neither empty nor an earlier site"
fi
# PYTHONDONTWRITEBYTECODE: no __pycache__ beside the hooks
said=$(PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore mkdocs build --strict --site-dir "$out" 2>&1) ||
  fail "mkdocs: $(grep -v '^INFO' <<<"$said")"
# docs/Doxyfile and the output folder
{ cat docs/Doxyfile; printf 'OUTPUT_DIRECTORY = "%s"\n' "$out"; } | doxygen -
say "done: $out/index.html"
if [ -n "$port" ]; then
  say "http://127.0.0.1:$port/ until Ctrl-C"
  exec /usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$out" "$port"
fi
