#!/usr/bin/env python3
"""How often 95% intervals of a mean hold it, by the number of images: the percentile bootstrap, and the bootstrap-t that
Heatdrift takes from 5 to 29 images. Needs numpy.

    python3 Scripts/interval-coverage.py [--results Reports/orl/results.csv] [--samples 2000] [--resamples 2000]

Without results the values are made up: even ones, ones with a tail, ones of which three in ten are 0. With a `results.csv`
its strongest attack's NISSIM, model by model, is the population from which images are drawn with replacement.
"""

import argparse
import csv

import numpy as np

COUNTS = [5, 7, 10, 15, 20, 29, 30, 40]


def made_up() -> dict:
    return {"even": (lambda rng, shape: rng.uniform(0, 0.5, shape), 0.25),
            "beta": (lambda rng, shape: 0.5 * rng.beta(2, 8, shape), 0.1),
            "tail": (lambda rng, shape: 0.05 * rng.lognormal(0, 1, shape), 0.05 * np.exp(0.5)),
            "zeros": (lambda rng, shape: np.where(rng.random(shape) < 0.3, 0, 0.5 * rng.beta(2, 5, shape)), 0.1)}


def measured(path: str) -> dict:
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    strongest = max(float(row["epsilon"]) for row in rows)
    found = {}
    for model in dict.fromkeys(row["model"] for row in rows):
        values = np.array([float(row["nissim"]) for row in rows
                           if row["model"] == model and float(row["epsilon"]) == strongest])
        found[model] = (lambda rng, shape, values=values: rng.choice(values, shape), values.mean())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--resamples", type=int, default=2000)
    options = parser.parse_args()
    rng = np.random.default_rng(7)
    print("values images percentile bootstrap-t none")
    for name, (draw, truth) in (measured(options.results) if options.results else made_up()).items():
        for count in COUNTS:
            hits = {"percentile": 0, "t": 0, "none": 0}
            for _ in range(options.samples):
                values = draw(rng, count)
                error = values.std(ddof=1) / np.sqrt(count)
                drawn = values[rng.integers(0, count, (options.resamples, count))]
                means = drawn.mean(axis=1)
                lower, upper = np.percentile(means, [2.5, 97.5])
                hits["percentile"] += lower <= truth <= upper
                errors = drawn.std(axis=1, ddof=1) / np.sqrt(count)
                known = errors > 1e-9 * error
                # As Heatdrift has it: a draw without spread is left out, and with half of them gone there is no interval.
                if 2 * known.sum() < options.resamples:
                    hits["none"] += 1
                    continue
                low, high = np.percentile((means[known] - values.mean()) / errors[known], [2.5, 97.5])
                hits["t"] += max(0, values.mean() - high * error) <= truth <= values.mean() - low * error
            told = options.samples - hits["none"]
            print(f"{name} {count} {hits['percentile'] / options.samples:.3f} {hits['t'] / max(1, told):.3f} "
                  f"{hits['none'] / options.samples:.3f}", flush=True)


if __name__ == "__main__":
    main()
