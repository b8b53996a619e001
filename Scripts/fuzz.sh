#!/usr/bin/env bash
# Gives every reader many damaged files, and prints what came of them.
#   Scripts/fuzz.sh [--inputs N] [--seed N] [FORMAT]...       100000 inputs of seed 1 for each format, unless given
#   Scripts/fuzz.sh --seed N --input NUMBER FORMAT            one input again, kept as a file beside
# A format whose reader crashes, hangs or takes too much memory stops there; the input is kept in fuzz-faults/, and the
# call that reads it again is printed. Exit code 1 then. HEATDRIFT_FUZZ names another executable than the one built here.
set -euo pipefail
cd "$(dirname "$0")/.."
inputs=100000 seed=1 only='' formats=()
while [ $# -gt 0 ]; do
  case $1 in
    --inputs) inputs=$2; shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    --input) only=$2; shift 2 ;;
    -*) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    *) formats+=("$1"); shift ;;
  esac
done
if [ -z "${HEATDRIFT_FUZZ:-}" ]; then
  . Scripts/environment.sh
  swift build -c release --product fuzz
  HEATDRIFT_FUZZ=$(swift build -c release --show-bin-path)/fuzz
fi
[ ${#formats[@]} -gt 0 ] || mapfile -t formats < <("$HEATDRIFT_FUZZ" --list)

if [ -n "$only" ]; then
  format=${formats[0]}
  mkdir -p fuzz-faults
  "$HEATDRIFT_FUZZ" "$format" --seed "$seed" --first "$only" --save "fuzz-faults/$format-$seed-$only"
  echo "the input is fuzz-faults/$format-$seed-$only"
  exec "$HEATDRIFT_FUZZ" "$format" --seed "$seed" --first "$only" --inputs 1
fi

# Files that are written for each input are best kept in memory.
folder=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
trap 'rm -rf "$folder"' EXIT
export TMPDIR=$folder
row='%-12s %9s %9s %9s %11s %11s %8s\n'
printf "$row" format inputs refused accepted 'slowest ms' 'memory MiB' seconds
status=0
for format in "${formats[@]}"; do
  code=0
  "$HEATDRIFT_FUZZ" "$format" --inputs "$inputs" --seed "$seed" --state "$folder/state" \
    >"$folder/out" 2>"$folder/err" || code=$?
  if read -r name count refused accepted slowest _ memory seconds < <(grep -v '^fault:' "$folder/out"); then
    printf "$row" "$name" "$count" "$refused" "$accepted" "$slowest" "$memory" "$seconds"
  fi
  if [ $code -ne 0 ]; then
    status=1
    grep -h '^fault:' "$folder/out" "$folder/err" || tail -n 5 "$folder/err"
    if [ $code -ne 1 ]; then
      number=$(cat "$folder/state")
      mkdir -p fuzz-faults
      "$HEATDRIFT_FUZZ" "$format" --seed "$seed" --first "$number" --save "fuzz-faults/$format-$seed-$number"
      echo "$format: stopped with code $code at input $number, kept as fuzz-faults/$format-$seed-$number; again:"
      echo "  Scripts/fuzz.sh --seed $seed --input $number $format"
    fi
  fi
done
exit $status
