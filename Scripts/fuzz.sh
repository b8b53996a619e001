#!/usr/bin/env bash
# Gives every reader many damaged inputs: PNG, JPEG, PGM, safetensors, experiment files, templates, stores.
#   Scripts/fuzz.sh [INPUTS] [SEED]    INPUTS for each format (stores: a quarter), 17000 unless given
# An input that crashes is left in the folder that is printed at the end, as last.<format>.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
start=$SECONDS
if HEATDRIFT_FUZZ_INPUTS=${1:-17000} HEATDRIFT_FUZZ_SEED=${2:-1} HEATDRIFT_FUZZ_KEEP=$folder \
  swift test --filter FuzzTests 2>&1 | tee "$folder/log" | grep -E '^fuzz:|✘|error:|Fatal|crash'; then :; fi
echo "$((SECONDS - start)) s"
if grep -qE 'Test run with .* passed' "$folder/log"; then
  rm -r "$folder"
else
  echo "fuzz: a test failed or crashed: see $folder" >&2
  exit 1
fi
