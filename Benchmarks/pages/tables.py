"""Tables of a report as Typst, ruled as booktabs does: rules above, below the head and at the end, none between columns.

Intervals stand small under their number, numbers to the right on common decimals, shares in per cent.
"""


def escape(text):
    """Text as Typst prints it."""
    return "".join("\\" + c if c in "\\#$*_`<>@[]~/" else c for c in str(text))


def interval(mean, low, high, digits=3):
    return f"{mean:.{digits}f} #linebreak()#ci[{low:.{digits}f}–{high:.{digits}f}]"


def share(value, low, high):
    return f"{100 * value:.1f} #linebreak()#ci[{100 * low:.0f}–{100 * high:.0f}]"


def table(head, rows, caption, label, spans=None, left=1):
    """A figure of kind table: the head's cells, rows of cells, groups above the head as (columns, words)."""
    align = ", ".join(["left"] * left + ["right"] * (len(head) - left))
    lines = [f"#figure(table(columns: ({', '.join(['auto'] * left + ['1fr'] * (len(head) - left))}), align: ({align}), stroke: none,",
             "  table.hline(stroke: 0.8pt),"]
    if spans:
        lines.append("  table.header(" + ", ".join(
            f"table.cell(colspan: {n}, align: center)[{words}]" for n, words in spans) + ",")
        at = 0
        for n, words in spans:
            if words:
                lines.append(f"  table.hline(start: {at}, end: {at + n}, stroke: 0.4pt),")
            at += n
    else:
        lines.append("  table.header(")
    lines.append("  " + ", ".join(f"[{c}]" for c in head) + "),")
    lines.append("  table.hline(stroke: 0.5pt),")
    lines += ["  " + ", ".join(f"[{c}]" for c in row) + "," for row in rows]
    lines.append(f"  table.hline(stroke: 0.8pt)), kind: table, caption: [{caption}]) <{label}>\n")
    return "\n".join(lines)


def levels(report):
    return [f"{e:g}" for e in report.levels]


def vid(report, model, attack=None):
    mean, low, high = report.mean(report.values(model, attack).std(axis=1)[:, None])
    return interval(mean[0], low[0], high[0])


def mod(report, label, order=None, attacks=None, ranked=False):
    """MOD at each level with VID, accuracy and relative drift, a line for each model and attack."""
    rows = []
    for rank, model in enumerate(order or report.models, 1):
        for attack in attacks or [report.attack]:
            means = zip(*report.mean(report.values(model, attack)))
            accuracy = list(zip(*report.accuracy(model, attack)))
            name = (f"{rank}. " if ranked else "") + report.name[model]
            far = report.values(model, attack)[:, -1].mean() / report.unrelated(model)
            rows.append([name if attack == (attacks or [report.attack])[0] else ""]
                        + ([attack.upper() if attack != "noise" else "noise"] if attacks else [])
                        + [share(*accuracy[-1])] + [interval(*m) for m in means] + [f"{far:.2f}", vid(report, model, attack)])
    n = len(report.images)
    words = " and ".join(a if a == "noise" else a.upper() for a in attacks) if attacks else report.attack.upper()
    head = ["Model"] + (["Attack"] if attacks else []) + ["Acc. (%)"] + levels(report) + ["Rel.", "VID"]
    spans = [(2 if attacks else 1, ""), (1, ""), (len(report.levels), "MOD at attack level ε"), (1, ""), (1, "")]
    return table(head, rows, f"Accuracy at ε = {report.levels[-1]:g}, MOD (mean NISSIM) and VID under {words} over {n} images, with "
                 "95% intervals. Rel.: MOD at the strongest level over the distance of unrelated clean maps.", label, spans,
                 2 if attacks else 1)


def of_level(report, model, label):
    """One model: a line for each quantity, a column for each level."""
    means = [interval(*m) for m in zip(*report.mean(report.values(model)))]
    accuracy = [share(*a) for a in zip(*report.accuracy(model))]
    flipped = (report.column(model, "adversarial_prediction") != report.column(model, "clean_prediction")).sum(axis=0)
    rows = [["MOD", "0"] + means, ["Accuracy (%)"] + accuracy,
            ["Flipped predictions", "0"] + [str(v) for v in flipped]]
    return table(["", "clean"] + [f"ε = {e}" for e in levels(report)], rows,
                 f"{report.name[model]}: drift and accuracy by attack level, {len(report.images)} images, 95% intervals below.", label)


def difference(report, label):
    """Pairs of models: the difference of their MOD, its interval, an adjusted p, and how their drifts correlate."""
    rows = [[f"{report.name[a]} − {report.name[b]}", f"{mean:+.3f}".replace("-", "−"), f"{low:+.3f} to {high:+.3f}".replace("-", "−"),
             "< 0.001" if p < 0.001 else f"{p:.3f}", f"{rho:.2f}".replace("-", "−")]
            for a, b, mean, low, high, p, rho in report.differences()]
    return table(["Pair", "Δ MOD", "95% interval", "_p_ (Holm)", "Spearman’s ρ"], rows,
                 f"Paired differences of MOD at ε = {report.levels[-1]:g}, and rank correlation of the images’ drift.", label)


def measures(report, label, models=None):
    """MOD at the strongest level by each measure and explanation, with ranks; the least is bold."""
    columns = [(e, m) for e in report.explanations for m in report.measures]
    values = {c: {k: report.values(k, None, *c)[:, -1] for k in report.models} for c in columns}
    rows = []
    for model in models or report.models:
        row = [report.name[model]]
        for c in columns:
            means = {k: v[~(v != v)].mean() for k, v in values[c].items()}
            rank = sorted(means.values()).index(means[model]) + 1
            text = f"{means[model]:.3f}"
            row.append((f"*{text}*" if rank == 1 else text) + f" #ci[({rank})]")
        rows.append(row)
    return table(["Model"] + [m if m != "nissim" else "NISSIM" for _, m in columns], rows,
                 f"MOD at ε = {report.levels[-1]:g} by each explanation and measure; rank in parentheses, least bold.", label,
                 [(1, "")] + [(len(report.measures), e.title().replace("Cam", "CAM")) for e in report.explanations])


def vids(report, label):
    rows = []
    for model in report.models:
        values = report.values(model)
        readings = [values.std(axis=1)[:, None]]
        draws = report.draws[:2000]
        row = [report.name[model], interval(*(v[0] for v in report.mean(readings[0])))]
        for reading in (lambda v: v.mean(axis=-2).std(axis=-1), lambda v: v.reshape(*v.shape[:-2], -1).std(axis=-1)):
            again = reading(values[draws])
            low, high = sorted(again)[len(draws) // 40], sorted(again)[-len(draws) // 40]
            row.append(interval(reading(values), low, high))
        rows.append(row)
    return table(["Model", "per image", "of MOD", "pooled"], rows, "VID in three readings, with 95% intervals.", label)


def checks(report, label):
    rows = []
    for model in report.models:
        part = report.part(model)
        control = report.rows[(report.rows.model == model) & (report.rows.epsilon == 0)][report.measure].max()
        dead = ((part.clean_peak == 0) | (part.adversarial_peak == 0)).sum()
        flipped = (part.clean_prediction != part.adversarial_prediction).sum()
        rows.append([report.name[model], f"{control:.3f}", str(dead), f"{flipped} of {len(part)}"])
    return table(["Model", "Control", "Dead pairs", "Flipped"], rows,
                 "Checks: largest drift of the control, pairs with a dead map, and flipped predictions over all levels.", label)


def weights(report, label):
    rows = [[m["name"], f"{m['parameterCount']:,}", f"{m['inputSize']} × {m['inputSize']}", f"`{m['lastLayer']}`",
             f"#ci[`{m['weightsSHA256'][:16]}…`]"] for m in report.provenance["models"]]
    return table(["Model", "Parameters", "Input", "Layer", "SHA-256 of weights"], rows, "Networks and their weights.", label)


def options(report, label):
    shown = {k: v for k, v in report.provenance["options"].items() if k.split(".")[0] not in report.models}
    shown |= report.provenance["software"]
    pairs = [[f"#ci[`{k}`]", f"#ci[{escape(v)}]"] for k, v in shown.items()]
    pairs += [["", ""]] * (len(pairs) % 2)
    half = len(pairs) // 2
    rows = [pairs[i] + pairs[half + i] for i in range(half)]
    return table(["Option", "Value", "Option", "Value"], rows, "Options and software.", label, None, 4)
