#!/usr/bin/env bash
# Installs what Heatdrift needs on Debian 12 or 13 or Ubuntu: system libraries, Swift. The program fetches the ORL faces.
# Can be run again at any time and is quick when nothing is missing.
#   Scripts/setup.sh            everything
#   Scripts/setup.sh --yes      without asking whether Swift may be fetched, where it is missing (so does CI=1)
set -euo pipefail
cd "$(dirname "$0")/.."

yes=''
for argument in "$@"; do
  case $argument in
    --yes) yes=yes ;;
    *)
      echo "setup: unknown option $argument; there is --yes" >&2
      exit 64
      ;;
  esac
done
. Scripts/environment.sh
. Scripts/fetch-swift.sh

packages=(
  libdnnl-dev libopenblas0               # the two engines
  libcairo2-dev libpango1.0-dev libqpdf-dev   # pages
  libpng-dev libturbojpeg0-dev libjpeg-dev zlib1g-dev     # pictures, attachments
  libcmark-gfm-dev libcmark-gfm-extensions-dev libsqlite3-dev libssl-dev
  pkg-config python3 python3-pip python3-venv libarchive-tools                # the faces come by pip, in an archive
  git binutils g++ curl ca-certificates libncurses6 tzdata     # what Swift itself builds and runs with
  poppler-utils qpdf mupdf-tools libxml2-utils libjpeg-turbo-progs       # the tests look into the reports with these
)

if ! command -v apt-get >/dev/null; then
  echo "setup: this is $(system_name), and only Debian's and Ubuntu's packages are known here. Install what these are there, then" \
    "build with swift build: ${packages[*]}" >&2
  exit 1
fi

# Asked before anything is done, where it is clear by now: a Swift that does not run may only lack packages.
has_agreed=''
if is_swift_missing; then
  agree_to_fetch_swift "$yes"
  has_agreed=yes
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "Installing: ${missing[*]}" >&2
  as_root=()
  if [ "$(id -u)" != 0 ]; then
    as_root=(sudo)
    if ! command -v sudo >/dev/null; then
      echo "setup: packages are installed by root, and there is no sudo. Run as root: apt-get install --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

find_swift >/dev/null || use_fetched_swift   # one that lacked packages runs now
if ! find_swift >/dev/null; then
  [ -n "$has_agreed" ] || agree_to_fetch_swift "$yes"
  fetch_swift
fi
