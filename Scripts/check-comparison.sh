#!/usr/bin/env bash
# Holds Scripts/compare-reports.py to what it promises, on the sample report and on spoilt copies of it: what differs is
# found and named, what rounding may do passes.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# spoil NAME AWK: a copy of the sample report whose results.csv went through awk (c["nissim"] is that column's number).
spoil() {
  mkdir "$work/$1"
  awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; print; next } '"$2"' { print }' Reports/orl/results.csv \
    >"$work/$1/results.csv"
}

# holds NAME: passes.  differs NAME MESSAGE: fails, and says this.
look_at() { python3 Scripts/compare-reports.py $how Reports/orl "$work/$1"; }
holds() {
  look_at "$1" >"$work/said" 2>&1 || { cat "$work/said" >&2; echo "check-comparison: $1 does not pass" >&2; exit 1; }
}
differs() {
  if look_at "$1" >"$work/said" 2>&1 || ! grep -qF -- "$2" "$work/said"; then
    cat "$work/said" >&2
    echo "check-comparison: $1 does not fail with \"$2\"" >&2
    exit 1
  fi
}

how=--numbers
spoil rounding '$c["epsilon"] > 0 { $c["nissim"] += 0.0001; $c["clean_peak"] *= 1.0001 }'
holds rounding
spoil drift '$c["epsilon"] > 0 && $c["model"] == "xception" { $c["nissim"] += 0.003 }'
differs drift "MOD differs by 3.0e-03, more than 0.002: xception"
spoil spread '$c["epsilon"] == 0.1 && $c["model"] == "vgg16" { $c["nissim"] += 0.0199 }'
differs spread "VID differs by"
spoil row 'NR == 5 { $c["nissim"] += 0.03 }'
differs row "a row's NISSIM differs by 3.0e-02, more than 0.02: vgg16 s1/3.pgm"
spoil peak 'NR == 5 { $c["clean_peak"] *= 1.01 }'
differs peak "a clean raw map's peak differs by 1.0e-02, more than 0.001"
spoil control 'NR == 2 { $c["nissim"] = 0.0001 }'
differs control "vgg16 s1/3.pgm 0 predicted features.29 0.0 fgsm grad-cam: the control drifts"
spoil prediction 'NR == 2 { $c["clean_prediction"] = 39 }'
differs prediction "the clean image is 39 in one, 0 in the other, and that is no tie"
spoil tie 'NR == 3 { $c["adversarial_prediction"] = 39; $c["adversarial_confidence"] = 0.4 }'
differs tie "and that is no tie"   # the sample report is sure of it
spoil missing 'NR == 7 { next }'
differs missing "results.csv: 1 rows of the first are not in the second, 0 the other way round"
how=
spoil pages ''
cp Reports/orl/report-*.svg Reports/orl/report.pdf Reports/orl/provenance.json "$work/pages/"
holds pages
qpdf --deterministic-id Reports/orl/report.pdf "$work/pages/report.pdf"
differs pages "report.pdf has other bytes, though every version is the same"
sed -E 's/("Cairo" : ")[^"]*/\11.0.0/' Reports/orl/provenance.json >"$work/pages/provenance.json"
holds pages   # another version may draw other bytes
grep -qF "other versions, so that bytes may differ: Cairo " "$work/said"
cp Reports/templates/review.pdf "$work/pages/report.pdf"
differs pages "pages: ("
differs pages "the structure differs from its line"
echo "compare-reports.py finds what differs"
