#!/usr/bin/env bash
# Builds the tests under the compiler's sanitizers and passes the fast suite, the executable that it calls included.
#   Scripts/sanitize.sh [address|undefined|thread]... [--filter REGEX]      all three, one after the other, unless named
#
#   address    memory that is used after it was freed, beyond its end, twice freed
#   undefined  what C leaves undefined: overflow, shifts, misaligned pointers, null (the C targets; Swift traps by itself)
#   thread     two threads at one place without a lock
#
# Each has a folder of its own (.build-address ...): 5 to 10 minutes and 2 GB for the first build, less for the next. What is
# found is printed whole, and the exit code is 1. Scripts/sanitizers/ holds what is not counted, each with its reason.
set -euo pipefail
cd "$(dirname "$0")/.."
kinds=() filter=()
while [ $# -gt 0 ]; do
  case $1 in
    address | undefined | thread) kinds+=("$1"); shift ;;
    --filter) filter=(--filter "$2"); shift 2 ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
  esac
done
[ ${#kinds[@]} -gt 0 ] || kinds=(address undefined thread)
# The full-size networks take hours so; golden pictures and bounds of memory are not a sanitizer's business.
[ ${#filter[@]} -gt 0 ] || filter=(--skip 'FullNetworkTests|PictureGoldenTests')

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
supp=$PWD/Scripts/sanitizers
status=0
for kind in "${kinds[@]}"; do
  echo "== $kind"
  logs=$folder/$kind
  mkdir "$logs"
  swift build --build-tests --sanitize="$kind" --scratch-path ".build-$kind"
  # Failing allocations are answered, as without a sanitizer: tests ask for more than there is. Leaks are not looked for:
  # GLib, fontconfig and the Swift runtime keep what they made until the end of the process.
  common=allocator_may_return_null=1:log_path=$logs/report
  code=0
  HEATDRIFT_SANITIZER=$kind \
    ASAN_OPTIONS=$common:detect_leaks=0:detect_odr_violation=0 \
    UBSAN_OPTIONS=$common:print_stacktrace=1 \
    TSAN_OPTIONS=$common:history_size=5:suppressions=$supp/thread.supp \
    swift test --skip-build --sanitize="$kind" --scratch-path ".build-$kind" "${filter[@]}" \
    >"$logs/tests" 2>&1 || code=$?
  grep -E '^✘ Test .* recorded an issue|error:|signal code|Test run with' "$logs/tests" || true
  # What the compiler's sanitizer for C writes goes where the tests' own errors go.
  grep -E 'runtime error:' "$logs/tests" >"$logs/report.undefined" || rm -f "$logs/report.undefined"
  for report in "$logs"/report*; do
    [ -s "$report" ] || continue
    # An allocation that was refused is not a fault by itself.
    grep -qE 'ERROR|SUMMARY|runtime error' "$report" || continue
    code=1
    swift demangle <"$report"
  done
  [ $code -eq 0 ] || { status=1; echo "== $kind: failed"; }
done
exit $status
