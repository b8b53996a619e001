#!/usr/bin/env bash
# Installs what Heatdrift needs on Debian 12 or Ubuntu: system libraries, the ORL faces.
# Can be run again at any time and is quick when nothing is missing.
#   Scripts/setup.sh            everything
#   Scripts/setup.sh --no-orl   without the faces
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  libdnnl-dev libopenblas0               # the two engines
  libcairo2-dev libpango1.0-dev libqpdf-dev   # pages
  libpng-dev libturbojpeg0-dev zlib1g-dev     # pictures, attachments
  libcmark-gfm-dev libcmark-gfm-extensions-dev libsqlite3-dev libssl-dev
  pkg-config python3 python3-pip python3-venv
  poppler-utils qpdf mupdf-tools libxml2-utils libjpeg-turbo-progs       # the tests look into the reports with these
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing: ${missing[*]}" >&2
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

if ! command -v swift >/dev/null; then
  echo "Swift is missing: install Swift 6.1 or newer from https://www.swift.org/install/linux and run this again." >&2
  exit 1
fi

[ "${1:-}" = --no-orl ] || python3 Scripts/demo-models/orl.py >&2
