#!/usr/bin/env bash
# Holds the sources to the house's rule: a method is spelled in its own room alone. Whoever else needs its name asks the
# member (`title`, `key`, `help`, `unit`, `bounds`), or the registry, or `standardAttack` and its like. Says file and line
# of each offence.
#   Scripts/check-house.sh [FOLDER]    Sources, or another folder of the same shape
set -euo pipefail
cd "$(dirname "$0")/.."
sources=${1:-Sources}

# Lines that may spell one all the same, as file:text, each with its reason.
exceptions=(
  # The title of the paper that defines the measure.
  'Measures/NISSIM\.swift:/// Explanations with Grad-CAM", CVPRW 2022\)\.$'
  'Measures/NISSIM\.swift:    "T\. Chakraborty, .*", "Generalizing Adversarial Explanations with Grad-CAM",$'
  # Stores of versions 1 to 3, of when there was one measure, one attack and one explanation, as they are and stay.
  'Store/StoreMigrations\.swift:.*\b(ssim|nissim) REAL NOT NULL,$'
  'Store/PassMigration\.swift:.*_confidence, ssim, nissim, clean_peak, adversarial_peak, settings$'
  'Store/FormerRows\.swift:.*"attack=fgsm\\nloss-label='
  'Store/FormerRows\.swift:.*"explain=grad-cam\\n'
)

offences=0
# WHAT ROOM PATTERN: whatever the case, in any file of text.
only_in() {
  local line rest exception
  while IFS= read -r line; do
    rest=$(sed -E 's/^([^:]*):[0-9]+:/\1:/' <<<"$line")
    for exception in "${exceptions[@]}"; do
      if grep -qE "$sources/$exception" <<<"$rest"; then continue 2; fi
    done
    echo "$line" >&2
    echo "  $1 is spelled outside of $sources/$2" >&2
    offences=$((offences + 1))
  done < <(grep -rnIPi --exclude-dir="$2" -- "$3" "$sources" || true)
}

only_in FGSM Attacks 'fgsm'
only_in Grad-CAM Explanations 'grad-?cam'
# Not the end of "dissimilarity".
only_in 'SSIM or NISSIM' Measures '(?<!di)ssim'

if [ "$offences" -gt 0 ]; then
  echo "check-house: $offences lines spell a method outside of its room" >&2
  exit 1
fi
echo "check-house: every method is spelled in its own room alone"
