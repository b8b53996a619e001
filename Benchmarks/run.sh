#!/usr/bin/env bash
# Sets up Heatdrift and its Python peers, and measures them in turns. Arguments go to benchmark.py (see --help there).
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/setup.sh
venv=Benchmarks/.venv
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --requirement Benchmarks/requirements.txt
fi
. Scripts/environment.sh
swift build -c release --product heatdrift
swift build -c release --product pass-benchmark
.build/release/heatdrift data fetch orl >&2
"$venv/bin/python" Benchmarks/benchmark.py "$@"
