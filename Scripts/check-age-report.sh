#!/usr/bin/env bash
# Runs Experiments/age.yaml from nothing and holds its report to the committed one, and to its labels, which are no classes.
# Says why and passes where its networks cannot be fetched.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/environment.sh
Scripts/fetch-age-models.sh || {
  code=$?
  [ "$code" = 75 ] || exit "$code"
  echo "check-age-report: not checked, since the networks are not there and cannot be fetched"
  exit 0
}
swift build -c release --product heatdrift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "check-age-report: $*" >&2
  exit 1
}

start=$SECONDS
.build/release/heatdrift run Experiments/age.yaml --output "$folder/a" --quiet >/dev/null
echo "two networks from ONNX files, 80 images, four levels, two explanations: $((SECONDS - start)) s"
words=$(pdftotext "$folder/a/report.pdf" - | grep -iE 'accura|named right|true (class|identity)|recognised' || true)
[ -z "$words" ] || fail "the report speaks of right and wrong, where labels are no classes: $words"
python3 Scripts/compare-reports.py "$folder/a" Reports/age || fail "the report is not the committed one"
