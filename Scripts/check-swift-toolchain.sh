#!/usr/bin/env bash
# Holds the fetching of Swift to what it promises, with small archives in the place of the official one: asked or told,
# checked, gone on with, refused. Nothing is fetched from the network, and nothing outside a temporary folder is written.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "check-swift-toolchain: $case: $*" >&2
  [ ! -s "$work/said" ] || sed 's/^/  | /' "$work/said" >&2
  exit 1
}

# A PATH without any Swift.
mkdir "$work/tools"
for tool in awk basename bash cat chmod cut curl date df dirname env flock grep gzip head id ls mkdir mktemp mv rm sed \
  sha256sum sort stat tar tr uname; do
  ln -s "$(command -v $tool)" "$work/tools/$tool"
done

# archive FILE VERSION: one folder on top, whose usr/bin/swift says that it is of this version.
archive() {
  local folder=$work/made/swift-$2-RELEASE-test
  rm -rf "$work/made"
  mkdir -p "$folder/usr/bin" "$folder/usr/lib"
  printf '#!/bin/sh\necho "Swift version %s (swift-%s-RELEASE)"\n' "$2" "$2" >"$folder/usr/bin/swift"
  head -c 300000 /dev/urandom >"$folder/usr/lib/filler"
  chmod +x "$folder/usr/bin/swift"
  tar -czf "$1" -C "$work/made" "swift-$2-RELEASE-test"
}

sum() { sha256sum <"$1" | cut -d' ' -f1; }

# fetch [VARIABLE=VALUE]...: what setup.sh does, in an own cache without a terminal; what it says goes to $work/said.
fetch() {
  env -i HOME="$work/home" PATH="$work/tools" "$@" bash -euo pipefail -c '
    . Scripts/environment.sh
    . Scripts/fetch-swift.sh
    if is_swift_missing; then agree_to_fetch_swift "${SAY_YES:-}"; fetch_swift; fi
    echo "uses $(command -v swift), $(find_swift)"' >"$work/said" 2>&1 </dev/null
}

begin() {
  case=$1
  rm -rf "$work/home"
  mkdir -p "$work/home"
}

said() { grep -qF -- "$1" "$work/said" || fail "it did not say \"$1\""; }
left() {
  local found
  found=$(cd "$work/home" && find . -mindepth 3 -maxdepth 3 ! -name .swift.lock | sort | tr '\n' ' ')
  [ "$found" = "$1" ] || fail "the cache holds \"$found\", not \"$1\""
}

oldest=$(sed -n '1s,^// swift-tools-version: ,,p' Package.swift)
version=$(awk '$1 == "version" { print $2 }' Scripts/swift-toolchain.txt)
archive "$work/good.tar.gz" "$version"
archive "$work/old.tar.gz" 5.10.1
good=(HEATDRIFT_SWIFT_ARCHIVE="$work/good.tar.gz" HEATDRIFT_SWIFT_SHA256="$(sum "$work/good.tar.gz")")
loaded=("HEATDRIFT_SWIFT_ARCHIVE=file://$work/good.tar.gz" "${good[1]}")
cache=./.cache/heatdrift
part=$work/home/.cache/heatdrift/.swift-$(sum "$work/good.tar.gz" | cut -c1-16).part

begin "the pinned version is new enough"
[ "$(printf '%s\n' "$oldest" "$version" | sort -V | head -n 1)" = "$oldest" ] || fail "$version is older than $oldest"
awk '$1 == "system" && ($5 !~ /^https:/ || $6 !~ /^[0-9a-f]+$/ || length($6) != 64) { exit 1 }' Scripts/swift-toolchain.txt ||
  fail "swift-toolchain.txt has an address or a sum that is none"

begin "nobody to ask"
! fetch "${good[@]}" || fail "it went on"
said "Swift is missing; Heatdrift needs $oldest or newer."
said "It can be fetched for you, out of the archive that HEATDRIFT_SWIFT_ARCHIVE names:"
said "There is no terminal to ask at."
left ""
if grep -q '^ID=debian$' /etc/os-release && grep -Eq '^VERSION_ID="1[23]"$' /etc/os-release && [ "$(uname -m)" = x86_64 ]; then
  ! fetch || fail "it went on"
  said "out of the archive that is pinned for Debian"
  said "from   https://download.swift.org/swift-$version-release/debian12/swift-$version-RELEASE/swift-$version-RELEASE-debian12.tar.gz"
  left ""
fi

begin "told by --yes"
fetch SAY_YES=yes "${good[@]}" || fail "it failed"
said "uses $work/home/.cache/heatdrift/swift-$version/usr/bin/swift, $version"
left "$cache/swift-$version "
fetch || fail "the second call failed"
[ "$(wc -l <"$work/said")" = 1 ] || fail "the second call did something"

begin "told by CI"
fetch CI=1 "${loaded[@]}" || fail "it failed"
left "$cache/swift-$version "

begin "asked at a terminal"
if command -v script >/dev/null; then
  for answer in n y; do
    printf '%s\n' "$answer" | script -qec "env -i HOME='$work/home' PATH='$work/tools' ${good[*]} bash -euc '. Scripts/environment.sh
      . Scripts/fetch-swift.sh; agree_to_fetch_swift \"\"; fetch_swift'" /dev/null >"$work/said" 2>&1 && status=0 || status=$?
    said "Fetch it? [y/N]"
    if [ $answer = n ]; then
      [ $status = 1 ] || fail "it ended with $status after n"
      said "Nothing was done."
      left ""
    fi
  done
  left "$cache/swift-$version "
fi

begin "another sum"
! fetch CI=1 HEATDRIFT_SWIFT_ARCHIVE="file://$work/good.tar.gz" HEATDRIFT_SWIFT_SHA256="$(sum "$work/old.tar.gz")" || fail "it was taken"
said "has SHA-256 $(sum "$work/good.tar.gz"), expected $(sum "$work/old.tar.gz"): it is refused and removed."
left ""
! fetch CI=1 HEATDRIFT_SWIFT_ARCHIVE="$work/good.tar.gz" HEATDRIFT_SWIFT_SHA256="$(sum "$work/old.tar.gz")" || fail "it was taken"
[ -f "$work/good.tar.gz" ] || fail "a file of the user's was removed"

begin "no sum"
! fetch CI=1 HEATDRIFT_SWIFT_ARCHIVE="$work/good.tar.gz" HEATDRIFT_SWIFT_SHA256=1234 || fail "it was taken"
said 'must be the 64 hexadecimal digits of the archive'"'"'s SHA-256, and is "1234".'

begin "no file"
! fetch CI=1 HEATDRIFT_SWIFT_ARCHIVE=none.tar.gz "${good[1]}" || fail "it was taken"
said "HEATDRIFT_SWIFT_ARCHIVE names none.tar.gz, and there is no such file"
! fetch CI=1 HEATDRIFT_SWIFT_ARCHIVE="file://$work/none.tar.gz" "${good[1]}" || fail "it was taken"
said "file://$work/none.tar.gz could not be loaded."

begin "interrupted"
mkdir -p "$(dirname "$part")"
head -c 100000 "$work/good.tar.gz" >"$part"
fetch CI=1 "${loaded[@]}" || fail "it failed"
said "Going on after 0.1 MB of an interrupted call"
left "$cache/swift-$version "
! grep -q "beginning again" "$work/said" || fail "it began again"

begin "interrupted, and then spoilt"
mkdir -p "$(dirname "$part")"
head -c 100000 /dev/urandom >"$part"
fetch CI=1 "${loaded[@]}" || fail "it failed"
said "beginning again"
left "$cache/swift-$version "

begin "damaged"
head -c 200000 "$work/good.tar.gz" >"$work/short.tar.gz"
! fetch CI=1 HEATDRIFT_SWIFT_ARCHIVE="$work/short.tar.gz" HEATDRIFT_SWIFT_SHA256="$(sum "$work/short.tar.gz")" || fail "it was taken"
said "$work/short.tar.gz could not be unpacked into $work/home/.cache/heatdrift."
left ""

begin "an archive of something else"
tar -czf "$work/else.tar.gz" -C Scripts environment.sh
! fetch CI=1 HEATDRIFT_SWIFT_ARCHIVE="$work/else.tar.gz" HEATDRIFT_SWIFT_SHA256="$(sum "$work/else.tar.gz")" || fail "it was taken"
said "$work/else.tar.gz holds no Swift that runs here"
left ""

begin "an archive that is too old"
! fetch CI=1 HEATDRIFT_SWIFT_ARCHIVE="$work/old.tar.gz" HEATDRIFT_SWIFT_SHA256="$(sum "$work/old.tar.gz")" || fail "it was taken"
said "$work/old.tar.gz holds Swift 5.10.1; Heatdrift needs $oldest or newer."
left ""

begin "one on PATH that is too old"
mkdir -p "$work/old"
printf '#!/bin/sh\necho "Swift version 6.0.3 (swift-6.0.3-RELEASE)"\n' >"$work/old/swift"
chmod +x "$work/old/swift"
fetch CI=1 PATH="$work/old:$work/tools" "${good[@]}" || fail "it failed"
said "$work/old/swift is Swift 6.0.3, which is too old: Heatdrift needs $oldest or newer."
said "uses $work/home/.cache/heatdrift/swift-$version/usr/bin/swift, $version"

begin "one on PATH that is new enough"
printf '#!/bin/sh\necho "Swift version %s (swift)"\n' "$oldest.2" >"$work/old/swift"
fetch PATH="$work/old:$work/tools" || fail "it failed"
said "uses $work/old/swift, $oldest.2"
left ""

begin "a disk that is full"
mkdir -p "$work/full"
printf '#!/bin/sh\necho Filesystem; echo "none 100 99 1 99%% /"\n' >"$work/full/df"
chmod +x "$work/full/df"
for place in "$work/good.tar.gz" "file://$work/good.tar.gz"; do
  ! fetch CI=1 PATH="$work/full:$work/tools" HEATDRIFT_SWIFT_ARCHIVE="$place" "${good[1]}" || fail "it went on"
  said "$work/home/.cache/heatdrift has 0.0 MB free and Swift takes"
  left ""
done
echo "Swift $version would be fetched as promised, and $oldest is the oldest that will do"
