# Sourced by the other scripts, from the repository's root: puts a Swift on PATH that is new enough, where there is one.
# What is on PATH is taken where it will do, else the newest of those that Scripts/setup.sh fetched into the user's cache.

heatdrift_cache=${XDG_CACHE_HOME:-${HOME:-$(echo ~)}/.cache}/heatdrift

# The oldest Swift that builds Heatdrift. Package.swift says it, and nothing else does.
oldest_swift() { sed -n '1s,^// *swift-tools-version: *,,p' Package.swift; }

# The version of the Swift compiler at a path; nothing where it is none (another program is called swift, too).
swift_version() { { "$1" --version </dev/null 2>/dev/null || true; } | sed -n '/Swift version [0-9]/ { s/.*Swift version \([0-9.]*[0-9]\).*/\1/p; q }'; }

# Whether a version is at least the oldest.
will_do() { [ -n "$1" ] && [ "$(printf '%s\n' "$(oldest_swift)" "$1" | sort -V | head -n 1)" = "$(oldest_swift)" ]; }

# The version of the Swift on PATH where it will do; else fails.
find_swift() {
  local version
  version=$(swift_version swift)
  will_do "$version" && echo "$version"
}

use_fetched_swift() {
  local folder
  while read -r folder; do
    if will_do "$(swift_version "$folder/usr/bin/swift")"; then
      PATH="$folder/usr/bin:$PATH"
      export PATH
      return
    fi
  done < <(ls -d "$heatdrift_cache"/swift-[0-9]* 2>/dev/null | sort -rV)
}

find_swift >/dev/null || use_fetched_swift
