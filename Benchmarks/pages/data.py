"""What a report's folder holds, as tables and arrays for figures: a second, independent reading of it.

Rows come from results.csv, models and options from provenance.json, raw maps from a safetensors file that `heatdrift export
--all` writes, photographs from the folder of the data. MOD, VID, intervals and tests are computed here again, with NumPy.
"""

import itertools
import json
import struct
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image


def wilson(hits, count, z=1.959964):
    """Wilson's 95% score interval of a share."""
    share = hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return middle - half, middle + half


class Report:
    """A report's numbers, maps and photographs, of its first attack, explanation and measure where nothing else is said."""

    def __init__(self, folder, maps, photographs, resamples=10000):
        folder = Path(folder)
        self.rows = pd.read_csv(folder / "results.csv")
        self.provenance = json.loads((folder / "provenance.json").read_text())
        self.models = [m["key"] for m in self.provenance["models"]]
        self.info = {m["key"]: m for m in self.provenance["models"]}
        self.name = {m["key"]: m["name"] for m in self.provenance["models"]}
        self.title = self.provenance["experiment"]["title"]
        self.images = [i["path"] for i in self.provenance["images"]]
        self.labels = [i["label"] for i in self.provenance["images"]]
        attacks = self.rows[self.rows.attack != "noise"].attack
        self.attack = attacks.iloc[0]
        self.explanation = self.rows.explanation.iloc[0]
        self.explanations = list(self.rows.explanation.unique())
        self.measures = [m for m in ("nissim", "rank", "top-k", "iou", "centre", "magnitude") if m in self.rows]
        self.measure = self.measures[0]
        self.levels = sorted(self.rows.epsilon[self.rows.epsilon > 0].unique())
        self.photographs = Path(photographs)
        self.random = np.random.default_rng(7)
        self.draws = self.random.integers(0, len(self.images), (resamples, len(self.images)))
        with open(maps, "rb") as file:
            header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
            body = file.read()
        header.pop("__metadata__")
        self.tensors = {
            name: np.frombuffer(body[slice(*t["data_offsets"])], "<f4").reshape(t["shape"]) for name, t in header.items()
        }

    def part(self, model, attack=None, explanation=None):
        """The rows of a model's series, all levels above 0."""
        rows = self.rows
        return rows[(rows.model == model) & (rows.attack == (attack or self.attack)) & (rows.epsilon > 0)
                    & (rows.explanation == (explanation or self.explanation))]

    def values(self, model, attack=None, explanation=None, measure=None):
        """A measure as an array (images, levels)."""
        table = self.part(model, attack, explanation).pivot(index="image", columns="epsilon", values=measure or self.measure)
        return table.loc[self.images, self.levels].to_numpy()

    def column(self, model, column, attack=None):
        """Another column as an array (images, levels)."""
        table = self.part(model, attack).pivot(index="image", columns="epsilon", values=column)
        return table.loc[self.images, self.levels].to_numpy()

    def mean(self, values):
        """Means down the images and their bootstrap intervals: (mean, low, high)."""
        low, high = np.percentile(np.nanmean(values[self.draws], axis=1), [2.5, 97.5], axis=0)
        return np.nanmean(values, axis=0), low, high

    def accuracy(self, model, attack=None):
        """Share of right predictions on clean images, then by level, with Wilson's intervals."""
        rows = self.part(model, attack)
        clean = (rows[rows.epsilon == self.levels[0]].clean_prediction == rows[rows.epsilon == self.levels[0]].label).sum()
        right = (self.column(model, "adversarial_prediction", attack) == np.array(self.labels)[:, None]).sum(axis=0)
        hits = np.array([clean, *right])
        low, high = wilson(hits, len(self.images))
        return hits / len(self.images), low, high

    def unrelated(self, model):
        """The mean measure between clean maps of images with different labels, or NaN."""
        for entry in self.provenance.get("unrelatedMaps", []):
            if (entry["model"], entry["measure"], entry["explanation"]) == (model, self.measure, self.explanation):
                return entry["differentLabels"]["mean"]
        return float("nan")

    def drift_order(self):
        """The models by MOD at the strongest level, least first."""
        return sorted(self.models, key=lambda m: self.values(m)[:, -1].mean())

    def sign_flips(self, differences, flips=10000):
        """The p of a paired sign-flip test of a mean."""
        signs = self.random.choice([-1, 1], (flips, len(differences)))
        return (1 + (abs((signs * differences).mean(axis=1)) >= abs(differences.mean()) - 1e-15).sum()) / (1 + flips)

    def differences(self):
        """Of every pair of models: difference of MOD at the strongest level, its interval, p by Holm, Spearman's rho."""
        pairs = list(itertools.combinations(self.drift_order(), 2))
        found = []
        for a, b in pairs:
            one, other = self.values(a)[:, -1], self.values(b)[:, -1]
            mean, low, high = self.mean((one - other)[:, None])
            rho = pd.Series(one).rank().corr(pd.Series(other).rank())
            found.append([a, b, mean[0], low[0], high[0], self.sign_flips(one - other), rho])
        last = 0
        for turn, index in enumerate(sorted(range(len(found)), key=lambda i: found[i][5])):
            last = found[index][5] = min(1, max(last, found[index][5] * (len(found) - turn)))
        return found

    def maps(self, model, level=None):
        """Raw maps (images, height, width) at a level, or clean ones."""
        layer = self.info[model]["lastLayer"]
        stem = f"{model}/{self.explanation}/predicted/{layer}/"
        return self.tensors[stem + ("clean" if level is None else f"{self.attack}/{level:g}")]

    def heatmap(self, model, image, level=None, scale=None, size=224):
        """A map as in an overlay: over its own maximum or `scale`, stretched by bilinear interpolation."""
        raw = self.maps(model, level)[image]
        peak = scale or raw.max() or 1
        return np.clip(np.asarray(Image.fromarray(raw / peak).resize((size, size), Image.BILINEAR)), 0, 1)

    def photograph(self, image, size=224):
        """A photograph in grey, as large as its heatmap."""
        return np.asarray(Image.open(self.photographs / self.images[image]).convert("L").resize((size, size), Image.BICUBIC))

    def centres(self, model, level=None):
        """Centres of gravity of all heatmaps, x to the right and y upwards, in widths."""
        raw = np.clip(self.maps(model, level), 0, None)
        down, across = raw.shape[1:]
        x, y = (np.arange(across) + 0.5) / across, 1 - (np.arange(down) + 0.5) / down
        mass = raw.sum(axis=(1, 2))
        return np.stack([(raw.sum(axis=1) * x).sum(axis=1) / mass, (raw.sum(axis=2) * y).sum(axis=1) / mass], axis=1)
