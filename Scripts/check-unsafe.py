#!/usr/bin/env python3
"""Holds each target to its count of `unsafe`, which marks what the compiler cannot check.

Package.swift sets strict memory safety for everything in Sources, as errors: whatever touches a raw pointer, a C call that
takes one, or memory that is lent says `unsafe`, and the word is the audit. A target may have fewer than its number here,
never more; whoever lowers a count lowers the number.
"""

import re
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "Sources"
ALLOWED = {
    "Cluster": 3,
    "Datasets": 37,
    "EngineOneDNN": 93,
    "EngineOpenBLAS": 26,
    "ExperimentFile": 3,
    "Explanations": 6,
    "Figures": 2,
    "Graphs": 90,
    "HTML": 1,
    "Images": 76,
    "Measures": 16,
    "Measuring": 1,
    "Rendering": 320,
    "Results": 8,
    "Store": 10,
    "Support": 73,
    "Tensors": 26,
    "Typesetting": 28,
    "Watching": 1,
    "Weights": 17,
    "heatdrift": 46,
}


def count(folder: Path) -> int:
    """Lines of code with the word; what stands behind // does not count."""
    lines = (line.split("//")[0] for file in folder.rglob("*.swift") for line in file.read_text().splitlines())
    return sum(1 for line in lines if re.search(r"\bunsafe\b", line))


def main() -> int:
    counts = {folder.name: count(folder) for folder in sorted(SOURCES.iterdir()) if folder.is_dir()}
    if "--table" in sys.argv:
        for name, found in counts.items():
            if found:
                print(f'    "{name}": {found},')
        return 0
    status = 0
    for name, found in counts.items():
        if found > ALLOWED.get(name, 0):
            print(f"{name}: {found} lines say `unsafe`, and {ALLOWED.get(name, 0)} may", file=sys.stderr)
            status = 1
        elif found < ALLOWED.get(name, 0):
            print(f"{name}: {found} lines say `unsafe`; lower its {ALLOWED[name]} in ALLOWED")
    return status


if __name__ == "__main__":
    sys.exit(main())
