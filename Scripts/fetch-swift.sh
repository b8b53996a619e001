# Sourced by setup.sh, after environment.sh: the Swift toolchain out of the official archive, into the user's cache.
#
#   HEATDRIFT_SWIFT_ARCHIVE   another place of the archive: an address, or a file on this machine
#   HEATDRIFT_SWIFT_SHA256    its SHA-256, where it is not the official archive for this system
#
# The archive has one folder on top, and in it usr/bin/swift.

swift_pins=Scripts/swift-toolchain.txt

pinned() { awk -v name="$1" '$1 == name { $1 = ""; sub(/^ /, ""); print; exit }' "$swift_pins"; }

system_name() { (. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-Linux}") || uname -s; }

# Sets swift_archive and swift_sha256: what HEATDRIFT_SWIFT_ARCHIVE and HEATDRIFT_SWIFT_SHA256 say, else what is pinned
# for this system. Fails with a message where neither gives both.
choose_swift_archive() {
  local id release
  read -r id release < <(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}") || true
  read -r swift_archive swift_sha256 < <(awk -v id="$id" -v release="$release" -v machine="$(uname -m)" \
    '$1 == "system" && $2 == id && $3 == release && $4 == machine { print $5, $6; exit }' "$swift_pins") || true
  swift_archive=${HEATDRIFT_SWIFT_ARCHIVE:-${swift_archive:-}}
  swift_sha256=${HEATDRIFT_SWIFT_SHA256:-${swift_sha256:-}}
  if [ -z "$swift_archive" ]; then
    echo "No archive of Swift is pinned for $(system_name) on $(uname -m) in $swift_pins. Install Swift $(oldest_swift) or newer" \
      "from https://www.swift.org/install/linux, or name an archive by HEATDRIFT_SWIFT_ARCHIVE and HEATDRIFT_SWIFT_SHA256." >&2
    return 1
  fi
  if ! [[ $swift_sha256 =~ ^[0-9a-fA-F]{64}$ ]]; then
    echo "HEATDRIFT_SWIFT_SHA256 must be the 64 hexadecimal digits of the archive's SHA-256, and is \"$swift_sha256\"." >&2
    return 1
  fi
  swift_sha256=${swift_sha256,,}
  if ! is_address "$swift_archive" && ! [ -f "$swift_archive" ]; then
    echo "HEATDRIFT_SWIFT_ARCHIVE names $swift_archive, and there is no such file in $PWD: give its whole path." >&2
    return 1
  fi
}

is_address() { [[ $1 =~ ^(https?|ftp|file):// ]]; }

gigabytes() { awk -v bytes="$1" 'BEGIN { printf bytes < 1e8 ? "%.1f MB" : "%.1f GB", bytes / (bytes < 1e8 ? 1e6 : 1e9) }'; }

# Whether there is no Swift, on PATH or fetched, or only one that is too old. Not where one does not run: it may lack packages.
is_swift_missing() {
  ! find_swift >/dev/null && ! ls -d "$heatdrift_cache"/swift-[0-9]* >/dev/null 2>&1 &&
    { ! command -v swift >/dev/null || [ -n "$(swift_version swift)" ]; }
}

# Says what is wrong with the Swift on PATH.
describe_swift() {
  local path version
  path=$(command -v swift || true)
  version=$(swift_version swift)
  if [ -z "$path" ]; then
    echo "Swift is missing; Heatdrift needs $(oldest_swift) or newer."
  elif [ -n "$version" ]; then
    echo "$path is Swift $version, which is too old: Heatdrift needs $(oldest_swift) or newer."
  else
    echo "$path is not the Swift compiler, or does not run; Heatdrift needs Swift $(oldest_swift) or newer."
  fi
}

# Says what will be fetched, and asks: not where CI or --yes is given, and not where there is nobody to answer.
#   $1  yes, or nothing
agree_to_fetch_swift() {
  choose_swift_archive
  local size="$(pinned size)" whose="that is pinned for $(system_name)" answer
  [ -z "${HEATDRIFT_SWIFT_ARCHIVE:-}" ] || whose="that HEATDRIFT_SWIFT_ARCHIVE names"
  is_address "$swift_archive" || size="$(gigabytes "$(stat -Lc %s "$swift_archive")"), on this machine already; more than three times of it unpacked"
  cat >&2 <<TEXT
$(describe_swift)
It can be fetched for you, out of the archive $whose:
  from   $swift_archive
  into   $heatdrift_cache/swift-VERSION, and nowhere else: delete that folder and it is gone
  size   $size; refused unless its SHA-256 is $swift_sha256
TEXT
  if [ -n "$1" ] || [ -n "${CI:-}" ]; then return; fi
  if ! [ -t 0 ]; then
    echo "There is no terminal to ask at. Say so by --yes (Scripts/report.sh --yes) or CI=1, or install Swift $(oldest_swift) or" \
      "newer yourself: https://www.swift.org/install/linux" >&2
    return 1
  fi
  read -r -p "Fetch it? [y/N] " answer || true
  case $answer in
    y | Y | yes | Yes) ;;
    *)
      echo "Nothing was done. Install Swift $(oldest_swift) or newer from https://www.swift.org/install/linux and run this again." >&2
      return 1
      ;;
  esac
}

# Fails with a message where less is free at a folder than is needed.
#   $1  the folder   $2  bytes
hold_room() {
  local free
  free=$(($(df -Pk "$1" | awk 'NR == 2 { print $4 }') * 1024))
  if [ "$free" -lt "$2" ]; then
    echo "$1 has $(gigabytes "$free") free and Swift takes $(gigabytes "$2") there. Make room, or set XDG_CACHE_HOME to a folder on another disk." >&2
    return 1
  fi
}

has_sum() { [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$swift_sha256" ]; }

# Loads the archive to a file. What an interrupted call left is gone on with, or begun again where that cannot be.
#   $1  the file
load_swift_archive() {
  local size
  size=$(curl -fsSIL "$swift_archive" 2>/dev/null | tr -d '\r' | awk 'tolower($1) == "content-length:" { size = $2 } END { print size + 0 }') || true
  if [ "${size:-0}" -gt 0 ]; then
    echo "Loading $(gigabytes "$size")" >&2
    hold_room "$heatdrift_cache" $((size * 5 - $(stat -c %s "$1" 2>/dev/null || echo 0)))
  fi
  local progress=(--progress-bar)
  [ -t 2 ] || progress=(--silent --show-error)
  if [ -s "$1" ]; then
    echo "Going on after $(gigabytes "$(stat -c %s "$1")") of an interrupted call" >&2
    curl -fL --retry 3 "${progress[@]}" -C - -o "$1" "$swift_archive" || true
    has_sum "$1" && return
    echo "What is there does not go on to the right archive: beginning again" >&2
    rm -f "$1"
  fi
  if ! curl -fL --retry 3 "${progress[@]}" -o "$1" "$swift_archive"; then
    echo "$swift_archive could not be loaded. What came is kept: the next call goes on from there." >&2
    return 1
  fi
}

# Fetches, checks and unpacks the chosen archive, and puts it on PATH.
fetch_swift() {
  local file=$swift_archive version
  mkdir -p "$heatdrift_cache"
  exec 9>"$heatdrift_cache/.swift.lock"
  flock 9   # a second call waits, and then finds what the first has fetched
  use_fetched_swift
  if find_swift >/dev/null; then return; fi

  if is_address "$swift_archive"; then
    file=$heatdrift_cache/.swift-${swift_sha256:0:16}.part
    load_swift_archive "$file"
  fi
  if ! has_sum "$file"; then
    echo "$swift_archive has SHA-256 $(sha256sum <"$file" | cut -d' ' -f1), expected $swift_sha256: it is refused$(is_address "$swift_archive" && echo " and removed")." >&2
    echo "Where another archive is meant, give its sum by HEATDRIFT_SWIFT_SHA256." >&2
    ! is_address "$swift_archive" || rm -f "$file"
    return 1
  fi
  hold_room "$heatdrift_cache" $(($(stat -Lc %s "$file") * 4))

  echo "Unpacking Swift" >&2
  rm -rf "$heatdrift_cache"/.swift-unpacked.*   # of calls that were killed
  swift_scratch=$(mktemp -d "$heatdrift_cache/.swift-unpacked.XXXXXX")
  trap 'rm -rf "$swift_scratch"' EXIT
  if ! tar -xzf "$file" -C "$swift_scratch" --strip-components=1 --no-same-owner; then
    echo "$swift_archive could not be unpacked into $heatdrift_cache." >&2
    return 1
  fi
  version=$(swift_version "$swift_scratch/usr/bin/swift")
  if ! will_do "$version"; then
    if [ -z "$version" ]; then
      echo "$swift_archive holds no Swift that runs here: it has no usr/bin/swift in its one folder, or that says" >&2
      "$swift_scratch/usr/bin/swift" --version >&2 || true
    else
      echo "$swift_archive holds Swift $version; Heatdrift needs $(oldest_swift) or newer." >&2
    fi
    return 1
  fi
  rm -rf "$heatdrift_cache/swift-$version"
  mv "$swift_scratch" "$heatdrift_cache/swift-$version"
  chmod 755 "$heatdrift_cache/swift-$version"
  ! is_address "$swift_archive" || rm -f "$file"
  use_fetched_swift
  echo "Swift $version is in $heatdrift_cache/swift-$version" >&2
}
