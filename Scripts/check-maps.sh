#!/usr/bin/env bash
# Holds maps that were computed elsewhere to those that Heatdrift computes: the five shipped networks run here and by PyTorch, whose
# answers and maps Python/heatdrift_maps.py writes; results.csv of both ways within the measurement protocol's bounds.
#   Scripts/check-maps.sh [--images N] [--examples] [--debug] [NAME...]
#     --images N   so many of the ORL faces (default: 8)
#     --examples   also runs the examples of Python/heatdrift_maps.py as they stand there; needs what they import
#     --debug      takes .build/debug/heatdrift as it is, and builds nothing
#     NAME         of networks; all five without any
# HEATDRIFT_PYTHON is a Python that has Scripts/onnx/requirements.txt; else a virtual environment is made.
# HEATDRIFT_MAPS_WORK is the folder for files (default: .build/check-maps).
set -euo pipefail
cd "$(dirname "$0")/.."
images=8 examples='' debug='' names=()
while [ $# -gt 0 ]; do
  case $1 in
    --images) images=$2; shift ;;
    --examples) examples=1 ;;
    --debug) debug=1 ;;
    -*)
      echo "check-maps: unknown option $1; there are --images, --examples and --debug" >&2
      exit 64
      ;;
    *) names+=("$1") ;;
  esac
  shift
done
. Scripts/environment.sh
work=${HEATDRIFT_MAPS_WORK:-.build/check-maps}
mkdir -p "$work"
python=${HEATDRIFT_PYTHON:-Scripts/onnx/.venv/bin/python}
if [ ! -x "$python" ]; then
  python3 -m venv Scripts/onnx/.venv
  Scripts/onnx/.venv/bin/pip install --quiet --requirement Scripts/onnx/requirements.txt
fi
program=.build/debug/heatdrift
if [ -z "$debug" ]; then
  swift build -c release --product heatdrift
  program=.build/release/heatdrift
fi
failed=0
"$python" Scripts/maps/from_pytorch.py "$program" "$work/networks" --images "$images" \
  ${names[@]+--networks "${names[@]}"} >"$work/log" || failed=1
# The programs' own summaries are in the log.
grep -E ' [0-9]+ rows|networks, ' "$work/log" || cat "$work/log"
if [ -n "$examples" ]; then "$python" Scripts/maps/examples.py "$work/examples" || failed=1; fi
exit $failed
