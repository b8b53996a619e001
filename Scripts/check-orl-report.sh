#!/usr/bin/env bash
# Runs the shipped experiment from nothing and holds its report to what is promised: every page there, every font
# embedded, the same results at any thread count, nothing computed twice.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/environment.sh
swift build -c release --product heatdrift
heatdrift=.build/release/heatdrift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "check-orl-report: $*" >&2
  exit 1
}

start=$SECONDS
"$heatdrift" run Experiments/orl.yaml --output "$folder/a" --quiet
echo "five models, 40 images, an attack and noise at five levels, two explanations, four measures: $((SECONDS - start)) s"

rows=$(($(wc -l <"$folder/a/results.csv") - 1))
[ "$rows" = 4800 ] || fail "results.csv has $rows rows, not 4800"
control=$(awk -F, 'NR > 1 && $6 == 0 && $10 != 0' "$folder/a/results.csv" | wc -l)
[ "$control" = 0 ] || fail "the control drifts in $control rows"

pages=$(pdfinfo "$folder/a/report.pdf" | awk '/^Pages:/ { print $2 }')
[ "$pages" -ge 8 ] || fail "the report has $pages pages, fewer than 8"
bytes=$(stat -c %s "$folder/a/report.pdf")
[ "$bytes" -lt $((100000 * pages)) ] || fail "the report has $bytes bytes, more than 100 KB a page"
[ "$(pdffonts "$folder/a/report.pdf" | awk 'NR > 2 && $(NF - 4) != "yes"' | wc -l)" = 0 ] || fail "a font is not embedded"
qpdf --check "$folder/a/report.pdf" >/dev/null || fail "qpdf finds the report damaged"
complaints=$(mutool clean "$folder/a/report.pdf" "$folder/clean.pdf" 2>&1)
[ -z "$complaints" ] || fail "mutool complains: $complaints"
structure=$(pdfinfo -struct "$folder/a/report.pdf" 2>&1 | tr -d "\0")  # pdfinfo prints a null byte
for role in Document H1 H2 P Figure Caption Table TR TH: TD Link; do
  grep -Eq "^ *${role%:}:?( |$)" <<<"$structure" || fail "the report's structure has no $role"
done
"$heatdrift" extract "$folder/a/report.pdf" --output "$folder/extracted" >/dev/null
cmp "$folder/a/results.csv" "$folder/extracted/results.csv" || fail "the report carries other results"
[ -s "$folder/extracted/experiment.yaml" ] || fail "the report does not carry its experiment"
[ "$(ls "$folder"/a/report-*.svg | wc -l)" = "$pages" ] || fail "there is not one SVG a page"
xmllint --noout --huge "$folder"/a/report-*.svg || fail "an SVG is not well-formed"

"$heatdrift" run Experiments/orl.yaml --output "$folder/b" --quiet --threads 1 >/dev/null
cmp "$folder/a/results.csv" "$folder/b/results.csv" || fail "results depend on the number of threads"
cmp "$folder/a/report.pdf" "$folder/b/report.pdf" || fail "the report depends on the number of threads"

# Bytes only where every library is the one that made the committed report: whatever else may differ, this must not.
python3 Scripts/compare-reports.py "$folder/a" Reports/orl || fail "the report is not the committed one"

again=$("$heatdrift" run Experiments/orl.yaml --output "$folder/a" 2>&1)
grep -qi "nothing" <<<"$again" || fail "a second run does not say that it computed nothing: $again"
cmp "$folder/a/report.pdf" "$folder/b/report.pdf" || fail "a second run changes the report"
echo "the ORL report: $pages pages, $bytes bytes, $rows rows, the same at any thread count"
