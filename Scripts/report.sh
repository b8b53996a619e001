#!/usr/bin/env bash
# Sets everything up, builds Heatdrift and makes the report on the ORL faces in Reports/orl.
# Can be run again at any time: what is computed is not computed again.
#   Scripts/report.sh --yes    first: does not ask whether Swift may be fetched, where it is missing
# Further arguments go to `heatdrift run`.
set -euo pipefail
cd "$(dirname "$0")/.."
setup=()
if [ "${1:-}" = --yes ]; then
  setup=(--yes)
  shift
fi
Scripts/setup.sh "${setup[@]}"
. Scripts/environment.sh
swift build -c release --product heatdrift
.build/release/heatdrift run Experiments/orl.yaml "$@"
