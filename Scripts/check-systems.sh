#!/usr/bin/env bash
# Runs README's two commands, as they stand there, on fresh systems, and holds the reports to one another: the same pages,
# the same structure, numbers within the measurement protocol's bounds (Scripts/compare-reports.py).
#
#   Scripts/check-systems.sh [OPTION]... [bookworm|trixie|noble]...     bookworm and trixie unless named
#
#   --fast            the fast suite only (Scripts/test.sh --fast)
#   --report-only     the report only
#   --without-swift   the systems have no Swift: an archive of the one here stands for the official one
#   --against DIR     hold the reports to this one; the first system's unless given, and that to Reports/orl of HEAD
#   --folder DIR      make the systems in this folder, not in a temporary one
#   --keep            keep the systems, and say how to enter them
#   --required        fail where a system cannot be made; else that is said, and passes
#
# A system is what debootstrap makes of its distribution's archive, and nothing else: no git, no compiler, no certificates.
# It gets a clean clone of HEAD; of this machine it sees the Swift toolchain, how git, apt and pip are told to reach
# package archives, and additional certificates. Mounts live in a namespace of their own and end with it, whatever happens.
# Needs root, debootstrap and about 8 GB of disk a system. HEATDRIFT_DEBIAN_MIRROR and HEATDRIFT_UBUNTU_MIRROR name other
# archives than deb.debian.org and archive.ubuntu.com.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."

fail() {
  echo "check-systems: $*" >&2
  exit 1
}

# What cannot be checked here is said, and passes unless it was required.
required=''
pass_over() {
  [ -z "$required" ] || fail "$*"
  echo "check-systems: not checked: $*" >&2
}

# In the namespace: the mounts, and a command in the system. Nothing of it is seen from outside, and it ends with this.
#   $1 the system's root   $2 the toolchain's folder, or nothing   $3 the command   rest: local folders of git's addresses
enter() {
  local root=$1 toolchain=$2 command=$3 folder variable path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  shift 3
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
  mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || true
  for folder in ${toolchain:+"$toolchain"} "$@"; do
    mkdir -p "$root$folder"
    mount --bind "$folder" "$root$folder"
    mount -o remount,ro,bind "$root$folder"
  done
  [ -z "$toolchain" ] || path=$toolchain/usr/bin:$path
  local environment=(HOME=/root PATH="$path" TERM="${TERM:-dumb}")
  for variable in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_INDEX_URL PIP_EXTRA_INDEX_URL \
    PIP_DEFAULT_TIMEOUT OPENBLAS_CORETYPE OPENBLAS_L2_SIZE HEATDRIFT_SWIFT_ARCHIVE HEATDRIFT_SWIFT_SHA256; do
    [ -z "${!variable:-}" ] || environment+=("$variable=${!variable}")
  done
  exec chroot "$root" env -i "${environment[@]}" bash -c "cd /root/heatdrift && $command"
}

if [ "${1:-}" = --enter ]; then
  shift
  enter "$@"
fi

systems=() folder='' against='' test_options='' tests=yes without_swift='' keep=''
while [ $# -gt 0 ]; do
  case $1 in
    --fast) test_options=' --fast' ;;
    --report-only) tests='' ;;
    --without-swift) without_swift=yes ;;
    --against) against=$(cd "$here" && realpath "${2:?--against needs a folder}") && shift ;;
    --folder) folder=$(cd "$here" && realpath -m "${2:?--folder needs a folder}") && shift ;;
    --keep) keep=yes ;;
    --required) required=yes ;;
    bookworm | trixie | noble) systems+=("$1") ;;
    *)
      sed -n '2,22s/^# \{0,1\}//p' "$0" >&2
      exit 64
      ;;
  esac
  shift
done
[ ${#systems[@]} -gt 0 ] || systems=(bookworm trixie)
[ -z "$against" ] || [ -f "$against/results.csv" ] || fail "$against has no results.csv: it is no report's folder"

if [ "$(id -u)" != 0 ]; then
  pass_over "other systems are made by root: sudo Scripts/check-systems.sh"
  exit 0
fi
if ! command -v debootstrap >/dev/null; then
  pass_over "debootstrap is missing: apt-get install debootstrap"
  exit 0
fi
# Namespaces of mounts and processes: all that runs in one ends with it, and it with this script, killed or not.
isolated=(setpriv --pdeathsig KILL -- unshare --mount --propagation private --pid --fork --kill-child=KILL --mount-proc --)
if ! "${isolated[@]}" true 2>/dev/null; then
  pass_over "this machine gives no mount namespaces (a container without the right to make them?)"
  exit 0
fi
. Scripts/environment.sh
find_swift >/dev/null || fail "there is no Swift here to lend to the systems: Scripts/setup.sh"
toolchain=$(readlink -f "$(command -v swift)")
toolchain=${toolchain%/usr/bin/*}
[ -n "$toolchain" ] || fail "Swift lies in /usr, which cannot be lent: put a toolchain of its own on PATH (Scripts/fetch-swift.sh makes one)"
for tool in git curl pdfinfo qpdf python3; do
  command -v $tool >/dev/null || fail "$tool is missing: Scripts/setup.sh installs it"
done
mapfile -t commands < <(grep -oE '^    Scripts/(report|test)\.sh$' README.md | tr -d ' ')
[ "${commands[*]}" = "Scripts/report.sh Scripts/test.sh" ] || fail "README.md does not name its two commands, each on a line of its own"

made=''
if [ -z "$folder" ]; then
  folder=$(mktemp -d "${TMPDIR:-/var/tmp}/heatdrift-systems.XXXXXX")
  made=yes
fi
mkdir -p "$folder"
folder=$(realpath "$folder")
child=''

# Ends what runs in the systems and, with it, the mounts; deletes only where nothing is mounted.
clean_up() {
  trap '' INT TERM
  if [ -n "$child" ]; then
    kill -KILL "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  [ -z "$keep" ] || return 0
  local system
  for system in "${systems[@]}"; do
    if grep -q " $folder/$system/" /proc/self/mountinfo; then
      echo "check-systems: $folder/$system is left, since something is still mounted in it" >&2
      continue
    fi
    rm -rf --one-file-system "${folder:?}/$system"
  done
  rm -rf "$folder/swift" "$folder/committed" "$folder/ubuntu.gpg" "$folder/ubuntu-keyring.deb"
  [ -z "$made" ] || rm -rf --one-file-system "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Waits for a command, so that a signal is heard at once.
attend() {
  "$@" &
  child=$!
  local status=0
  wait "$child" || status=$?
  child=''
  return $status
}

mirror_of() {
  case $1 in
    noble) echo "${HEATDRIFT_UBUNTU_MIRROR:-http://archive.ubuntu.com/ubuntu}" ;;
    *) echo "${HEATDRIFT_DEBIAN_MIRROR:-http://deb.debian.org/debian}" ;;
  esac
}

# Where git is told to look instead of an address, in folders of this machine.
mapfile -t git_folders < <(git config --get-regexp '^url\..*\.insteadof$' | sed -n 's,^url\.\(/.*\)\.insteadof .*,\1,p' | sort -u)

# Prints the file with the key of Ubuntu's archive. Where it is not installed (Debian 12 has no package of it), it is taken out
# of the one package of Ubuntu's that is known here by its sum.
ubuntu_key() {
  local key=/usr/share/keyrings/ubuntu-archive-keyring.gpg package=$folder/ubuntu-keyring.deb
  local sum=36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8
  if [ ! -e $key ]; then
    curl -fsS --max-time 60 -o "$package" "$1/pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb" || return 1
    if ! echo "$sum  $package" | sha256sum --check --status; then
      echo "check-systems: $1 gives another ubuntu-keyring than the one that is known" >&2
      return 1
    fi
    dpkg-deb --fsys-tarfile "$package" | tar --extract --to-stdout ".$key" >"$folder/ubuntu.gpg" || return 1
    key=$folder/ubuntu.gpg
  fi
  echo "$key"
}

# Makes the system and puts the clone into it.
make_system() {
  local system=$1 root=$folder/$1 mirror key options=(--variant=minbase)
  mirror=$(mirror_of "$system")
  rm -rf --one-file-system "$root"
  if ! curl -fsI --max-time 30 -o /dev/null "$mirror/dists/$system/Release"; then
    pass_over "$system: its archive $mirror cannot be reached"
    return 1
  fi
  local script=()
  if [ "$system" = noble ]; then
    options+=(--components=main,universe)
    [ -e /usr/share/debootstrap/scripts/noble ] || script=(/usr/share/debootstrap/scripts/gutsy)
    if ! key=$(ubuntu_key "$mirror"); then
      pass_over "noble: the key of Ubuntu's archive is not here, and could not be fetched from $mirror"
      return 1
    fi
    options+=(--keyring="$key")
  fi
  if ! attend "${isolated[@]}" debootstrap "${options[@]}" "$system" "$root" "$mirror" "${script[@]}" >"$folder/$system.log" 2>&1; then
    tail -n 5 "$folder/$system.log" >&2
    pass_over "$system: debootstrap failed (see above)"
    return 1
  fi

  apt-config dump Acquire | grep -E '^Acquire::(http|https|ftp|Check|ForceIPv|Retries)' >"$root/etc/apt/apt.conf.d/90host" || true
  echo 'Acquire::Retries "3";' >>"$root/etc/apt/apt.conf.d/90host"
  mkdir -p "$root/usr/local/share/ca-certificates"
  cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # Without paths of this machine.
  [ ! -f /etc/pip.conf ] || sed -E '/^(cert|find-links) *=/d' /etc/pip.conf >"$root/etc/pip.conf"
  for key in "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    [ ! -f "$key" ] || install -D -m 644 <(sed -E '/^(cert|find-links) *=/d' "$key") "$root/root/.config/pip/pip.conf"
  done
  git config --get-regexp '^(url\..*\.insteadof|http\.proxy)$' | while read -r key value; do
    git config --file "$root/etc/gitconfig" --add "$key" "$value"
  done
  git clone --quiet "file://$PWD" "$root/root/heatdrift"
}

# Runs a command in the system; what it prints goes to the log, its end is shown where it fails.
run_in() {
  local system=$1 command=$2 lent=$toolchain start=$SECONDS
  [ -z "$without_swift" ] || lent=''
  echo "== $system: $command"
  if ! attend "${isolated[@]}" "$BASH" "$PWD/Scripts/check-systems.sh" --enter "$folder/$system" "$lent" "$command" "${git_folders[@]}" \
    >>"$folder/$system.log" 2>&1 </dev/null; then
    tail -n 40 "$folder/$system.log" >&2
    echo "   failed after $((SECONDS - start)) s" >&2
    return 1
  fi
  echo "   $((SECONDS - start)) s"
}

versions_of() {
  local system=$1
  chroot "$folder/$system" dpkg-query -W -f='${db:Status-Abbrev}  ${source:Package} ${Version}\n' libcairo2 libpango-1.0-0 'libdnnl[0-9]*' \
    'libqpdf[0-9]*' 'libopenblas0-*' libsqlite3-0 libfreetype6 'libharfbuzz0b' 2>/dev/null | sed -n 's/^ii *//p' | sort -u | sed 's/^/   /'
  python3 - "$folder/$system-report/provenance.json" <<'PYTHON'
import json, sys
provenance = json.load(open(sys.argv[1]))
for part, names in (("software", ("engine", "instruction set", "SQLite")), ("rendering", None)):
    found = provenance[part]
    for name in names or sorted(found):
        print(f"   {name} {found.get(name, '?')}")
PYTHON
}

if [ -n "$without_swift" ]; then
  mkdir -p "$folder/swift"
  echo "== an archive of $toolchain"
  # Without what no build and no test of Heatdrift uses.
  attend tar -I 'gzip -1' -cf "$folder/swift/swift.tar.gz" -C "$(dirname "$toolchain")" --exclude='*lldb*' --exclude='*ource[kK]it*' \
    --exclude='*SourceKit*' --exclude=clangd --exclude='*docc' --exclude='libclang.so*' --exclude=embedded \
    --exclude=swift_static "$(basename "$toolchain")"
  HEATDRIFT_SWIFT_ARCHIVE=$folder/swift/swift.tar.gz
  HEATDRIFT_SWIFT_SHA256=$(sha256sum <"$HEATDRIFT_SWIFT_ARCHIVE" | cut -d' ' -f1)
  export HEATDRIFT_SWIFT_ARCHIVE HEATDRIFT_SWIFT_SHA256
  git_folders+=("$folder/swift")
fi
yes=${without_swift:+ --yes}

failed=() checked=()
for system in "${systems[@]}"; do
  make_system "$system" || { [ -z "$required" ] || exit 1; continue; }
  rm -rf "$folder/committed"
  cp -r "$folder/$system/root/heatdrift/Reports/orl" "$folder/committed"
  if ! run_in "$system" "Scripts/report.sh$yes"; then
    failed+=("$system: the report")
    continue
  fi
  rm -rf "$folder/$system-report"
  cp -r "$folder/$system/root/heatdrift/Reports/orl" "$folder/$system-report"
  versions_of "$system"
  [ -n "$against" ] || against=$folder/committed
  echo "== $system: held to $against"
  python3 Scripts/compare-reports.py "$against" "$folder/$system-report" || failed+=("$system: its report differs")
  [ "$against" != "$folder/committed" ] || against=$folder/$system-report
  if [ -n "$tests" ]; then
    run_in "$system" "Scripts/test.sh$test_options" || failed+=("$system: the tests")
  fi
  checked+=("$system")
  if [ -n "$keep" ]; then
    echo "   $system is kept: chroot $folder/$system; its report is $folder/$system-report, its log $folder/$system.log"
  else
    rm -rf --one-file-system "${folder:?}/$system"
  fi
done
if [ ${#failed[@]} -gt 0 ]; then
  printf 'check-systems: failed on %s\n' "${failed[@]}" >&2
  exit 1
fi
[ ${#checked[@]} = 0 ] || echo "check-systems: README's commands work on ${checked[*]}"
