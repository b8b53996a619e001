#!/usr/bin/env bash
# Runs many small images through a narrow network, and looks at memory, rows and the time per image on the way.
#   Scripts/soak.sh [IMAGES]    2000 unless given
set -euo pipefail
cd "$(dirname "$0")/.."
images=${1:-2000}
. Scripts/environment.sh
swift build -c release --product heatdrift
heatdrift=${HEATDRIFT:-.build/release/heatdrift}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# 24 x 24 grey pictures, each another one, over ten labels.
python3 - "$folder/faces" "$images" <<'PYTHON'
import os, random, sys
root, count = sys.argv[1], int(sys.argv[2])
for number in range(count):
    label = os.path.join(root, f"s{number % 10}")
    os.makedirs(label, exist_ok=True)
    pixels = random.Random(number).randbytes(24 * 24)
    with open(os.path.join(label, f"{number}.pgm"), "wb") as file:
        file.write(b"P5 24 24 255\n" + pixels)
PYTHON
weights=Models/vgg16.safetensors
cat >"$folder/soak.yaml" <<YAML
title: Soak
data: {source: folder, root: $folder/faces}
input: {size: 64}
models: [{architecture: vgg16, weights: $PWD/$weights, width: ${HEATDRIFT_SOAK_WIDTH:-0.25}}]
attack: {epsilons: [0.01, 0.02, 0.05, 0.1]}
report: {template: $folder/soak.md}
YAML
printf '# Soak\n\n```{mod-table}\n```\n' >"$folder/soak.md"

"$heatdrift" run "$folder/soak.yaml" --output "$folder/out" --quiet >"$folder/summary" &
process=$!
echo "seconds images memory_MiB"
start=$SECONDS
while kill -0 "$process" 2>/dev/null; do
  sleep 5
  memory=$(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$process/status" 2>/dev/null || true)
  done=$(python3 - "$folder/out/results.sqlite" <<'PYTHON'
import sqlite3, sys
try:
    print(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute("SELECT COUNT(*) FROM passes").fetchone()[0])
except sqlite3.Error:
    print("-")
PYTHON
  )
  [ -z "$memory" ] || echo "$((SECONDS - start)) $done $memory"
done
wait "$process"
rows=$(($(wc -l <"$folder/out/results.csv") - 1))
[ "$rows" = $((images * 5)) ] || { echo "soak: $rows rows, not $((images * 5))" >&2; exit 1; }
"$heatdrift" store check "$folder/out"
"$heatdrift" run "$folder/soak.yaml" --output "$folder/out" 2>&1 | grep "Nothing to compute"
echo "$images images, $rows rows, $((SECONDS - start)) s, store of $(stat -c %s "$folder/out/results.sqlite") bytes"
