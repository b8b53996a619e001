#!/usr/bin/env python3
"""What check-onnx.sh found, as the table of Documentation/ONNX.md, between the lines `<!-- onnx-table -->` and `<!-- /onnx-table -->`.

    python3 Scripts/onnx/table.py WORK FILE.md [--timed]

Reads WORK/families/*.json and WORK/nodes/*.json, whatever of it is there. Exit code 1 where logits are farther from onnxruntime's than
1e-4, or a gradient or a map is farther from double precision than 1e-4 and than twice what PyTorch in single precision is.
"""

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from check_nodes import kind_of  # noqa: E402

BEGIN, END = "<!-- onnx-table -->", "<!-- /onnx-table -->"
EXPORTERS = {"torchscript": "older", "dynamo": "newer"}
ENGINES = {"onednn": "oneDNN", "openblas": "OpenBLAS"}
BOUND = 1e-4


def number(value):
    return "-" if value is None else f"{value:.0e}".replace("e-0", "e-")


def own(record, key):
    """PyTorch's distance from double precision."""
    if key == "gradient":
        return record["gradientOfPyTorch"]
    return next(layer.get("errorOfPyTorch") for layer in record["layers"] if layer["key"] == key)


def families(folder, timed):
    rows, wrong = [], []
    for path in sorted(folder.glob("*.checked.json")):
        line = json.loads(path.read_text())
        record = json.loads((folder / f"{line['name']}-{line['exporter']}.json").read_text())
        rows.append((line["name"], list(EXPORTERS).index(line["exporter"]), line["engine"], line, record))
    lines = ["| network | exporter, opset | nodes | engine | logits | gradient | (PyTorch) | map `last` | (PyTorch) |"
             + (" forwards and backwards | onnxruntime + PyTorch |" if timed else ""),
             "|---|---|---|---|---|---|---|---|---|" + ("---|---|" if timed else "")]
    for name, _, engine, line, record in sorted(rows, key=lambda row: row[:3]):
        title = f"| {name} | {EXPORTERS[line['exporter']]}, {record['opset']} | {sum(record['operators'].values())} | {ENGINES[engine]} |"
        if "logits" not in line:
            reason = line.get("refused") or line.get("failed")
            lines.append(f"{title} {'refused' if 'refused' in line else 'failed'}: {' '.join(reason.split())[:200]} | | | | |" + " | |" * timed)
            wrong.append(f"{name}, {line['exporter']}, {engine}: {reason}")
            continue
        keys = ["gradient", *[layer["key"] for layer in record["layers"] if layer["key"] in line]]
        far = [f"{key} {line[key]:.1e}, PyTorch {own(record, key):.1e}" for key in keys if line[key] > max(BOUND, 2 * own(record, key))]
        if line["logits"] > BOUND:
            far.append(f"logits {line['logits']:.1e}")
        wrong += [f"{name}, {line['exporter']}, {engine}: {each}" for each in far]
        map_, of_map = (line["layer0"], own(record, "layer0")) if "layer0" in line else (None, None)
        cells = [number(line["logits"]), number(line["gradient"]), number(own(record, "gradient")), number(map_), number(of_map)]
        if timed:  # the other engine is there to check the first
            cells += ([f"{line['seconds']:.3f} s", f"{record['secondsOfOnnxruntime'] + record['secondsOfPyTorch']:.3f} s"]
                      if engine == "onednn" else ["-", "-"])
        lines.append(f"{title} " + " | ".join(cells) + " |")
    return lines if rows else [], wrong


def nodes(folder):
    """Paragraphs about the node tests."""
    if not (folder / "checked.json").exists():
        return []
    listed = json.loads((folder / "nodes.json").read_text())
    lines = json.loads((folder / "checked.json").read_text())
    counts = {}
    for engine in dict.fromkeys(line["engine"] for line in lines):
        own = [line for line in lines if line["engine"] == engine]
        counts[engine] = tuple(sum(word in line for line in own) for word in ("passed", "refused", "failed"))
    first = [line for line in lines if line["engine"] == next(iter(counts))]
    both = sum(line.get("passed") == "logits and gradient" for line in first)
    said = "; ".join(f"{ENGINES[engine]}: {passed} pass, {refused} are refused, {failed} fail"
                     for engine, (passed, refused, failed) in counts.items())
    missing, reasons = Counter(), Counter()
    for line in first:
        if "refused" in line:
            found = re.findall(r"(\w+) \(node", line["refused"]) if "needs" in line["refused"] else []
            missing.update(found)
            if not found:
                reasons[kind_of(line["refused"])] += 1
    unfit = Counter(test["unfit"] for test in listed["tests"] if "unfit" in test)
    made = sum(len(test["models"]) for test in listed["tests"])
    return [
        f"Of the {len(listed['tests']):,} node tests of onnx {listed['onnx']}, {len(listed['tests']) - sum(unfit.values())} can be "
        f"wrapped as networks of an image, {made:,} models in all. {said}. Of those that pass, {both} are also held to PyTorch's gradient.",
        "Operators that are missing, by how many of these models apply them: "
        + ", ".join(f"{name} {count}" for name, count in sorted(missing.items(), key=lambda item: (-item[1], item[0]))) + ".",
        "Other reasons, with # for numbers: " + "; ".join(f"{reason} ({count})" for reason, count in reasons.most_common() if count > 2) + "."]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--timed", action="store_true")
    options = parser.parse_args()
    table, wrong = families(options.work / "families", options.timed)
    parts = nodes(options.work / "nodes")
    text = "\n\n".join(["\n".join(table)] * bool(table) + parts)
    print(text)
    for line in wrong:
        print(f"check-onnx: {line}", file=sys.stderr)
    old = options.file.read_text()
    if BEGIN not in old or END not in old:
        print(f"check-onnx: {options.file} has no lines {BEGIN} and {END}", file=sys.stderr)
        return 1
    before, rest = old.split(BEGIN, 1)
    options.file.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END, 1)[1]}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
