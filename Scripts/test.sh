#!/usr/bin/env bash
# Sets everything up and passes the tests: scripts and documentation, format, the fast suite, the five networks at full
# size, the ORL report, its page in a browser (where there is a Chromium), that on networks from ONNX files (where these can be fetched), shards whose processes are killed,
# shards on a Slurm of its own (where root and its packages are), the tutorial.
#   Scripts/test.sh --fast    without the last seven
#   Scripts/test.sh --yes     does not ask whether Swift may be fetched, where it is missing
set -euo pipefail
cd "$(dirname "$0")/.."
setup=() fast=''
for argument in "$@"; do
  case $argument in
    --fast) fast=yes ;;
    --yes) setup=(--yes) ;;
    *)
      echo "test: unknown option $argument; there are --fast and --yes" >&2
      exit 64
      ;;
  esac
done
Scripts/setup.sh "${setup[@]}"
. Scripts/environment.sh

echo "== scripts and documentation"
Scripts/check-documentation.py
Scripts/check-doc-comments.py
Scripts/check-unsafe.py
Scripts/check-swift-toolchain.sh
Scripts/check-comparison.sh
Scripts/check-house.sh

echo "== format"
swift format lint --recursive --strict Package.swift Plugins Sources Tests

echo "== fast suite"
swift build --build-tests
Scripts/check-lent-memory.sh
.build/debug/heatdrift data fetch orl   # some tests look at them, where they are there
swift test --parallel

if [ -z "$fast" ]; then
  echo "== full networks"
  HEATDRIFT_FULL_NETWORKS=1 swift test -c release --filter FullNetworkTests

  echo "== the shipped experiment"
  Scripts/check-orl-report.sh

  echo "== in a browser"
  Scripts/check-html.sh

  echo "== networks from ONNX files"
  Scripts/check-age-report.sh

  echo "== shards"
  Scripts/check-shards.sh --times 2

  echo "== a cluster"
  Scripts/check-cluster.sh

  echo "== the tutorial"
  Scripts/check-tutorial.sh
fi
