#!/usr/bin/env python3
"""Holds a report to another one of the same experiment, made elsewhere perhaps.

    Scripts/compare-reports.py FOLDER REFERENCE

What must hold on any machine: the same rows, MOD and VID within the protocol's bounds, the same number of pages and the
same structure. Where both were made by the same versions of everything, the same bytes.
"""
import csv
import json
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

# PROTOCOL: MOD and VID of a whole run.
BOUND = 2e-3


def series(folder):
    """NISSIM by model, target and layer, then image and level."""
    found = defaultdict(dict)
    with open(folder / "results.csv", newline="") as file:
        for row in csv.DictReader(file):
            found[row["model"], row["target"], row["layer"]][row["image"], float(row["epsilon"])] = float(row["nissim"])
    return found


def measures(values):
    """MOD at each level and VID."""
    levels = sorted({level for _, level in values if level > 0})
    images = sorted({image for image, _ in values})
    mod = {f"MOD({level:g})": statistics.fmean(values[image, level] for image in images) for level in levels}
    vid = statistics.fmean(statistics.pstdev([values[image, level] for level in levels]) for image in images)
    return {**mod, "VID": vid}


def structure(folder):
    """The elements of the report, without their content and the numbers of its objects."""
    text = subprocess.run(
        ["pdfinfo", "-struct", str(folder / "report.pdf")], capture_output=True, check=True).stdout
    lines = text.replace(b"\0", b"").decode(errors="replace").splitlines()
    lines = [re.sub(r"Object \d+ \d+", "Object", line).rstrip() for line in lines if line.strip()]
    # How many lines the table of versions has is a matter of the versions.
    start = next((i for i, line in enumerate(lines) if re.search(r"/Summary \(Table of \d+ lines: name, value", line)), None)
    if start is not None:
        depth = len(lines[start - 1]) - len(lines[start - 1].lstrip())
        end = next(
            (i for i in range(start, len(lines)) if len(lines[i]) - len(lines[i].lstrip()) <= depth), len(lines))
        lines[start:end] = []
    return lines


def pages(folder):
    text = subprocess.run(["pdfinfo", str(folder / "report.pdf")], capture_output=True, check=True, text=True).stdout
    return int(re.search(r"^Pages:\s+(\d+)", text, re.M)[1])


def main():
    folder, reference = Path(sys.argv[1]), Path(sys.argv[2])
    problems = []
    a, b = series(folder), series(reference)
    if a.keys() != b.keys():
        sys.exit(f"compare-reports: other models or layers: {sorted(a.keys() ^ b.keys())}")
    largest = 0.0
    for name in a:
        if a[name].keys() != b[name].keys():
            sys.exit(f"compare-reports: other images or levels of {' '.join(name)}")
        x, y = measures(a[name]), measures(b[name])
        for measure in x:
            difference = abs(x[measure] - y[measure])
            largest = max(largest, difference)
            if difference > BOUND:
                problems.append(f"{measure} of {' '.join(name)}: {x[measure]:.6f}, not {y[measure]:.6f}")
    if pages(folder) != pages(reference):
        problems.append(f"{pages(folder)} pages, not {pages(reference)}")
    else:
        for line, (found, wanted) in enumerate(zip(structure(folder), structure(reference)), 1):
            if found != wanted:
                problems.append(f"line {line} of the structure: {found.strip()}, not {wanted.strip()}")
                break
        if len(structure(folder)) != len(structure(reference)):
            problems.append(f"{len(structure(folder))} elements, not {len(structure(reference))}")

    here, there = (json.loads((f / "provenance.json").read_text()) for f in (folder, reference))
    old = "rendering" not in there
    differing = [
        f"{name} {there[part].get(name, 'unknown')} (here {here.get(part, {}).get(name, 'unknown')})"
        for part in ("software", "rendering", "fonts") if part in there and not old
        for name in sorted(there[part].keys() | here.get(part, {}).keys())
        if there[part].get(name) != here.get(part, {}).get(name)
    ]
    if differing or old:
        reason = ", ".join(differing) if differing else "it does not name all libraries that drew it"
        print(f"made by other versions than {reference}, so that bytes may differ: {reason}")
    elif (folder / "report.pdf").read_bytes() != (reference / "report.pdf").read_bytes():
        problems.append("report.pdf has other bytes, though every version is the same")
    if problems:
        sys.exit("\n".join(f"compare-reports: {problem}" for problem in problems))
    print(f"as {reference}: MOD and VID differ by {largest:.1e} at most, {pages(folder)} pages, the same structure")


main()
