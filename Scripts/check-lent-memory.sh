#!/usr/bin/env bash
# Holds the compiler to refusing whoever keeps lent memory beyond its loan: activations, gradients, pieces of files, what a
# kernel is given for a call. The files in Scripts/lent-memory are compiled, each of them must be refused at the lines
# that say `expected-error`, and nowhere else. Takes seconds; needs a debug build.
#   Scripts/check-lent-memory.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/environment.sh
build=.build/debug
if [ ! -e "$build/Modules/Graphs.swiftmodule" ]; then
  echo "check-lent-memory: there is no debug build; run \`swift build\` first" >&2
  exit 1
fi

# What the modules are made of in C.
yaml=.build/checkouts/Yams/Sources/CYaml/include
flags=(-I "$build/Modules")
for map in Sources/C*/module.modulemap "$build"/C*.build/module.modulemap "$yaml/module.modulemap"; do
  [ ! -e "$map" ] || flags+=(-Xcc "-fmodule-map-file=$map")
done
for folder in Sources/C*/include "$yaml"; do flags+=(-Xcc -I -Xcc "$folder"); done

status=0
for file in Scripts/lent-memory/*.swift; do
  # As far as lifetimes are looked at, which is behind types; -verify is how the compiler's own tests compare errors.
  swiftc -frontend -emit-sil -verify -swift-version 6 "${flags[@]}" -o /dev/null "$file" || status=1
done
[ $status = 0 ] || echo "check-lent-memory: lent memory can be kept at a line above, or is refused where it may be used" >&2
exit $status
