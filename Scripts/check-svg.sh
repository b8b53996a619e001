#!/usr/bin/env bash
# Holds the SVG pages of a report to its PDF: draws both, the SVG by Chromium and the PDF by poppler, and compares the
# pictures. Needs the Debian packages chromium, poppler-utils, python3-numpy and python3-pil.
#   Scripts/check-svg.sh [FOLDER]      an output folder with report.pdf and report-NN.svg (default: Reports/orl)
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-Reports/orl}
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
missing=()
[ -n "$chromium" ] || missing+=(chromium)
command -v pdftoppm >/dev/null || missing+=(poppler-utils)
python3 -c 'import numpy' 2>/dev/null || missing+=(python3-numpy)
python3 -c 'import PIL' 2>/dev/null || missing+=(python3-pil)
if [ ${#missing[@]} -gt 0 ]; then
  echo "check-svg: install these first: sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
[ -f "$folder/report.pdf" ] || { echo "check-svg: $folder has no report.pdf; make it with heatdrift run" >&2; exit 1; }
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# 144 dots an inch: half as many again as the 96 of a browser.
pdftoppm -r 144 -png "$folder/report.pdf" "$work/pdf"
read -r width height < <(pdfinfo "$folder/report.pdf" |
  awk '/^Page size:/ { printf "%d %d\n", $3 * 96 / 72 + 0.999, $5 * 96 / 72 + 0.999 }')
for svg in "$folder"/report-*.svg; do
  name=$(basename "$svg" .svg)
  # A sandbox needs rights that containers do not give; the file is our own.
  "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1.5 \
    --user-data-dir="$work/profile" --window-size="$width,$height" --screenshot="$work/svg-${name#report-}.png" \
    "file://$svg" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
done
python3 Scripts/compare-pages.py "$work"
