#!/usr/bin/env bash
# Makes the ORL report for browsers, opens it in Chromium and tries it (check-html.py), and then `heatdrift watch` on the same
# results (check-watch.py). Without a Chromium (Debian's package chromium) both say so and pass.
#   Scripts/check-html.sh [FOLDER]      an output folder of Experiments/orl.yaml (default: measured anew)
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/environment.sh
swift build -c release --product heatdrift
heatdrift=.build/release/heatdrift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folder=${1:-$work/orl}
[ -n "${1:-}" ] || "$heatdrift" run Experiments/orl.yaml --output "$folder" --formats html --quiet >/dev/null

# Figures in files are as wide as a paper's text; those of the page as wide as the report's. For this they are one width.
sed '0,/^---$/s//---\ntext-width: 166/' Templates/paper.md >"$work/paper.md"
"$heatdrift" render "$folder" --template "$work/paper.md" --formats pdf,html --output "$work/report" --quiet >/dev/null
Scripts/check-html.py "$work/report/report.html" --figures "$work/report/figures"
Scripts/check-watch.py "$heatdrift" "$folder"
