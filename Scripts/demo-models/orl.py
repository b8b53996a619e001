#!/usr/bin/env python3
"""The ORL faces, as Heatdrift fetched, repaired and verified them; and the split every experiment on them uses.

Run alone, it has Heatdrift fill the cache (`heatdrift data fetch orl`), which does nothing when the cache is complete.
"""

import hashlib
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "Sources/CResources/Files/orl-manifest.sha256"
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


def program() -> str:
    """Heatdrift: the one that was built here, or the one that is installed."""
    built = [ROOT / ".build" / configuration / "heatdrift" for configuration in ("release", "debug")]
    there = [str(path) for path in built if path.exists()] + list(filter(None, [shutil.which("heatdrift")]))
    if not there:
        raise Failure("Heatdrift, which fetches the faces, is not built yet: swift build -c release --product heatdrift")
    return there[0]


def ensure() -> Path:
    """The cache folder with `s1..s40`, each `1..10.pgm`, every one of them verified; filled first where need be."""
    if subprocess.run([program(), "data", "fetch", "orl"], stdout=subprocess.DEVNULL).returncode != 0:
        raise Failure("Heatdrift could not fetch the faces (see above).")
    return cache_root()


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
    except (Failure, OSError) as error:
        print(f"orl.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
