#!/usr/bin/env bash
# Runs every command of Documentation/VGGFace2.md, as it stands there, on a miniature of VGGFace2.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/environment.sh
swift build -c release --product heatdrift
PATH="$PWD/.build/release:$PATH"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
heatdrift data fetch orl >/dev/null
python3 Scripts/make-miniature-vggface2.py "$folder"

blocks() { awk -v kind="$1" '$0 == "```" kind { inside = 1; next } $0 == "```" { inside = 0 } inside' Documentation/VGGFace2.md; }
blocks sh >"$folder/commands.sh"
# The miniature's networks are narrow: that is all that is changed.
blocks yaml | sed 's/, weights:/, width: 0.25, weights:/' >"$folder/vggface2.yaml"
[ "$(grep -c '^heatdrift\|^export' "$folder/commands.sh")" -ge 7 ] || { echo "commands are missing" >&2; exit 1; }
(cd "$folder" && bash -euo pipefail commands.sh) >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }

rows=$(($(wc -l <"$folder/report/results.csv") - 1))
[ "$rows" = 1200 ] || { echo "check-tutorial: results.csv has $rows rows, not 1200" >&2; exit 1; }
grep -q '"alignment" : "landmarks 1 ' "$folder/report/provenance.json" || { echo "check-tutorial: no face was aligned" >&2; exit 1; }
cmp "$folder/report/results.csv" "$folder/taken-out/results.csv"
# Into a file: with pipefail a grep that stops reading early would count as a failure.
pdftotext "$folder/report/report.pdf" "$folder/text"
grep -q "ORL s" "$folder/text" || { echo "check-tutorial: no identity is named" >&2; exit 1; }
echo "the tutorial's $(grep -c '^heatdrift' "$folder/commands.sh") commands work: $rows rows"
