#!/usr/bin/env bash
# Makes the reports that stand in Reports/: the shipped experiment by the template `paper` in Reports/orl, and the same
# results by every other template as Reports/templates/NAME.pdf; Reports/age by Scripts/age.sh; and the README's pictures of the
# first two pages.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/report.sh
Scripts/age.sh
. Scripts/environment.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p Reports/templates
for template in compare model review; do
  cp -r Reports/orl "$folder/$template"
  .build/release/heatdrift run Experiments/orl.yaml --template "$template" --output "$folder/$template" --quiet
  cp "$folder/$template/report.pdf" "Reports/templates/$template.pdf"
done
for page in 1 2; do
  pdftoppm -r 60 -png -singlefile -f "$page" -l "$page" Reports/orl/report.pdf "Documentation/pictures/report-$page"
done
