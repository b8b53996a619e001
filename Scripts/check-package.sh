#!/usr/bin/env bash
# Tries what Scripts/package.sh made on a fresh system without Swift, makes the reports there as Documentation/Installing.md
# says, and looks at them: the archive before anything is installed, then the .deb.
#
#   Scripts/check-package.sh [--deb FILE] [--tar FILE] [--folder DIR] [bookworm|trixie]
#
# The packages are those in .build/packages unless named, the system the one that this machine has. Needs root and debootstrap;
# where it cannot be made that is said, and passes. What is mounted is mounted in a namespace of its own, and ends with it.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "check-package: $*" >&2
  exit 1
}
pass_over() {
  echo "check-package: not checked: $*" >&2
  exit 0
}

deb='' archive='' folder='' system=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
while [ $# -gt 0 ]; do
  case $1 in
    --deb) deb=${2:?--deb needs a file} && shift ;;
    --tar) archive=${2:?--tar needs a file} && shift ;;
    --folder) folder=${2:?--folder needs a folder} && shift ;;
    bookworm | trixie) system=$1 ;;
    *)
      sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
      exit 64
      ;;
  esac
  shift
done
if [ -z "$deb$archive" ]; then
  deb=$(ls -t .build/packages/heatdrift_*.deb 2>/dev/null | head -n 1)
  archive=$(ls -t .build/packages/heatdrift-*.tar.xz 2>/dev/null | head -n 1)
fi
[ -n "$deb$archive" ] || fail "there is no package: Scripts/package.sh makes them"
for file in ${deb:+"$deb"} ${archive:+"$archive"}; do [ -f "$file" ] || fail "there is no $file"; done
[ "$(id -u)" = 0 ] || pass_over "other systems are made by root: sudo Scripts/check-package.sh"
command -v debootstrap >/dev/null || pass_over "debootstrap is missing: apt-get install debootstrap"
unshare --mount true 2>/dev/null || pass_over "this machine gives no mount namespaces"

made=''
if [ -z "$folder" ]; then
  folder=$(mktemp -d "${TMPDIR:-/var/tmp}/heatdrift-package.XXXXXX")
  made=$folder
fi
clean_up() {
  [ -z "$made" ] || rm -rf --one-file-system "$made"
}
trap clean_up EXIT
root=$(realpath -m "$folder")/$system
if [ ! -d "$root/usr" ]; then
  mkdir -p "$root"
  debootstrap --variant=minbase --include=ca-certificates "$system" "$root" "${HEATDRIFT_DEBIAN_MIRROR:-http://deb.debian.org/debian}" \
    >"$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; pass_over "$system: debootstrap failed (see above)"; }
fi

# How this machine reaches package archives.
cp /etc/resolv.conf "$root/etc/resolv.conf"
[ ! -f /etc/hosts ] || cp /etc/hosts "$root/etc/hosts"
rm -rf "$root/root/report" "$root/root/archive"
mkdir -p "$root/usr/local/share/ca-certificates" "$root/root/report" "$root/root/archive"
cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
[ ! -f /etc/pip.conf ] || sed -E '/^(cert|find-links) *=/d' /etc/pip.conf >"$root/etc/pip.conf"
environment=(HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive)
for variable in http_proxy https_proxy no_proxy PIP_INDEX_URL PIP_DEFAULT_TIMEOUT OPENBLAS_CORETYPE; do
  [ -z "${!variable:-}" ] || environment+=("$variable=${!variable}")
done

# COMMANDS: in the system
inside() {
  # shellcheck disable=SC2016  # expanded in the namespace
  unshare --mount bash -ec '
    root=$0
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" env -i "$@"' "$root" "${environment[@]}" bash -euc "$1" >&2
}

# FOLDER WHAT: holds a report to Reports/orl, byte for byte where every library has its version
look() {
  pdfinfo "$1/report.pdf" | grep -q '^Tagged: *yes' || fail "the report of $2 is not tagged"
  python3 Scripts/compare-reports.py Reports/orl "$1" || fail "the report of $2 is not that of Reports/orl"
  echo "$2 makes the report on $system without Swift"
}

if [ -n "$archive" ]; then
  faces=${XDG_CACHE_HOME:-$HOME/.cache}/heatdrift/orl
  [ -d "$faces" ] || fail "there are no faces to hand to the archive, which has no pip there: heatdrift data fetch orl"
  # A minimal system has no xz.
  tar --extract --file "$archive" --directory "$root/root/archive" --strip-components=1
  rm -rf "$root/root/faces" "$root/root/.cache"
  cp -r "$faces" "$root/root/faces"
  inside '
    cd /root/archive
    ! command -v swift || { echo "there is a Swift here" >&2; exit 1; }
    bin/heatdrift --version
    bin/heatdrift doctor
    bin/heatdrift data fetch orl --from /root/faces
    cd /root/report
    ln -s ../archive/bin/heatdrift .
    HEATDRIFT_OFFLINE=1 ./heatdrift run orl --output out 2>log || { cat log; exit 1; }
    tail -n 12 log
    ! grep -i fontconfig log || { echo "fontconfig says something" >&2; exit 1; }
    ./heatdrift verify out'
  look "$root/root/report/out" "$(basename "$archive")"
  rm -rf "$root/root/archive" "$root/root/report" "$root/root/faces" "$root/root/.cache"
fi

if [ -n "$deb" ]; then
  mkdir -p "$root/root/report"
  cp "$deb" "$root/root/report/"
  inside '
    cd /root/report
    update-ca-certificates >/dev/null
    apt-get update -qq
    ! command -v swift || { echo "there is a Swift here" >&2; exit 1; }
    apt install -y ./heatdrift_*.deb >install.log 2>&1 || { tail -n 20 install.log >&2; exit 1; }
    heatdrift --version
    heatdrift doctor
    heatdrift run /usr/share/heatdrift/Experiments/orl.yaml --output out
    heatdrift verify out
    dpkg --verify heatdrift
    ls out >/dev/null'
  look "$root/root/report/out" "$(basename "$deb")"
fi
