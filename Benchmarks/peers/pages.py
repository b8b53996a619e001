"""Pages like Heatdrift's report, made by matplotlib: a curve page, a page of histograms, a page for each model with its
table and grid, a page of text and a table. Heatdrift's has a page more, of provenance.

    python3 pages.py RESULTS.csv PAGES.pdf

The heatmaps are random, the photographs grey: drawing them costs what drawing real ones would. Prints the seconds from
the first figure to the closed file; imports are not counted.
"""

import csv
import sys
import time
from collections import defaultdict

import matplotlib

matplotlib.use("pdf")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_pdf import PdfPages

A4 = (8.27, 11.69)
ROWS = 6
# As much as the methods section of the report has.
METHODS = "\n".join(["The activations of a layer, weighted by the mean gradient of the class's logit over each map, summed and"] * 24)


def table(axis, lines: dict[str, list[float]], columns: list[float]) -> None:
    axis.axis("off")
    axis.table([[f"{value:.3f}" for value in values] for values in lines.values()], rowLabels=list(lines),
               colLabels=[f"{column:g}" for column in columns], loc="center")


def main() -> None:
    drift = defaultdict(lambda: defaultdict(list))
    with open(sys.argv[1]) as file:
        for row in csv.DictReader(file):
            drift[row["model"]][float(row["epsilon"])].append(float(row["nissim"]))
    random = np.random.default_rng(7)
    maps = random.random((ROWS, 7, 192, 192), dtype=np.float32)
    start = time.perf_counter()
    with PdfPages(sys.argv[2]) as pages:
        figure, (left, right) = plt.subplots(2, 1, figsize=A4)
        for model, levels in drift.items():
            left.plot(list(levels), [np.mean(values) for values in levels.values()], marker="o", label=model)
        left.legend()
        columns = list(next(iter(drift.values())))
        means = {model: [np.mean(values) for values in levels.values()] for model, levels in drift.items()}
        table(right, means, columns)
        pages.savefig(figure)
        plt.close(figure)

        levels = [epsilon for epsilon in next(iter(drift.values())) if epsilon > 0]
        figure, axes = plt.subplots(len(drift), len(levels), figsize=A4, sharex=True, sharey=True, squeeze=False)
        for line, values in zip(axes, drift.values()):
            for axis, epsilon in zip(line, levels):
                axis.hist(values[epsilon], bins=24, range=(0, 0.6))
        pages.savefig(figure)
        plt.close(figure)

        for model in drift:
            figure, axes = plt.subplots(ROWS + 1, 7, figsize=A4)
            for axis in axes[0]:
                axis.remove()
            table(figure.add_subplot(ROWS + 1, 1, 1), {"MOD": means[model], "accuracy": means[model],
                                                       "attack success": means[model]}, columns)
            for line, row in zip(axes[1:], maps):
                for axis, image in zip(line, row):
                    axis.imshow(np.full_like(image, 0.5), cmap="gray", vmin=0, vmax=1)
                    axis.imshow(image, cmap="inferno", alpha=0.6)
                    axis.set_xlabel("s1 · 0.123", fontsize=6)
                    axis.set_xticks([])
                    axis.set_yticks([])
            figure.suptitle(model)
            pages.savefig(figure)
            plt.close(figure)

        figure, (above, below) = plt.subplots(2, 1, figsize=A4)
        table(above, means, columns)
        below.axis("off")
        below.text(0, 1, METHODS, fontsize=9, va="top")
        pages.savefig(figure)
        plt.close(figure)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
