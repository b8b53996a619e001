#!/usr/bin/env python3
"""Gives the networks that nodes.py made to the engines, all in one process each, and compares what comes out.

    python3 Scripts/onnx/check_nodes.py WORK CHECKER [--engine ENGINE]...

Logits are held to what the standard's tests say, within their tolerances. Gradients are held to those of onnx_reference.py, in double
precision, where it knows the operators and itself gives the test's logits; points where a function has a kink count, and say
so. WORK/checked.json has a line for each model and engine: passed, refused with the reason, or failed. Exit code 1 where something failed.
"""

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import torch
from safetensors.numpy import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import onnx_reference  # noqa: E402
from nodes import IMAGE, LOGITS, by_onnxruntime  # noqa: E402


def outcomes(checker, work, engine):
    """By model: (word, message); what ran when the process ended is told from what it computed."""
    made = work / engine
    made.mkdir(exist_ok=True)
    for old in made.glob("*.safetensors"):
        old.unlink()
    done = subprocess.run([checker, str(work), "--list", "--engine", engine, "--output", str(made)], capture_output=True, text=True)
    found = {}
    for line in done.stdout.splitlines():
        name, word, message = [*line.split("\t"), "", ""][:3]
        found[name] = (word or "ended", message if word else f"the process ended here, {done.returncode}: {done.stderr[-500:]}")
    return found


def reference_gradient(work, model, expected):
    """Of the sum of seed times logits; None where the interpreter has no say."""
    image = torch.from_numpy(load_file(work / f"{model['name']}.inputs.safetensors")["image"]).double().requires_grad_()
    try:
        values = onnx_reference.run(onnx.load(work / f"{model['name']}.onnx"), {IMAGE: image})
        logits = values[LOGITS].reshape(-1)
        if not np.allclose(logits.detach().numpy(), expected, model["rtol"], model["atol"]):
            return None
        if not logits.requires_grad:
            return np.zeros(image.numel())
        seed = torch.arange(logits.numel(), dtype=torch.float64) % 3 - 0.75
        gradient = torch.autograd.grad((logits * seed).sum(), image, allow_unused=True)[0]
    except Exception:  # what it does not know ends in exceptions of any kind
        return None
    if gradient is None:
        return np.zeros(image.numel())
    gradient = gradient.numpy().ravel()
    return gradient if np.isfinite(gradient).all() else None


def verdict(work, engine, model, outcome, expected, gradient):
    word, message = outcome
    if word == "refused":
        return {"refused": message}
    if word != "computed":
        return {"refused" if "NaN" in message or "infin" in message else "failed": message}
    found = load_file(work / engine / f"{model['name']}.safetensors")
    logits = found["logits"].ravel()
    if model["onnxruntime"] == "differs":
        # Then whoever exports and checks by onnxruntime expects its numbers.
        other = by_onnxruntime(onnx.load(work / f"{model['name']}.onnx"), load_file(work / f"{model['name']}.inputs.safetensors")["image"])
        if logits.shape == other.shape and np.allclose(logits, other, model["rtol"], model["atol"]):
            return {"passed": "as onnxruntime, which differs from the test"}
    if logits.shape != expected.shape:
        return {"failed": f"{logits.size} numbers, expected {expected.size}"}
    if not np.allclose(logits, expected, model["rtol"], model["atol"], equal_nan=True):
        worst = np.abs(logits - expected)
        return {"failed": f"logits off by {np.nanmax(worst):.3g} at {int(np.nanargmax(worst))} of {worst.size}"}
    if gradient is None:
        return {"passed": "logits"}
    bound = 1e-4 * max(1.0, float(np.abs(gradient).max()))
    away = np.abs(found["gradient"].ravel() - gradient)
    if not away.max() <= bound:
        return {"failed": f"gradient off by {away.max():.3g} at {int(away.argmax())} of {away.size}"}
    return {"passed": "logits and gradient"}


def kind_of(reason):
    """A reason for refusing without the names in it."""
    reason = re.sub(r"^at [^:]*: ", "", reason)
    reason = re.sub(r"\(node [^)]*\)", "", reason)
    reason = re.sub(r"`wrapped[^`]*`", "`...`", reason)
    return re.sub(r"\d+(x\d+)+|-?\d+(\.\d+)?", "#", reason)[:150]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("checker")
    parser.add_argument("--engine", action="append")
    options = parser.parse_args()
    work, lines = options.work, []
    listed = json.loads((work / "nodes.json").read_text())
    models = [model for test in listed["tests"] for model in test["models"]]
    expected = {model["name"]: load_file(work / f"{model['name']}.expected.safetensors")["logits"] for model in models}
    gradients = {model["name"]: reference_gradient(work, model, expected[model["name"]]) for model in models}
    for engine in options.engine or ["onednn", "openblas"]:
        found = outcomes(options.checker, work, engine)
        own = [{"model": model["name"], "engine": engine,
                **verdict(work, engine, model, found.get(model["name"], ("ended", "not reached")), expected[model["name"]],
                          gradients[model["name"]])} for model in models]
        lines += own
        passed = [line for line in own if "passed" in line]
        refused = [line for line in own if "refused" in line]
        failed = [line for line in own if "failed" in line]
        both = sum(line["passed"] == "logits and gradient" for line in passed)
        other = sum(line["passed"].startswith("as") for line in passed)
        print(f"{engine}: {len(passed)} passed ({both} with their gradients, {other} as onnxruntime, which differs from the test), "
              f"{len(refused)} refused, {len(failed)} failed")
        for line in failed:
            print(f"  {line['model']}: {line['failed']}")
    reasons = Counter(kind_of(line["refused"]) for line in lines if "refused" in line and line["engine"] == lines[0]["engine"])
    for reason, count in reasons.most_common():
        print(f"{count:5} refused: {reason}")
    (work / "checked.json").write_text(json.dumps(lines, indent=1) + "\n")
    return int(any("failed" in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
