#!/usr/bin/env python3
"""Runs the examples of Documentation/Results.md on the shipped report's folder: those in pandas and NumPy, in DuckDB, and in R where
Rscript is installed. Needs pandas, duckdb, safetensors, a finished `heatdrift run Experiments/orl.yaml`, and for the maps
`heatdrift export Reports/orl --all` beside it.

    python3 Scripts/check-results-examples.py [FOLDER WITH Reports/orl AND maps.safetensors]
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def blocks(text):
    """Indented blocks of a page, each as one text."""
    for block in re.findall(r"(?:^    .*\n)+", text, re.MULTILINE):
        yield re.sub(r"^    ", "", block, flags=re.MULTILINE)


def has_r_package(name):
    call = ["Rscript", "-e", f"quit(status = !requireNamespace('{name}', quietly = TRUE))"]
    return subprocess.run(call, capture_output=True).returncode == 0


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT
    os.chdir(folder)
    import duckdb

    names, counts, left = {}, {"Python": 0, "DuckDB": 0, "R": 0}, []
    for block in blocks((ROOT / "Documentation/Results.md").read_text()):
        first = block.splitlines()[0]
        if first.startswith("heatdrift"):
            continue
        if "<-" in block:
            package = re.search(r"(\w+)::", block)
            if not shutil.which("Rscript") or (package and not all(map(has_r_package, re.findall(r"(\w+)::", block)))):
                left.append("an example in R, whose packages are not here")
                continue
            subprocess.run(["Rscript", "-e", block], check=True)
            counts["R"] += 1
        elif first.startswith(("SELECT", "ATTACH")):
            connection = duckdb.connect()
            if first.startswith("ATTACH"):
                try:
                    connection.execute("INSTALL sqlite; LOAD sqlite;")
                except duckdb.Error as error:
                    left.append(f"DuckDB's extension for SQLite cannot be fetched: {str(error).splitlines()[0]}")
                    continue
            print(connection.execute(block).df())
            counts["DuckDB"] += 1
        else:
            if "maps.safetensors" in block and not Path("maps.safetensors").exists():
                left.append("an example of maps.safetensors, which is not here")
                continue
            if "maps[" in block and "maps" not in names:
                continue
            exec(block, names)
            counts["Python"] += 1
    print(", ".join(f"{count} in {language}" for language, count in counts.items()) + " ran")
    for line in left:
        print(f"left out: {line}")


main()
