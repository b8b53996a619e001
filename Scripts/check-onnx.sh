#!/usr/bin/env bash
# Holds networks from ONNX files to onnxruntime and PyTorch, and the import to the standard's own tests.
#   Scripts/check-onnx.sh [--nodes] [--families] [--built-in] [--timed] [--times] [NAME...]
#     --nodes      the node tests of the ONNX standard, wrapped as networks: passed, refused with the reason, failed
#     --families   networks at their published sizes by both of PyTorch's exporters, or those named
#     --built-in   the five shipped networks as ONNX files beside themselves
#     --timed      the table tells seconds too; only where nothing else runs on the machine
#     --times      only takes the seconds of --families again, oneDNN's alone (ten minutes); with --timed
# Without any of the first three: all of them. Families take hours on a small machine, so NAMEs can be done one after the other: the table
# is made of all that was done. It goes to Documentation/ONNX.md, between its marks.
# HEATDRIFT_PYTHON is a Python that has Scripts/onnx/requirements.txt; else a virtual environment is made.
# HEATDRIFT_ONNX_WORK is the folder for files, of up to a gigabyte at a time (default: .build/check-onnx).
# HEATDRIFT_ENGINES are the engines for families (default: "onednn openblas").
set -euo pipefail
cd "$(dirname "$0")/.."
nodes='' families='' built='' timed='' times='' names=()
for argument in "$@"; do
  case $argument in
    --nodes) nodes=1 ;;
    --families) families=1 ;;
    --built-in) built=1 ;;
    --timed) timed=--timed ;;
    --times) timed=--timed times=1 families=1 ;;
    -*)
      echo "check-onnx: unknown option $argument; there are --nodes, --families, --built-in, --timed and --times" >&2
      exit 64
      ;;
    *) names+=("$argument") ;;
  esac
done
[ ${#names[@]} -eq 0 ] || families=1
[ -n "$nodes$families$built" ] || nodes=1 families=1 built=1

. Scripts/environment.sh
work=${HEATDRIFT_ONNX_WORK:-.build/check-onnx}
mkdir -p "$work"
python=${HEATDRIFT_PYTHON:-Scripts/onnx/.venv/bin/python}
if [ ! -x "$python" ]; then
  python3 -m venv Scripts/onnx/.venv
  Scripts/onnx/.venv/bin/pip install --quiet --requirement Scripts/onnx/requirements.txt
fi
swift build -c release --product onnx-check
checker=.build/release/onnx-check

failed=0
if [ -n "$nodes" ]; then
  "$python" Scripts/onnx/nodes.py "$work/nodes" >"$work/nodes.log" || { cat "$work/nodes.log" >&2; exit 1; }
  "$python" Scripts/onnx/check_nodes.py "$work/nodes" "$checker" || failed=1
fi
if [ -n "$families" ]; then
  engines=()
  for engine in ${HEATDRIFT_ENGINES:-onednn openblas}; do engines+=(--engine "$engine"); done
  [ -z "$times" ] || engines=(--engine onednn --times)
  "$python" Scripts/onnx/families.py "$work/families" --checker "$checker" "${engines[@]}" "${names[@]}" || failed=1
fi
if [ -n "$built" ]; then
  swift build -c release --product heatdrift
  "$python" Scripts/onnx/built_in.py .build/release/heatdrift "$work/built-in" || failed=1
fi
# Also says whether something is farther away than PyTorch in single precision.
"$python" Scripts/onnx/table.py "$work" Documentation/ONNX.md $timed || failed=1
exit $failed
