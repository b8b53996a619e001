#!/usr/bin/env bash
# Writes Documentation/Cells.md and its pictures again: the text out of the definitions by which templates are read, the
# pictures out of a run on the ORL faces, of VGG16 at every layer.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/setup.sh
. Scripts/environment.sh
swift build -c release --product heatdrift
heatdrift=.build/release/heatdrift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$heatdrift" run Experiments/orl.yaml --set 'models[0].layers=all' --template review --output "$folder/orl" --quiet
mkdir -p Documentation/pictures
"$heatdrift" cells --pictures Documentation/pictures --results "$folder/orl"
"$heatdrift" cells --markdown >"$folder/Cells.md"
mv "$folder/Cells.md" Documentation/Cells.md
