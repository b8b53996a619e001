#!/usr/bin/env python3
"""Two reports' pages side by side as PNG, in colour and in grey: `python3 side-by-side.py ours.pdf theirs.pdf pairs/paper`.

Pages are drawn by poppler's pdftoppm; page N of one stands beside page N of the other, `--swap` changes the sides and `--blind`
draws them by lot, a lot for each page, and leaves who stood where in key.txt.
"""

import argparse
import random
import subprocess
import tempfile
from pathlib import Path

from PIL import Image


def pages(pdf, resolution):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdftoppm", "-r", str(resolution), "-png", pdf, f"{folder}/p"], check=True)
        return [Image.open(p).convert("RGB") for p in sorted(Path(folder).glob("p*.png"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("ours")
    parser.add_argument("theirs")
    parser.add_argument("output", type=Path)
    parser.add_argument("--resolution", type=int, default=100)
    parser.add_argument("--swap", action="store_true")
    parser.add_argument("--blind", action="store_true")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    sides = [pages(options.ours, options.resolution), pages(options.theirs, options.resolution)]
    key = []
    for number in range(max(map(len, sides))):
        turned = random.random() < 0.5 if options.blind else options.swap
        pair = [side[number] if number < len(side) else Image.new("RGB", side[0].size, "white") for side in sides]
        if turned:
            pair.reverse()
        key.append(f"{number + 1}: left {'theirs' if turned else 'ours'}")
        sheet = Image.new("RGB", (sum(p.width for p in pair) + 20, max(p.height for p in pair)), (120, 120, 120))
        sheet.paste(pair[0], (0, 0))
        sheet.paste(pair[1], (pair[0].width + 20, 0))
        sheet.save(options.output / f"{number + 1:02}-colour.png")
        sheet.convert("L").save(options.output / f"{number + 1:02}-grey.png")
    (options.output / "key.txt").write_text("\n".join(key) + "\n")


if __name__ == "__main__":
    main()
