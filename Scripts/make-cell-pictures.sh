#!/usr/bin/env bash
# Writes Documentation/Cells.md and its pictures again: the text out of the definitions by which templates are read, the
# pictures out of a run on the ORL faces, of VGG16 at every layer, by one attack, explanation and measure, so that a cell's
# picture shows the cell; and of a second one for the cells that compare several.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/setup.sh
. Scripts/environment.sh
swift build -c release --product heatdrift
heatdrift=.build/release/heatdrift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$heatdrift" run Experiments/orl.yaml --set 'models[0].layers=all' \
  --set 'attacks=[{method: fgsm, epsilons: [0.005, 0.01, 0.02, 0.05, 0.1]}]' --set 'explain.methods=[grad-cam]' \
  --set 'compare.measures=[nissim]' --template review --output "$folder/orl" --quiet
cat >"$folder/several.yaml" <<END
title: ORL faces, several attacks, explanations and measures
seed: 7
data: {source: orl, split: test, split-seed: 7}
models:
  - {architecture: vgg16, weights: $PWD/Models/vgg16.safetensors, width: 0.25, layers: [last]}
  - {architecture: resnet50, weights: $PWD/Models/resnet50.safetensors, width: 0.25, layers: [last]}
  - {architecture: xception, weights: $PWD/Models/xception.safetensors, width: 0.25, layers: [last]}
attacks:
  - {method: fgsm, epsilons: [0.02, 0.1]}
  - {method: fgsm, epsilons: [0.02, 0.1], transfer-from: vgg16}
  - {method: fgsm, epsilons: [0.02, 0.1], transfer-from: resnet50}
  - {method: fgsm, epsilons: [0.02, 0.1], transfer-from: xception}
explain: {methods: [grad-cam, layer-cam], targets: [predicted]}
compare: {measures: [nissim, rank, top-k, centre]}
END
"$heatdrift" run "$folder/several.yaml" --template review --output "$folder/several" --quiet
mkdir -p Documentation/pictures
"$heatdrift" cells --pictures Documentation/pictures --results "$folder/orl" --results "$folder/several"
"$heatdrift" cells --markdown >"$folder/Cells.md"
mv "$folder/Cells.md" Documentation/Cells.md
