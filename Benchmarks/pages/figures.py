"""Figures of a report by matplotlib, as one would make them for a journal: each function saves one PDF and returns nothing.

Series have a colour of Okabe and Ito's, a marker and a dash pattern each, and a label at their end. Heatmaps are inferno over a
grey photograph, opaque where they are high, with the clean map's half maximum as a contour.
"""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import font_manager

WIDE = 6.5
SANS = ["Inter", "Liberation Sans", "DejaVu Sans"]
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#444444", "#E69F00"]
MARKERS = ["o", "s", "^", "D", "v", "P"]
DASHES = ["-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1))]
plt.rcParams.update({
    "mathtext.fontset": "stixsans", "font.size": 7.5, "axes.titlesize": 7.5,
    "axes.labelsize": 7.5, "xtick.labelsize": 7, "ytick.labelsize": 7, "axes.spines.top": False, "axes.spines.right": False,
    "axes.linewidth": 0.6, "xtick.major.width": 0.6, "ytick.major.width": 0.6, "xtick.major.size": 2.5, "ytick.major.size": 2.5,
    "pdf.fonttype": 42, "lines.linewidth": 1.2, "lines.markersize": 3.5, "figure.constrained_layout.use": True,
})


def use_fonts():
    """Takes those of the wanted fonts that are there; called when all are known."""
    known = set(font_manager.get_font_names())
    plt.rcParams["font.family"] = [name for name in SANS if name in known]


def save(figure, path):
    figure.savefig(path, bbox_inches="tight", pad_inches=0.02, dpi=300, metadata={"CreationDate": None})
    plt.close(figure)


def style(report, model):
    turn = report.models.index(model) % len(COLOURS)
    return {"color": COLOURS[turn], "marker": MARKERS[turn], "linestyle": DASHES[turn]}


def end_labels(axes, x, ends):
    """Names at the right ends of lines, moved apart where they would touch."""
    low, high = axes.get_ylim()
    gap = (high - low) * 0.062
    places = sorted(ends, key=lambda e: e[1])
    heights = [e[1] for e in places]
    for _ in range(200):
        for i in range(len(heights) - 1):
            if heights[i + 1] - heights[i] < gap:
                heights[i], heights[i + 1] = heights[i] - gap / 20, heights[i + 1] + gap / 20
    for (name, _, colour), height in zip(places, heights):
        axes.annotate(name, (x, height), xytext=(6, 0), textcoords="offset points", color=colour, va="center",
                      annotation_clip=False)


def curve(report, path, models=None, noise=True):
    """MOD and accuracy against the level, with intervals; the axis is of equal steps, since levels are few and uneven."""
    models = models or report.models
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDE, 2.5))
    ticks = ["0"] + [f"{e:g}" for e in report.levels]
    at = np.arange(len(ticks))
    left.set(ylabel="MOD (mean NISSIM)", xlabel="attack level ε")
    right.set(ylabel="accuracy (%)", xlabel="attack level ε", ylim=(-3, 104))
    ends = []
    for turn, model in enumerate(models):
        look = style(report, model)
        move = (turn - (len(models) - 1) / 2) * 0.07
        mean, low, high = (np.concatenate([[0], v]) for v in report.mean(report.values(model)))
        left.errorbar(at + move, mean, (mean - low, high - mean), elinewidth=0.7, capsize=1.5, **look)
        if noise and "noise" in set(report.rows.attack):
            still = np.concatenate([[0], report.values(model, "noise").mean(axis=0)])
            left.plot(at, still, color=look["color"], linewidth=0.6, linestyle=":")
        share, low, high = (100 * v for v in report.accuracy(model))
        right.errorbar(at + move, share, (share - low, high - share), elinewidth=0.7, capsize=1.5, **look)
        ends.append((report.name[model], mean[-1], share[-1], look["color"]))
    left.set_ylim(0)
    for axes, index in ((left, 1), (right, 2)):
        axes.set_xticks(at, ticks)
        axes.grid(axis="y", linewidth=0.4, color="0.9")
        if len(models) > 1:
            end_labels(axes, at[-1], [(e[0], e[index], e[3]) for e in ends])
    save(figure, path)


def dots(report, path, models=None):
    """The single images' drift: a strip of dots for each model and level, the mean as a bar."""
    models = models or report.models
    figure, row = plt.subplots(1, len(report.levels), figsize=(WIDE, 0.45 + 0.42 * len(models)), sharex=True, sharey=True)
    random = np.random.default_rng(1)
    for column, (axes, level) in enumerate(zip(row, report.levels)):
        for line, model in enumerate(models):
            values = report.values(model)[:, column]
            flipped = report.column(model, "adversarial_prediction") != report.column(model, "clean_prediction")
            flipped = flipped[:, column]
            height = line + random.uniform(-0.24, 0.24, len(values))
            colour = style(report, model)["color"]
            axes.scatter(values[~flipped], height[~flipped], s=5, color=colour, alpha=0.6, linewidths=0)
            axes.scatter(values[flipped], height[flipped], s=5, facecolors="none", edgecolors=colour, linewidths=0.5)
            axes.plot([values.mean()] * 2, [line - 0.36, line + 0.36], color="black", linewidth=1.2)
        axes.set_title(f"ε = {level:g}")
        axes.set_yticks(range(len(models)), [report.name[m] for m in models])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", linewidth=0.4, color="0.9")
    row[0].invert_yaxis()
    row[len(row) // 2].set_xlabel("NISSIM of the clean and the attacked heatmap")
    save(figure, path)


def shift(report, path, models=None):
    """How the heatmaps' centres of gravity move at the strongest level, an arrow for the mean."""
    models = models or report.models
    figure, row = plt.subplots(1, len(models), figsize=(WIDE, 1.75), sharex=True, sharey=True, squeeze=False)
    for axes, model in zip(row[0], models):
        moved = report.centres(model, report.levels[-1]) - report.centres(model)
        colour = style(report, model)["color"]
        axes.axhline(0, color="0.8", linewidth=0.5)
        axes.axvline(0, color="0.8", linewidth=0.5)
        axes.scatter(*moved.T, s=6, color=colour, alpha=0.55, linewidths=0)
        axes.annotate("", moved.mean(axis=0), (0, 0), arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1, "mutation_scale": 7})
        length = np.hypot(*moved.T)
        consistency = np.hypot(*(moved[length > 0] / length[length > 0, None]).mean(axis=0))
        axes.set_title(f"{report.name[model]}\n$R$ = {consistency:.2f}")
        axes.set_aspect("equal")
    reach = max(abs(np.array(row[0][0].get_xlim() + row[0][0].get_ylim())))
    row[0][0].set(xlim=(-reach, reach), ylim=(-reach, reach), ylabel="up (widths)")
    row[0][len(models) // 2].set_xlabel("to the right (widths of the image)")
    save(figure, path)


def scatter(report, path, models=None):
    """Drift at the strongest level against the loss of confidence in the clean prediction."""
    models = models or report.models
    columns = min(len(models), 5)
    figure, row = plt.subplots(1, columns, figsize=(WIDE if columns > 1 else 3.2, 1.75 if columns > 1 else 2.3), sharex=True,
                               sharey=True, squeeze=False)
    for axes, model in zip(row[0], models):
        loss = (report.column(model, "clean_confidence") - report.column(model, "clean_class_confidence"))[:, -1]
        drift = report.values(model)[:, -1]
        colour = style(report, model)["color"]
        flipped = (report.column(model, "adversarial_prediction") != report.column(model, "clean_prediction"))[:, -1]
        axes.scatter(loss[~flipped], drift[~flipped], s=9, color=colour, alpha=0.7, linewidths=0, label="held")
        axes.scatter(loss[flipped], drift[flipped], s=9, facecolors="none", edgecolors=colour, linewidths=0.6, label="flipped")
        rho = np.corrcoef(np.argsort(np.argsort(loss)), np.argsort(np.argsort(drift)))[0, 1]
        axes.set_title(f"{report.name[model]}\n$\\rho$ = {rho:.2f}")
        axes.set(xlim=(-0.05, 1.05), ylim=(0, None))
        axes.grid(linewidth=0.4, color="0.92")
    row[0][0].legend(frameon=False, fontsize=6.5, loc="upper left", handletextpad=0.1, borderpad=0)
    row[0][0].set_ylabel("NISSIM")
    row[0][columns // 2].set_xlabel("loss of confidence")
    save(figure, path)
