#!/usr/bin/env bash
# Sets everything up, builds Heatdrift and makes the report on the ORL faces in Reports/orl.
# Further arguments go to `heatdrift run`. Can be run again at any time: what is computed is not computed again.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/setup.sh
swift build -c release --product heatdrift
.build/release/heatdrift run Experiments/orl.yaml "$@"
