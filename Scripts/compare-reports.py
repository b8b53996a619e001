#!/usr/bin/env python3
"""Holds a report that was made on one system to the one that another made: pages, structure, text and numbers.

    python3 Scripts/compare-reports.py [--numbers] FOLDER FOLDER

Pages and structure have to be equal, and so does the text, but for numbers and sums. The numbers are those of
results.csv, row by row, and have to agree within the measurement protocol's bounds; with --numbers they are all that is
looked at. Where both were made by the same versions of everything, the PDFs have to be the same bytes. Needs pdfinfo and
qpdf.
"""

import csv
import json
import math
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

KEYS = ["model", "image", "label", "target", "layer", "epsilon"]
SERIES = ["model", "target", "layer"]

# MOD and VID over a whole run; a raw map's maximum on the same image, relative.
MEAN_BOUND = 2e-3
PEAK_BOUND = 1e-3
# A single image's drift is in no bound of the protocol: where a pixel of the attack flips it moves by more than the
# mean. Ten times the mean's bound, which no difference that was ever measured has come near.
ROW_BOUND = 10 * MEAN_BOUND
# Two classes can only tie where neither has more than half of the probability.
TIE = 0.5 + 1e-4

failures = []


def fail(message):
    failures.append(message)


def run(*command):
    result = subprocess.run(command, capture_output=True)
    if result.returncode != 0:
        sys.exit(f"compare-reports: {' '.join(command)} failed: {result.stderr.decode(errors='replace').strip()}")
    return result.stdout.replace(b"\0", b"").decode(errors="replace")


def masked(text):
    """Without what versions and rounding may change: sums, numbers, and how many blanks stand for them."""
    text = re.sub(r"\b[0-9a-f]{8,}\b", "#", text)
    return re.sub(r"[-\u2212]?\d+(?:\.\d+)*", "#", text)


def compare_pages(first, second):
    pages = []
    # A report may be made as PDF alone, and is then in both folders.
    has_svg = any(list(folder.glob("report-*.svg")) for folder in (first, second))
    for folder in (first, second):
        report = str(folder / "report.pdf")
        run("qpdf", "--check", report)
        lines = dict(line.split(":", 1) for line in run("pdfinfo", report).splitlines() if ":" in line)
        pages.append((int(lines["Pages"]), lines["Page size"].strip()))
        svg = len(list(folder.glob("report-*.svg")))
        if has_svg and svg != pages[-1][0]:
            fail(f"{folder} has {pages[-1][0]} pages as PDF and {svg} as SVG")
    if pages[0] != pages[1]:
        fail(f"pages: {pages[0]} and {pages[1]}")
    structures = [structure(folder) for folder in (first, second)]
    for number, (a, b) in enumerate(zip(*structures), 1):
        if a != b:
            fail(f"the structure differs from its line {number} on: {a.strip()!r} and {b.strip()!r}")
            break
    else:
        if len(structures[0]) != len(structures[1]):
            fail(f"the structure has {len(structures[0])} lines, and {len(structures[1])}")
    return pages[1][0], len(structures[1])


def structure(folder):
    """Elements and their text, but for the table of versions: how many lines it has is a matter of the versions."""
    lines = masked(run("pdfinfo", "-struct-text", str(folder / "report.pdf"))).splitlines()
    start = next((i for i, line in enumerate(lines) if "/Summary (Table of # lines: name, value" in line), None)
    if start is None:
        return lines

    def depth(line):
        return len(line) - len(line.lstrip())

    end = next((i for i in range(start, len(lines)) if depth(lines[i]) <= depth(lines[start - 1])), len(lines))
    return lines[:start] + lines[end:]


def compare_bytes(first, second):
    """Only where the provenance tells of no version that could explain a difference."""
    there, here = (json.loads((folder / "provenance.json").read_text()) for folder in (first, second))
    if "rendering" not in there or "rendering" not in here:
        return "bytes not compared: a report does not name the libraries that drew it"
    differing = [
        f"{name} {there[part].get(name, 'unknown')} and {here[part].get(name, 'unknown')}"
        for part in ("software", "rendering", "fonts")
        for name in sorted(there[part].keys() | here[part].keys())
        if there[part].get(name) != here[part].get(name)
    ]
    if differing:
        return "other versions, so that bytes may differ: " + ", ".join(differing)
    if (first / "report.pdf").read_bytes() != (second / "report.pdf").read_bytes():
        fail("report.pdf has other bytes, though every version is the same")
    return "the same bytes"


def rows(*folders):
    """Of each report its rows by what tells them apart; reports of the first versions lack some of it."""
    tables = []
    for folder in folders:
        with open(folder / "results.csv", newline="") as file:
            reader = csv.DictReader(file)
            tables.append((list(reader), set(reader.fieldnames or [])))
    keys = KEYS + [name for name in ("attack", "explanation") if all(name in names for _, names in tables)]
    return [{tuple(row[key] for key in keys): row for row in table} for table, _ in tables]


def number(text):
    return float(text) if text else math.nan


def gap(a, b):
    """How far two numbers are apart; not at all where neither is there."""
    a, b = number(a), number(b)
    if math.isnan(a) or math.isnan(b):
        return 0.0 if math.isnan(a) and math.isnan(b) else math.inf
    return abs(a - b)


def named(key):
    return " ".join(part for part in key if part)


def worst(gaps):
    return max(gaps, key=lambda pair: pair[0])


def compare_numbers(first, second):
    ours, theirs = rows(second, first)
    if ours.keys() != theirs.keys():
        only = [len(ours.keys() - theirs.keys()), len(theirs.keys() - ours.keys())]
        fail(f"results.csv: {only[1]} rows of the first are not in the second, {only[0]} the other way round")
        return ""
    drift, peaks, predictions = [(0.0, ())], [(0.0, ())], 0
    levels = defaultdict(lambda: ([], []))
    images = defaultdict(lambda: ([], []))
    for key, row in ours.items():
        other = theirs[key]
        drift.append((gap(row["nissim"], other["nissim"]), key))
        scale = max(abs(number(other["clean_peak"])), 1e-30)
        peaks.append((gap(row["clean_peak"], other["clean_peak"]) / scale, key))
        for kind in ("clean", "adversarial"):
            if row[f"{kind}_prediction"] == other[f"{kind}_prediction"]:
                continue
            predictions += 1
            sure = [number(each.get(f"{kind}_confidence") or "") for each in (row, other)]
            if not all(confidence <= TIE for confidence in sure):
                fail(f"{named(key)}: the {kind} image is {row[f'{kind}_prediction']} in one, "
                     f"{other[f'{kind}_prediction']} in the other, and that is no tie")
        epsilon = float(row["epsilon"])
        if epsilon == 0:
            if number(row["nissim"]) != 0 or number(other["nissim"]) != 0:
                fail(f"{named(key)}: the control drifts")
            continue
        series = tuple(row[name] for name in SERIES) + key[len(KEYS):]
        for place, each in enumerate((row, other)):
            levels[series + (row["epsilon"],)][place].append(number(each["nissim"]))
            images[series + (row["image"],)][place].append(number(each["nissim"]))
    mods = [(0.0, ())] + [(abs(mean(a) - mean(b)), key) for key, (a, b) in levels.items()]
    vids = defaultdict(lambda: ([], []))
    for key, pair in images.items():
        for place in (0, 1):
            vids[key[:-1]][place].append(deviation(pair[place]))
    vids = [(0.0, ())] + [(abs(mean(a) - mean(b)), key) for key, (a, b) in vids.items()]
    for name, gaps, bound in (("a row's NISSIM", drift, ROW_BOUND), ("a clean raw map's peak", peaks, PEAK_BOUND),
                              ("MOD", mods, MEAN_BOUND), ("VID", vids, MEAN_BOUND)):
        if worst(gaps)[0] > bound:
            fail(f"{name} differs by {worst(gaps)[0]:.1e}, more than {bound:g}: {named(worst(gaps)[1])}")
    return (f"{len(ours)} rows, {predictions} other predictions; largest differences: NISSIM of a row {worst(drift)[0]:.1e}, "
            f"MOD {worst(mods)[0]:.1e}, VID {worst(vids)[0]:.1e}, a clean map's peak {worst(peaks)[0]:.1e} of it")


def mean(values):
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / max(1, len(known))


def deviation(values):
    middle = mean(values)
    return math.sqrt(mean([(value - middle) ** 2 for value in values]))


def main():
    arguments = sys.argv[1:]
    with_pages = arguments[:1] != ["--numbers"]
    folders = arguments if with_pages else arguments[1:]
    if len(folders) != 2:
        sys.exit(__doc__)
    first, second = map(Path, folders)
    found = []
    if with_pages:
        pages, elements = compare_pages(first, second)
        found.append(f"{pages} pages, {elements} lines of structure")
    found.append(compare_numbers(first, second))
    if with_pages:
        found.append(compare_bytes(first, second))
    for message in failures:
        print(f"compare-reports: {message}", file=sys.stderr)
    if failures:
        sys.exit(1)
    print("   " + ", ".join(found))


main()
