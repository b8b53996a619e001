#!/usr/bin/env python3
"""The same content as Heatdrift's four templates, set by matplotlib and Typst: paper.pdf, review.pdf, compare.pdf, model.pdf.

    heatdrift export Reports/orl --all --output maps.safetensors
    python3 make.py Reports/orl --maps maps.safetensors --photographs ~/.cache/heatdrift/orl --output theirs

Numbers are computed again from results.csv, figures drawn as PDFs, pages written as Typst and compiled; all of it stays in
the output folder. `--fonts FOLDER` adds fonts for both.
"""

import argparse
from pathlib import Path

import typst
from matplotlib import font_manager

import figures
import heatmaps
import tables
from data import Report

HEAD = """#set document(title: "{title}")
#set page(paper: "a4", margin: (x: {margin}mm, top: {margin}mm, bottom: {margin}mm), numbering: "1 / 1",
  header: context if counter(page).get().first() > 1 [#set text(8pt, fill: luma(90)); {title} #h(1fr) {running}])
#set text(font: "Libertinus Serif", size: {size}pt, lang: "en", region: "GB")
#set par(justify: true, leading: 0.58em, spacing: 0.9em)
#set heading(numbering: {numbering})
#show heading: set text(font: ("Inter", "Liberation Sans"), size: 1.05em)
#show heading: set block(above: 1.5em, below: 0.7em)
#show figure: set block(above: 1.4em, below: 1.4em)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.where(kind: table): set text(0.86em)
#show figure.caption: it => block(width: 100%)[#set par(justify: true); #set align(left); #set text(0.95em)
  *#it.supplement #context it.counter.display(it.numbering).* #it.body]
#set figure(placement: {placement})
#set table(inset: (x: 3pt, y: 3pt))
#set text(number-width: "tabular", number-type: "lining")
#let ci(body) = text(0.82em, fill: luma(80), body)
#align(left)[#text(1.7em, weight: "bold", font: ("Inter", "Liberation Sans"))[{title}] \\ #text(1.1em, fill: luma(80))[{subtitle}]]
#v(0.6em)
"""


class Page:
    """A report being written: Typst, and the figures that it places."""

    def __init__(self, report, folder, name):
        self.report, self.folder, self.name, self.parts = report, folder, name, []

    def add(self, text):
        self.parts.append(text + "\n")

    def figure(self, label, draw, caption, *arguments, width="100%", **options):
        path = f"{self.name}-{label}.pdf"
        draw(self.report, self.folder / path, *arguments, **options)
        self.add(f'#figure(image("{path}", width: {width}), caption: [{caption}]) <{label}>')

    def write(self, subtitle, running, margin=22, size=10, numbering='"1.1"', placement="none"):
        head = HEAD.format(title=tables.escape(self.report.title), subtitle=subtitle, running=running, margin=margin, size=size,
                           numbering=numbering, placement=placement)
        source = self.folder / f"{self.name}.typ"
        source.write_text(head + "\n".join(self.parts))
        typst.compile(str(source), output=str(self.folder / f"{self.name}.pdf"), font_paths=FONTS)


FONTS = []


def summary(report):
    """The result in a paragraph, of numbers."""
    order = report.drift_order()
    least, most = (report.values(m)[:, -1].mean() for m in (order[0], order[-1]))
    moved = [report.values(m, "noise")[:, -1].mean() for m in order] if "noise" in set(report.rows.attack) else None
    text = (f"We measure how far the heatmaps of {len(order)} networks drift under {report.attack.upper()}, over {len(report.images)} "
            f"images and {len(report.levels)} attack levels. Drift is NISSIM between the clean and the attacked heatmap, MOD its mean, "
            f"VID its variation over levels. At ε = {report.levels[-1]:g} MOD lies between {least:.3f} ({report.name[order[0]]}) and "
            f"{most:.3f} ({report.name[order[-1]]}). ")
    if moved:
        text += f"Noise of the same size moves the heatmaps by {min(moved):.3f} to {max(moved):.3f}. "
    ways = {m.get("training", "") for m in report.provenance["models"]}
    if len(ways) > 1:
        text += "The networks were not trained alike: " + "; ".join(
            f"{report.name[k]} {tables.escape(report.info[k].get('training', 'unknown'))}" for k in order) + ". "
    return text


def methods(report):
    names = ", ".join(f"{m['name']} (`{m['lastLayer']}`)" for m in report.provenance["models"])
    explained = " and ".join(report.explanations)
    return (f"Networks, with the layer explained: {names}. Heatmaps are by {explained}, of each image’s own prediction, scaled to their own "
            f"maximum and compared at the input’s size. {report.attack.upper()} takes a step of ε along the sign of the loss’s gradient, in "
            "units of the pixel range. NISSIM is (1 − SSIM) / 2. Intervals are percentiles of a bootstrap over images, of accuracy "
            "Wilson’s; p values are of paired sign-flip tests, adjusted by Holm.")


CURVE = ("MOD (left) and accuracy (right) against the attack level, with 95% intervals. Dotted: noise of the same size. Levels stand at equal "
         "steps.")
DOTS = "Drift of single images. Filled: the prediction held; open: it flipped. Bar: the mean, MOD."
GRID = "Under each map the prediction (✗: wrong) and NISSIM. White: half maximum of the clean map."
SHIFT = "Shift of the heatmaps’ centres at the strongest attack, a dot for each image; arrow: the mean; _R_: how far directions agree."
MEANS = "Mean heatmaps, clean and attacked, and their difference."


def paper(report, folder):
    page = Page(report, folder, "paper")
    page.add(f"= Summary\n{summary(report)} @tab-mod has every mean, @fig-curve their course, @fig-dots what lies behind them.")
    page.add(tables.mod(report, "tab-mod"))
    page.figure("fig-curve", figures.curve, CURVE)
    page.add("= Where attention moves\n@fig-means shows where attention lies on average, @fig-shift whether it moves in one direction, "
             "@tab-difference whether models differ and the same images drift.")
    page.figure("fig-means", heatmaps.means, MEANS, width="85%")
    page.figure("fig-shift", figures.shift, SHIFT)
    page.add(tables.difference(report, "tab-difference"))
    page.add("= Heatmaps\nImages stand at quantiles of their drift at the strongest attack, least first.")
    for model in report.models:
        page.add(f"== {report.name[model]}\n")
        page.add(tables.of_level(report, model, f"tab-{model}"))
        page.figure(f"fig-{model}", heatmaps.grid, f"{report.name[model]}: heatmaps. {GRID}",
                    [(model, i) for i in heatmaps.quantiles(report, model, 5)])
    page.add("= Distributions\n")
    page.figure("fig-dots", figures.dots, DOTS)
    page.add("= Measures, MOD and VID\n" + tables.measures(report, "tab-measures"))
    page.add(tables.mod(report, "tab-attacks", attacks=[report.attack, "noise"]) + tables.vids(report, "tab-vid"))
    page.add("= Methods\n" + methods(report) + tables.checks(report, "tab-checks"))
    page.add("= Provenance\n" + tables.weights(report, "tab-weights") + tables.options(report, "tab-options"))
    page.write(f"{len(report.models)} models, {len(report.images)} images, {len(report.levels)} attack levels", "Attention drift report")


def review(report, folder):
    page = Page(report, folder, "review")
    order = report.drift_order()
    page.add(f"= Result\n{summary(report)} @tab-mod has every level, @fig-grid an example.")
    page.add(tables.mod(report, "tab-mod", order))
    page.figure("fig-grid", heatmaps.grid, f"{report.name[order[-1]]}: the image that drifts most. {GRID}",
                [(order[-1], heatmaps.quantiles(report, order[-1], 1)[0])])
    page.add("= Methods\n" + methods(report) + tables.options(report, "tab-options"))
    page.add("= Provenance\n" + tables.weights(report, "tab-weights"))
    page.write(f"For review: {len(order)} models, {len(report.images)} images", "For review", 16, 8.5, "none")


def compare(report, folder):
    page = Page(report, folder, "compare")
    order = report.drift_order()
    page.add(f"= Which drifts least\n{summary(report)} @tab-rank ranks the networks, @tab-difference tells which differences exceed chance.")
    page.add(tables.mod(report, "tab-rank", order, ranked=True))
    page.figure("fig-curve", figures.curve, CURVE, order)
    page.add("= Differences\nAll networks saw the same images, so differences are taken image by image.")
    page.add(tables.difference(report, "tab-difference"))
    page.add("= Where attention moves\n")
    page.figure("fig-shift", figures.shift, SHIFT, order)
    page.figure("fig-means", heatmaps.means, MEANS, order, width="85%")
    page.add("= Measures and explanations\n" + tables.measures(report, "tab-measures", order))
    page.add("= Drift and confidence\n")
    page.figure("fig-scatter", figures.scatter, "Drift against loss of confidence at the strongest attack; _ρ_: Spearman’s.", order)
    page.add("= Distributions\n")
    page.figure("fig-dots", figures.dots, DOTS, order)
    page.add("= The same image\n")
    image = heatmaps.quantiles(report, order[-1], 1)[0]
    page.figure("fig-models", heatmaps.grid, "One image in every model. " + GRID, [(m, image) for m in order],
                [report.name[m] for m in order])
    page.add("= Every attack\n" + tables.mod(report, "tab-attacks", order, [report.attack, "noise"]) + tables.vids(report, "tab-vid"))
    page.add("= Methods\n" + methods(report) + tables.options(report, "tab-options"))
    page.add("= Provenance\n" + tables.weights(report, "tab-weights"))
    page.write(f"{len(order)} models compared, {len(report.images)} images", "Comparison of models")


def model(report, folder):
    page = Page(report, folder, "model")
    page.add(summary(report))
    for key in report.models:
        page.add(f"= {report.name[key]}\n{report.info[key]['parameterCount']:,} parameters, explained at `{report.info[key]['lastLayer']}`. "
                 f"@fig-curve-{key} shows its course, @fig-dots-{key} the single images.")
        page.add(tables.of_level(report, key, f"tab-{key}"))
        page.figure(f"fig-curve-{key}", figures.curve, CURVE, [key])
        page.figure(f"fig-dots-{key}", figures.dots, DOTS, [key])
        page.figure(f"fig-scatter-{key}", figures.scatter, "Drift against loss of confidence.", [key], width="50%")
        chosen = heatmaps.quantiles(report, key, 5)
        page.figure(f"fig-extreme-{key}", heatmaps.grid, "The two images of least drift and the two of most. " + GRID,
                    [(key, i) for i in (*chosen[:2], *chosen[-2:])])
        page.figure(f"fig-raw-{key}", heatmaps.grid, "Raw maps on one scale; under each its maximum.",
                    [(key, i) for i in chosen[::2]], raw=True)
    page.add("= Methods\n" + methods(report) + tables.options(report, "tab-options"))
    page.add("= Provenance\n" + tables.weights(report, "tab-weights"))
    page.write(f"{len(report.models)} models in depth, {len(report.images)} images", "Model in depth")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("--maps", type=Path, required=True)
    parser.add_argument("--photographs", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=Path("theirs"))
    parser.add_argument("--fonts", type=Path)
    parser.add_argument("--template", choices=["paper", "review", "compare", "model"], action="append")
    options = parser.parse_args()
    if options.fonts:
        FONTS.append(str(options.fonts))
        for font in font_manager.findSystemFonts([str(options.fonts)]):
            font_manager.fontManager.addfont(font)
    figures.use_fonts()
    options.output.mkdir(parents=True, exist_ok=True)
    report = Report(options.report, options.maps, options.photographs)
    for name in options.template or ["review", "paper", "compare", "model"]:
        {"paper": paper, "review": review, "compare": compare, "model": model}[name](report, options.output)


if __name__ == "__main__":
    main()
