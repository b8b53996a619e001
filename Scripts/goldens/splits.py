#!/usr/bin/env python3
"""Writes Tests/DatasetsTests/Fixtures/orl-splits.txt: the ORL faces' splits by the training script's own rule.

    python3 Scripts/goldens/splits.py

A line per seed, part and file: `7 test s1/10.pgm 0`, the last number the label.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Scripts/demo-models"))

import orl  # noqa: E402

if __name__ == "__main__":
    lines = []
    for seed in [7, 11]:
        _, parts = orl.split(list(orl.manifest()), seed)
        lines += [f"{seed} {part} {path} {label}\n" for part, files in parts.items() for path, label in files
                  if part != "train"]
    (ROOT / "Tests/DatasetsTests/Fixtures/orl-splits.txt").write_text("".join(lines))
