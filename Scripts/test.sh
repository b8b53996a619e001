#!/usr/bin/env bash
# Sets everything up and passes the tests: format, the fast suite, the five networks at full size, the ORL
# report, the tutorial.
#   Scripts/test.sh --fast    only the format and the fast suite
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/setup.sh

echo "== format"
swift format lint --recursive --strict Package.swift Plugins Sources Tests

echo "== fast suite"
swift build --build-tests
.build/debug/heatdrift data fetch orl   # some tests look at them, where they are there
swift test --parallel

if [ "${1:-}" != --fast ]; then
  echo "== full networks"
  HEATDRIFT_FULL_NETWORKS=1 swift test -c release --filter FullNetworkTests

  echo "== the shipped experiment"
  Scripts/check-orl-report.sh

  echo "== the tutorial"
  Scripts/check-tutorial.sh
fi
