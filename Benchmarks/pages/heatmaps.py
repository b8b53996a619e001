"""Figures that show maps by matplotlib: grids of photographs with their heatmaps, mean maps, raw maps, one sample in full."""

import matplotlib.pyplot as plt
import numpy as np

from figures import WIDE, save

INFERNO = plt.get_cmap("inferno")


def overlay(axes, report, heat, image=None, clean=None):
    """A heatmap over its photograph, opaque where it is high; the clean map's half maximum as a line."""
    if image is not None:
        axes.imshow(report.photograph(image), cmap="gray", vmin=0, vmax=255)
        colours = INFERNO(heat)
        colours[..., 3] = np.clip(heat * 1.1, 0, 0.85)
        axes.imshow(colours)
    else:
        axes.imshow(heat, cmap=INFERNO, vmin=0, vmax=1)
    if clean is not None:
        axes.contour(clean, levels=[0.5], colors="white", linewidths=0.8)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def bar(figure, grid, label, top=1.0):
    mappable = plt.cm.ScalarMappable(plt.Normalize(0, top), INFERNO)
    made = figure.colorbar(mappable, ax=grid, orientation="horizontal", fraction=0.02, aspect=55, pad=0.01, shrink=0.45)
    made.set_label(label, labelpad=1)
    made.outline.set_visible(False)


def quantiles(report, model, count):
    """The images at even quantiles of the drift at the strongest level, least first; the last is the greatest."""
    order = np.argsort(report.values(model)[:, -1], kind="stable")
    if count == 1:
        return [order[-1]]
    marks = [(2 * i + 1) / (2 * (count - 1)) for i in range(count - 1)] + [1]
    return [order[min(len(order) - 1, round(q * (len(order) - 1)))] for q in marks]


def grid(report, path, lines, names=None, raw=False):
    """Lines of (model, image): the photograph, the clean heatmap, and the heatmap at each level."""
    columns = 2 + len(report.levels)
    cell = WIDE / columns
    figure, axes = plt.subplots(len(lines), columns, figsize=(WIDE, len(lines) * (cell + 0.14) + 0.55), squeeze=False)
    classes = report.provenance.get("classNames", [])
    naming = (lambda c: classes[c]) if isinstance(classes, list) and classes else lambda c: classes.get(str(c), str(c))
    top = max(report.maps(m, e)[i].max() for m, i in lines for e in (None, *report.levels)) if raw else None
    for line, (model, image) in enumerate(lines):
        clean = report.heatmap(model, image)
        row = axes[line]
        row[0].imshow(report.photograph(image), cmap="gray", vmin=0, vmax=255)
        row[0].set(xticks=[], yticks=[], xlabel=naming(report.labels[image]))
        row[0].spines[:].set_visible(False)
        if names:
            row[0].set_ylabel(names[line])
        overlay(row[1], report, report.heatmap(model, image, None, top), None if raw else image, None if raw else clean)
        for column, level in enumerate(report.levels):
            overlay(row[2 + column], report, report.heatmap(model, image, level, top), None if raw else image,
                    None if raw else clean)
            said = report.column(model, "adversarial_prediction")[image, column]
            wrong = said != report.labels[image]
            value = report.maps(model, level)[image].max() if raw else report.values(model)[image, column]
            row[2 + column].set_xlabel(f"{naming(said)}{' ✗' if wrong else ''}  {value:.3f}", color="#B00020" if wrong else "black", labelpad=2)
    for column, head in enumerate(["photograph", "clean"] + [f"ε = {e:g}" for e in report.levels]):
        axes[0][column].set_title(head, pad=3)
    bar(figure, axes, "raw map" if raw else "heatmap, each over its own maximum", top or 1)
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.01, hspace=0.01)
    save(figure, path)


def means(report, path, models=None):
    """Mean heatmaps over images, clean and at the strongest level, and their difference."""
    models = models or report.models
    figure, axes = plt.subplots(3, len(models), figsize=(WIDE * 0.82, 3.35), squeeze=False)
    for column, model in enumerate(models):
        stacks = []
        for level in (None, report.levels[-1]):
            raw = report.maps(model, level)
            stacks.append((raw / raw.max(axis=(1, 2), keepdims=True).clip(1e-30)).mean(axis=0))
        first = axes[0][column].imshow(stacks[0], cmap=INFERNO, vmin=0, vmax=0.6, interpolation="bilinear")
        axes[1][column].imshow(stacks[1], cmap=INFERNO, vmin=0, vmax=0.6, interpolation="bilinear")
        third = axes[2][column].imshow(stacks[1] - stacks[0], cmap="PuOr_r", vmin=-0.3, vmax=0.3, interpolation="bilinear")
        axes[0][column].set_title(report.name[model])
    for row, label in zip(axes, ["clean", f"ε = {report.levels[-1]:g}", "difference"]):
        row[0].set_ylabel(label)
    for each in axes.flat:
        each.set(xticks=[], yticks=[])
        each.spines[:].set_visible(False)
    for shown, place, label in ((first, axes[:2], "mean heatmap"), (third, axes[2:], "change")):
        made = figure.colorbar(shown, ax=place, pad=0.01, aspect=12 if place is axes[2:] else 25, fraction=0.03)
        made.set_label(label)
        made.outline.set_visible(False)
    save(figure, path)
