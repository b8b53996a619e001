#!/usr/bin/env bash
# Measures the shipped experiment's faces in shards whose processes are killed at random moments, merges them, and holds the
# result to that of one undisturbed run: the same bytes. Ten times, with 4 to 16 shards.
#   Scripts/check-shards.sh [--times N] [--seed N]
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/environment.sh
times=10 RANDOM=7
while [ $# -gt 0 ]; do
  case $1 in
    --times) times=$2 ;;
    --seed) RANDOM=$2 ;;
    *)
      echo "check-shards: unknown option $1; there are --times and --seed" >&2
      exit 64
      ;;
  esac
  shift 2
done
swift build -c release --product heatdrift
heatdrift=$PWD/.build/release/heatdrift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "check-shards: $*" >&2
  exit 1
}

# One small network after another small one: a process that is killed late has finished the first.
cat >"$folder/faces.yaml" <<YAML
title: Faces in shards
seed: 7
data: {source: orl, split: test, split-seed: 7}
models:
  - {architecture: vgg16, width: 0.25, weights: $PWD/Models/vgg16.safetensors}
  - {architecture: resnet50, width: 0.25, weights: $PWD/Models/resnet50.safetensors}
input: {mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}
attack: {method: fgsm, epsilons: [2/255, 8/255]}
compare: {measures: [nissim, rank]}
report: {formats: [pdf]}
YAML
"$heatdrift" run "$folder/faces.yaml" --output "$folder/one" --quiet >"$folder/one.txt"

kills=0 shards=0
for round in $(seq "$times"); do
  count=$((4 + RANDOM % 13))
  for number in $(seq "$count"); do
    former=()
    # Up to three attempts are killed, each in a folder of its own that the next one takes up; the last is left alone.
    for attempt in $(seq $((1 + RANDOM % 4))); do
      own=$folder/$round/$number/attempt-$attempt
      "$heatdrift" run "$folder/faces.yaml" --shard "$number/$count" --output "$own" "${former[@]}" --quiet \
        >"$folder/log" 2>&1 &
      process=$!
      sleep "0.$(printf %03d $((RANDOM % 900)))"
      if kill -9 "$process" 2>/dev/null; then kills=$((kills + 1)); fi
      wait "$process" 2>/dev/null || true
      [ ! -e "$own/results.sqlite" ] || former+=(--resume-from "$own")
    done
    "$heatdrift" run "$folder/faces.yaml" --shard "$number/$count" --output "$folder/$round/$number/last" "${former[@]}" \
      --quiet >"$folder/log" 2>&1 || fail "shard $number/$count failed: $(cat "$folder/log")"
    shards=$((shards + 1))
  done
  "$heatdrift" merge "$folder/faces.yaml" "$folder/$round" --output "$folder/merged-$round" --quiet \
    >"$folder/merged.txt" 2>"$folder/log" || fail "the merge of $count shards failed: $(cat "$folder/log")"
  [ ! -s "$folder/log" ] || fail "the merge of $count shards says: $(cat "$folder/log")"
  for name in results.csv report.pdf provenance.json; do
    cmp "$folder/one/$name" "$folder/merged-$round/$name" || fail "$count shards make another $name"
  done
  "$heatdrift" store check "$folder/merged-$round" >"$folder/log" || fail "the merged store: $(cat "$folder/log")"
  rm -rf "${folder:?}/$round" "$folder/merged-$round"
done
echo "$shards shards in $times runs, $kills processes killed: the same bytes as one run"
