"""Compares the pictures svg-NN.png and pdf-NN.png (or pdf-N.png) of a folder, page by page.

Two rasterisers place the edges of letters differently by parts of a pixel, and browsers put baselines on whole ones. So
the pictures, of 144 dots an inch, are reduced to a third, and looked at in squares of 48 pixels (24 points):

- shift: the mean absolute difference of the worst square, which grows where something lies in another place. On pages that
  look the same it is up to 20, with everything moved down by one point 35.
- ink: how much lighter, darker or otherwise coloured the worst square is as a whole, which grows where something is missing
  or has another colour. On pages that look the same it is up to 7, with one line of text missing 10 to 16, without colours 28.
"""

import glob
import os
import re
import sys

import numpy
from PIL import Image

SHIFT = 27
INK = 8.5
REDUCTION = 3
SQUARE = 16


def reduced(path, width, height):
    picture = Image.open(path).convert("RGB").crop((0, 0, width, height))
    pixels = numpy.asarray(picture, dtype=numpy.float64)
    return pixels.reshape(height // REDUCTION, REDUCTION, width // REDUCTION, REDUCTION, 3).mean(axis=(1, 3))


def squares(difference):
    height, width = (side // SQUARE * SQUARE for side in difference.shape[:2])
    shape = (height // SQUARE, SQUARE, width // SQUARE, SQUARE, 3)
    return difference[:height, :width].reshape(shape).mean(axis=(1, 3))


def pages(folder, kind):
    found = {}
    for path in glob.glob(os.path.join(folder, kind + "-*.png")):
        found[int(re.search(r"-(\d+)\.png$", path).group(1))] = path
    return found


def main():
    folder = sys.argv[1]
    svg, pdf = pages(folder, "svg"), pages(folder, "pdf")
    if not pdf or sorted(svg) != sorted(pdf):
        sys.exit(f"compare-pages: {len(svg)} SVG pages and {len(pdf)} PDF pages")
    failed = False
    for page in sorted(pdf):
        sizes = [Image.open(path).size for path in (svg[page], pdf[page])]
        if any(abs(sizes[0][axis] - sizes[1][axis]) > 3 for axis in (0, 1)):
            sys.exit(f"compare-pages: page {page} is {sizes[0]} as SVG and {sizes[1]} as PDF")
        width, height = (min(size[axis] for size in sizes) // REDUCTION * REDUCTION for axis in (0, 1))
        difference = reduced(svg[page], width, height) - reduced(pdf[page], width, height)
        shift = squares(numpy.abs(difference)).mean(axis=2).max()
        ink = numpy.abs(squares(difference)).max()
        is_wrong = shift > SHIFT or ink > INK
        failed = failed or is_wrong
        print(f"page {page}: shift {shift:.1f}, ink {ink:.1f} of 255{'  FAILED' if is_wrong else ''}")
    if failed:
        sys.exit(f"compare-pages: a page differs: shift is more than {SHIFT}, or ink more than {INK}")


main()
