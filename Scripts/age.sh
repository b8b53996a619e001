#!/usr/bin/env bash
# Sets everything up, builds Heatdrift, fetches two published networks from ONNX files, and makes the report on them and the ORL
# faces in Reports/age. Can be run again at any time: what is there is not fetched, and what is computed not computed again.
#   Scripts/age.sh --yes    first: does not ask whether Swift may be fetched, where it is missing
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
Scripts/fetch-age-models.sh
swift build -c release --product heatdrift
.build/release/heatdrift run Experiments/age.yaml "$@"
