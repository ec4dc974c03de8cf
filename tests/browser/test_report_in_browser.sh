#!/bin/bash
# Writes the made-up report and looks at it in Chromium. With SHOTS=FOLDER it leaves screenshots there, phone and
# desktop, light and dark.
#
#   test_report_in_browser.sh FOLDER [REPORT.html]
#
# FOLDER: where setup.sh put node_modules. REPORT: another report, judged without its content.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "${1:?"a folder is needed"}" && pwd)
export NODE_FOLDER=$folder
if [ $# -gt 1 ]; then
  export REPORT=$2 FIXTURE=0
else
  export REPORT=$folder/sample/report.html FIXTURE=1
  rm -rf "$folder/sample"
  /usr/bin/python3 "$here/sample_report.py" "$folder/sample"
  /usr/bin/python3 -W ignore "$here/../../scripts/report.py" "$folder/sample/verdicts.json" --root "$folder/sample"
fi
exec node --test-reporter=spec "$here/report.test.mjs"
