#!/usr/bin/env bash
# Makes packages to install Heatdrift from on machines without Swift:
#   heatdrift_VERSION_ARCHITECTURE.deb             for systems like this one, with their libraries
#   heatdrift-VERSION-linux-MACHINE.tar.xz         for any with the same glibc or a newer one, with the libraries in it
#
#   Scripts/package.sh [--deb|--tar] [--output FOLDER]      both, into .build/packages, unless said otherwise
#
# The .deb depends on the library packages of the system that it is made on: make one for each. The archive is best made on
# the oldest system. Two packages of one commit, made in one folder of one system, are the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "package: $*" >&2
  exit 1
}

output=.build/packages deb=yes tar=yes
while [ $# -gt 0 ]; do
  case $1 in
    --deb) tar='' ;;
    --tar) deb='' ;;
    --output) output=${2:?--output needs a folder} && shift ;;
    *)
      sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
      exit 64
      ;;
  esac
  shift
done
[ -n "$deb$tar" ] || fail "--deb and --tar exclude each other; both are made where neither is given"

Scripts/setup.sh
[ ! -f Scripts/environment.sh ] || . Scripts/environment.sh
missing=()
for tool in dpkg-shlibdeps:dpkg-dev patchelf:patchelf strip:binutils xz:xz-utils; do
  command -v "${tool%:*}" >/dev/null || missing+=("${tool#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

# MARK: - The program

# Of this repository, not of another that it was unpacked into; `git archive` leaves commit and author in a file.
commit='' author=$(sed -n '2s/^[^$]*@[^$]*$/&/p' Plugins/RecordCommit/archived-commit)
if [ -e .git ]; then
  commit=$(git -c safe.directory='*' rev-parse HEAD 2>/dev/null || true)
fi
if [ -n "$commit" ]; then
  author=$(git -c safe.directory='*' log -1 --format=%ae)
  SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -c safe.directory='*' log -1 --format=%ct)}
  if [ -n "$(git -c safe.directory='*' status --porcelain)" ]; then
    echo "package: the tree differs from its commit, and the program will say so" >&2
    export HEATDRIFT_COMMIT="$commit+changes"
  fi
fi
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date -r Package.swift +%s)}
umask 022

# No path of this folder in assertions, and a build-id of what is left without symbols.
build=(-c release --product heatdrift --static-swift-stdlib -Xlinker -z -Xlinker relro -Xcc "-ffile-prefix-map=$PWD=."
  -Xlinker -s)
swift build "${build[@]}" >&2
built=$(swift build "${build[@]}" --show-bin-path)/heatdrift
version=$("$built" --version | sed -n '1s/^heatdrift //p')
[ -n "$version" ] || fail "$built does not say its version"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=$work/heatdrift
strip --strip-all -o "$program" "$built"
# Of the toolchain's folders on this machine.
patchelf --remove-rpath "$program"
Scripts/package/trim-icu.py "$program"
env -i "$program" --version >/dev/null || fail "the program does not start with what was left of ICU's tables"
! grep -qaF -e "$PWD/.build/" -e "$PWD/Sources/" "$program" || fail "the program names the folder that it was built in"
! ldd "$program" | grep -i swift >&2 || fail "the program still needs Swift's libraries (see above)"

# MARK: - What both have

shared=$work/share
share=$shared/heatdrift
documents=$shared/doc/heatdrift
mkdir -p "$share" "$documents/Documentation" "$shared/man/man1"
cp -r Templates "$share/"
# The other experiment needs networks that a script fetches.
install -D -m 644 -t "$share/Experiments" Experiments/orl.yaml
cp -r Models "$share/"
rm -rf "$share/Models/fetched"
"$built" --experimental-dump-help | Scripts/package/manual.py "$shared/man/man1" "$version"
gzip -9n "$shared"/man/man1/*.1
install -d "$shared/bash-completion/completions" "$shared/zsh/vendor-completions" "$shared/fish/vendor_completions.d"
# Read into a shell, never run: without the line that names one.
"$built" --generate-completion-script bash | sed '1{/^#!/d}' >"$shared/bash-completion/completions/heatdrift"
"$built" --generate-completion-script zsh >"$shared/zsh/vendor-completions/_heatdrift"
"$built" --generate-completion-script fish >"$shared/fish/vendor_completions.d/heatdrift.fish"
cp README.md "$documents/"
cp -r Documentation/. "$documents/Documentation/"
for file in CHANGELOG.md CITATION.cff; do [ ! -f $file ] || cp $file "$documents/"; done

# The copyright of what is compiled in.
title() { printf '\n%s\n%s\n\n' "$1" "${1//?/-}"; }
{
  cat Scripts/package/copyright
  for checkout in GRDB.swift Yams FlyingFox; do
    title "$checkout"
    cat ".build/checkouts/$checkout/LICENSE"
  done
  title "LibYAML, as part of Yams"
  echo "Copyright: 2006-2016 Kirill Simonov, 2017-2019 Ingy döt Net"
  echo "License: MIT, as above"
  if [ -d Sources/CFonts/Licences ]; then
    for licence in Sources/CFonts/Licences/*; do
      title "The font files of $(basename "${licence%.*}")"
      cat "$licence"
    done
  fi
} >"$documents/copyright"
find "$shared" -type d -exec chmod 755 {} + -o -type f -exec chmod 644 {} +

# The packages whose libraries are loaded when they are first used, which no header of the program names.
loaded=(libopenblas.so.0 libarchive.so.13)

mkdir -p "$output"
output=$(realpath "$output")
most=$((60 * 1000 * 1000))
# FILE: puts it into its place, and says its size, which has a limit
finish() {
  local size file=$output/${1##*/}
  size=$(stat -c %s "$1")
  [ "$size" -lt $most ] || fail "${1##*/} has $size bytes, and $((most - 1)) are the most"
  mv "$1" "$file.part"
  mv "$file.part" "$file"
  echo "$file: $(((size + 50000) / 100000))" | sed 's/\(.\)$/.\1 MB/'
}

# MARK: - Debian

make_deb() {
  local root=$work/deb architecture depends maintainer
  architecture=$(dpkg --print-architecture)
  mkdir -p "$root/DEBIAN" "$root/usr/bin" "$work/debian"
  install -m 755 "$program" "$root/usr/bin/heatdrift"
  cp -r "$shared" "$root/usr/share"
  local here=$root/usr/share/doc/heatdrift
  # As Debian names and packs it.
  [ ! -f "$here/CHANGELOG.md" ] || gzip -9n "$here/CHANGELOG.md"
  maintainer="${DEBFULLNAME:-The Heatdrift authors} <${DEBEMAIL:-${author:-heatdrift@localhost}}>"
  printf 'heatdrift (%s) unstable; urgency=medium\n\n  * As CHANGELOG.md has it.\n\n -- %s  %s\n' \
    "$version" "$maintainer" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$here/changelog.gz"
  mkdir -p "$root/usr/share/lintian/overrides"
  printf '# Part of Yams, which has it as its own source.\nheatdrift: embedded-library libyaml [usr/bin/heatdrift]\n' \
    >"$root/usr/share/lintian/overrides/heatdrift"
  printf 'Source: heatdrift\n\nPackage: heatdrift\nArchitecture: any\n' >"$work/debian/control"
  depends=$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info "$root/usr/bin/heatdrift" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
  [ -n "$depends" ] || fail "dpkg-shlibdeps found no dependencies"
  depends="$depends, libopenblas0 | libopenblas.so.0, libarchive13t64 | libarchive13"
  [ -d Sources/CFonts ] || depends="$depends, fonts-linuxlibertine, fonts-inter, fonts-dejavu-core"
  cat >"$root/DEBIAN/control" <<CONTROL
Package: heatdrift
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f 1)
Depends: $depends
Recommends: python3-pip
Section: science
Priority: optional
Description: report of how a network's attention drifts under attack
 Heatdrift attacks images by FGSM over VGG16, ResNet50, ResNet101, InceptionV3
 and Xception, explains every clean and attacked image by Grad-CAM, compares
 the heatmaps by SSIM, and gives NISSIM, MOD and VID with bootstrap intervals.
 .
 An experiment file goes in, a report as PDF and SVG comes out: the same bytes
 each time. It comes with an experiment on five small models.
CONTROL
  (cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
  chmod -R go-w "$root"
  local file=$work/heatdrift_${version}_$architecture.deb
  dpkg-deb --root-owner-group -Zxz --build "$root" "$file" >/dev/null
  finish "$file"
}

# MARK: - Any system

# glibc's own, which belong to the system's kernel and loader.
is_glibc() {
  case $1 in
    ld-linux* | libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.* | libresolv.so.* | libutil.so.* | libanl.so.* | libmvec.so.* | libnsl.so.*) ;;
    *) return 1 ;;
  esac
}

make_tar() {
  local filters=(--lzma2=preset=9e,dict=128MiB)
  # Addresses in its code are written so that they repeat.
  [ "$(uname -m)" != x86_64 ] || filters=(--x86 "${filters[@]}")
  local name root library path file soname package glibc system models fonts=''
  name=heatdrift-$version-linux-$(uname -m)
  root=$work/$name
  mkdir -p "$root/bin" "$root/lib"
  install -m 755 "$program" "$root/bin/heatdrift"
  cp -r "$shared" "$root/share"
  mv "$root/share/zsh/vendor-completions" "$root/share/zsh/site-functions"
  mkdir -p "$root/share/doc/heatdrift/licences"
  rm -rf "$root/share/doc/heatdrift/Documentation/pictures"

  local files=()
  for library in "${loaded[@]}"; do
    path=$(ldconfig -p | awk -v name="$library" '$1 == name && /x86-64|AArch64/ { print $NF; exit }')
    [ -n "$path" ] || fail "$library is not installed: Scripts/setup.sh"
    files+=("$path")
  done
  # soname and file of all that these need, directly or not
  ldd "$program" "${files[@]}" | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' | sort -u >"$work/needed"
  for path in "${files[@]}"; do echo "$(basename "$path") $path"; done >>"$work/needed"
  while read -r soname path; do
    ! is_glibc "$soname" || continue
    file=$(realpath "$path")
    install -m 644 "$file" "$root/lib/$soname"
    strip --strip-unneeded "$root/lib/$soname"
    [[ $soname != libicudata.so.* ]] || Scripts/package/trim-icu.py "$root/lib/$soname"
    patchelf --set-rpath '$ORIGIN' "$root/lib/$soname"
    # Packages may still name the folder that /lib was before it became a link.
    package=$({ dpkg -S "$file" 2>/dev/null || dpkg -S "${file#/usr}"; } | sed -n '1s/:.*//p')
    [ -f "/usr/share/doc/$package/copyright" ] || fail "the licence of $soname is missing: /usr/share/doc/$package/copyright"
    cp -L "/usr/share/doc/$package/copyright" "$root/share/doc/heatdrift/licences/$package"
    dpkg-query -W -f="$soname \${source:Package} \${source:Version}\n" "$package" | head -n 1 >>"$root/lib/VERSIONS"
  done < <(LC_ALL=C sort -u "$work/needed")
  patchelf --set-rpath '$ORIGIN/../lib' "$root/bin/heatdrift"

  glibc=$(objdump -T "$root/bin/heatdrift" "$root"/lib/*.so* | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
  system=$(. /etc/os-release && echo "$PRETTY_NAME")
  [ -d Sources/CFonts ] || fonts=" The fonts Linux Libertine, Inter and DejaVu Sans Mono have to be installed."
  local debian=12
  dpkg --compare-versions "${glibc#GLIBC_}" le 2.36 || debian=13
  sed "s|@VERSION@|$version|; s|@MACHINE@|$(uname -m)|; s|@GLIBC@|${glibc#GLIBC_}|; s|@SYSTEM@|$system|; s|@DEBIAN@|$debian|
    s|@FONTS@|$fonts|" Scripts/package/install.txt >"$root/README.txt"

  # Nothing of the system's but glibc.
  ldd "$root/bin/heatdrift" "$root"/lib/*.so* | awk '$2 == "=>" { print $1, $3 }' | sort -u | while read -r soname path; do
    is_glibc "$soname" || [[ $path == "$root"/* ]] || fail "$soname would be taken from ${path:-nowhere}"
  done
  env -i "$root/bin/heatdrift" --version >/dev/null || fail "the program does not start out of the archive's folder"

  chmod -R go-w "$root"
  local file=$work/$name.tar.xz
  # The models last, as a second stream, which every reader of xz goes on with: their numbers have four bytes each. (One
  # thread: blocks of several would know nothing of each other.)
  (cd "$work" && find "$name" | LC_ALL=C sort | awk '/\/Models(\/|$)/ { models[++count] = $0; next } { print }
    END { for (i = 1; i <= count; i++) print models[i] }') >"$work/files"
  tar --create --file "$work/tar" --no-recursion --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --directory "$work" --files-from "$work/files"
  models=$(tar --list --block-number --file "$work/tar" | sed -n '/\/Models\/$/s/^block \([0-9]*\):.*/\1/p')
  [ -n "$models" ] || fail "there are no models in the archive"
  {
    head -c $((models * 512)) "$work/tar" | xz --threads=1 "${filters[@]}"
    tail -c +$((models * 512 + 1)) "$work/tar" | xz --threads=1 --lzma2=preset=9e,lc=0,lp=2
  } >"$file"
  finish "$file"
  echo "  needs glibc ${glibc#GLIBC_} or newer"
}

[ -z "$deb" ] || make_deb
[ -z "$tar" ] || make_tar
