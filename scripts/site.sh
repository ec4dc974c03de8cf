#!/bin/bash
# The documents as a site that asks nothing of another host: README.md, docs/ and what they link to, and the C headers.
#
#   scripts/site.sh [--out FOLDER] [--serve PORT] [--help]
#
#   --out FOLDER   where the site goes (out/site): an empty folder, or an earlier site, which is replaced
#   --serve PORT   shows it at http://127.0.0.1:PORT/ afterwards, until Ctrl-C; the search needs a server
#
# Packages (group docs) are installed as root or by sudo, and only those that are missing (scripts/packages.txt). A link
# that leads nowhere, a formula that KaTeX does not know or a comment that doxygen warns of is an error.
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
# mkdocs empties the folder: it has to be one that a site was made in
if [ -n "$(ls -A "$out")" ] && ! [ -f "$out/search/search_index.json" ]; then
  fail "--out: $out is neither empty nor an earlier site"
fi
# no folder of compiled Python beside the hooks
said=$(PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore mkdocs build --strict --site-dir "$out" 2>&1) ||
  fail "mkdocs: $(grep -v '^INFO' <<<"$said")"
# one setting more than docs/Doxyfile has
{ cat docs/Doxyfile; printf 'OUTPUT_DIRECTORY = "%s"\n' "$out"; } | doxygen -
say "done: $out/index.html"
if [ -n "$port" ]; then
  say "http://127.0.0.1:$port/ until Ctrl-C"
  exec /usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$out" "$port"
fi
