#!/usr/bin/env python3
"""Heatdrift beside three PyTorch scripts, usual, tuned and frozen: the same weights, the same photographs, in turns.

    Benchmarks/run.sh                          sets up everything, measures all networks, writes RESULTS.md
    Benchmarks/run.sh --quick                  ResNet50 in some minutes, printed only: to see what a change did
    Benchmarks/run.sh --networks resnet50 --rounds 1 --no-report

Per network: clean and five attack levels, heatmaps of the last layer, so many photographs, and nothing else: Heatdrift's
control is off. For the peers the seconds of the work alone count, without imports, loading and compiling; for Heatdrift
the whole process, loading, folding, the report and all. The results of all are held to each other before any time is
printed. Networks of which Heatdrift has no architecture come to it as ONNX files, and the five that it has once more so.
"""

import argparse
import csv
import datetime
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK = HERE / ".work"
HEATDRIFT = Path(os.environ.get("HEATDRIFT_BINARIES", ROOT / ".build/release")) / "heatdrift"
PASSES = HEATDRIFT.with_name("pass-benchmark")
BUILT_IN = ["vgg16", "resnet50", "resnet101", "inception_v3", "xception"]
IMPORTED = ["mobilenet_v2", "efficientnet_b0", "densenet121", "convnext_tiny"]
NETWORKS = BUILT_IN + IMPORTED
PEERS = ["heatdrift", "as ONNX", "tuned.py", "frozen.py", "usual.py"]
EPSILONS = [0.005, 0.01, 0.02, 0.05, 0.1]
FACES = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "heatdrift/orl"
# Set for Heatdrift's sake on some machines; PyTorch brings a BLAS of its own and must not be slowed by them.
NOT_FOR_PEERS = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]


@dataclass
class Timing:
    seconds: list[float] = field(default_factory=list)  # per photograph, a round each
    peak_mebibytes: float = 0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def make_weights(name: str) -> None:
    """Seeded weights under torchvision's or timm's names, and the network with them as an ONNX file."""
    for path in (WORK / f"{name}.safetensors", WORK / f"{name}.onnx"):
        if not path.exists():
            # In a process of its own: Linux counts what a parent holds when it starts a child into the child's peak memory.
            subprocess.run([sys.executable, str(HERE / "peers/make_weights.py"), name, str(path)], check=True)


def described(name: str, imported: bool) -> str:
    """A network as an experiment names it."""
    if not imported:
        return f"architecture: {name}, weights: {name}.safetensors"
    size, mean, deviation = (299, [0.5] * 3, [0.5] * 3) if name in ("inception_v3", "xception") else (
        224, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    return f"network: {name}.onnx, input: {{size: {size}, mean: {mean}, std: {deviation}}}"


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall seconds and peak resident MiB of a whole process."""
    start = time.perf_counter()
    with open(WORK / "last.log", "w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{' '.join(command)} failed:\n{(WORK / 'last.log').read_text()}")
    return seconds, usage.ru_maxrss / 1024


def heatdrift(
    name: str, images: int, threads: int, layers: str = "last", imported: bool | None = None,
    settings: dict[str, str] | None = None
) -> tuple[float, float, list[dict]]:
    """Seconds a photograph, peak MiB, rows: of FGSM, Grad-CAM and NISSIM without a control, or other `settings` of an experiment."""
    imported = name in IMPORTED if imported is None else imported
    settings = {"attack": f"{{method: fgsm, epsilons: {EPSILONS}}}", "control": "none"} | (settings or {})
    experiment = WORK / f"{name}.yaml"
    experiment.write_text(f"""title: Benchmark
data: {{source: orl, split: all, limit: {images}}}
models:
  - {{{described(name, imported)}, layers: [{layers}]}}
""" + "".join(f"{key}: {value}\n" for key, value in settings.items()))
    output = WORK / "output"
    subprocess.run(["rm", "-rf", str(output)], check=True)
    seconds, peak = run([str(HEATDRIFT), "run", str(experiment), "--output", str(output), "--threads", str(threads),
                         "--quiet"], dict(os.environ))
    with open(output / "results.csv") as file:
        rows = [row for row in csv.DictReader(file) if float(row["epsilon"]) > 0]
    return seconds / images, peak, rows


def peer(script: str, name: str, images: list[tuple[str, int]], threads: int, format: str) -> tuple[float, float, list[dict]]:
    output, task = WORK / "peer.json", WORK / "task.json"
    task.write_text(json.dumps({
        "name": name, "weights": str(WORK / f"{name}.safetensors"), "images": images, "epsilons": EPSILONS,
        "threads": threads, "output": str(output), "format": format}))
    environment = {key: value for key, value in os.environ.items() if key not in NOT_FOR_PEERS}
    _, peak = run([sys.executable, str(HERE / "peers" / script), str(task)], environment)
    result = json.loads(output.read_text())
    if result["compiling"]:
        print(f"{name:15} {script} compiled for {result['compiling']:.0f} s, which is not counted", flush=True)
    return result["seconds"] / len(images), peak, result["rows"]


def compare(name: str, script: str, ours: list[dict], theirs: list[dict]) -> str:
    """Stops unless both measured the same; says how far apart they are."""
    found = {(str(FACES / row["image"]), float(row["epsilon"])): row for row in ours}
    if len(found) != len(theirs):
        sys.exit(f"{name}: {script} has {len(theirs)} rows, Heatdrift {len(found)}")
    drift, flipped = {}, 0
    for row in theirs:
        own = found[(row["image"], row["epsilon"])]
        flipped += int(own["adversarial_prediction"]) != row["prediction"]
        drift.setdefault(row["epsilon"], []).append(float(own["nissim"]) - row["nissim"])
    worst = max(abs(statistics.fmean(values)) for values in drift.values())
    if worst > 0.02 or flipped > len(theirs) // 20:
        sys.exit(f"{name}: {script} and Heatdrift disagree: MOD by {worst:.4f}, {flipped} of {len(theirs)} predictions")
    return f"MOD within {worst:.1e}, {flipped} of {len(theirs)} predictions differ"


def faster_format(name: str, images: list[tuple[str, int]], threads: int) -> str:
    trials = {format: peer("tuned.py", name, images[:4], threads, format)[0]
              for format in ("channels_last", "contiguous_format")}
    return min(trials, key=trials.get)


@dataclass
class Outcome:
    name: str
    format: str
    timings: dict[str, Timing]
    agreement: dict[str, str]
    passes: dict


def measure(name: str, options: argparse.Namespace) -> Outcome:
    make_weights(name)
    _, _, rows = heatdrift(name, options.images, options.threads)
    images = list(dict.fromkeys((str(FACES / row["image"]), int(row["label"])) for row in rows))
    format = faster_format(name, images, options.threads)
    timings = {key: Timing() for key in options.peers if key != "as ONNX" or name in BUILT_IN}
    agreement = {}
    for round in range(options.rounds):
        for script in timings:
            if script in ("heatdrift", "as ONNX"):
                seconds, peak, rows = heatdrift(
                    name, options.images, options.threads, imported=True if script == "as ONNX" else None)
            elif script == "usual.py" and round > 0 and options.usual_once:
                continue
            else:
                # The usual stack is slow and its time does not depend on how many photographs there are.
                part = images[:options.usual_images] if script == "usual.py" else images
                seconds, peak, theirs = peer(script, name, part, options.threads, format)
                chosen = {path for path, _ in part}
                agreement[script] = compare(
                    name, script, [row for row in rows if str(FACES / row["image"]) in chosen], theirs)
            timings[script].seconds.append(seconds)
            timings[script].peak_mebibytes = max(timings[script].peak_mebibytes, peak)
            print(f"{name:15} round {round + 1} {script:10} {seconds:7.3f} s a photograph, {peak:6.0f} MiB", flush=True)
    passes = {}
    if name in BUILT_IN:
        passes = json.loads(subprocess.run(
            [str(PASSES), name, str(WORK / f"{name}.safetensors")], check=True, capture_output=True, text=True).stdout)
    return Outcome(name, format, timings, agreement, passes)


def rendering(rounds: int) -> tuple[float, float, float, int]:
    """Seconds of our pages as PDF (whole process), of all our files, of matplotlib's pages, and how many pages."""
    output = WORK / "orl"
    experiment = str(ROOT / "Experiments/orl.yaml")
    if not (output / "report.pdf").exists():
        run([str(HEATDRIFT), "run", experiment, "--output", str(output), "--quiet"], dict(os.environ))
    pdf, everything, peers = [], [], []
    for _ in range(rounds):
        render = [str(HEATDRIFT), "render", experiment, "--output", str(output)]
        pdf.append(run(render + ["--set", "report.formats=[pdf]"], dict(os.environ))[0])
        # The whole command of a user who runs the experiment again: nothing is left to compute.
        everything.append(run([str(HEATDRIFT), "run", experiment, "--output", str(output), "--quiet"],
                              dict(os.environ))[0])
        peers.append(float(subprocess.run(
            [sys.executable, str(HERE / "peers/pages.py"), str(output / "results.csv"), str(WORK / "pages.pdf")],
            check=True, capture_output=True, text=True).stdout))
    pages = len(list(output.glob("report-*.svg")))
    return statistics.median(pdf), statistics.median(everything), statistics.median(peers), pages


def start(rounds: int) -> float:
    return statistics.median(run([str(HEATDRIFT), "--help"], dict(os.environ))[0] for _ in range(2 * rounds + 1))


def start_and_rendering(options: argparse.Namespace) -> str:
    pdf, everything, peers, pages = rendering(options.rounds)
    return f"""## Start and rendering

`heatdrift --help`: {1000 * start(options.rounds):.0f} ms. The report on the ORL faces, {pages} pages: {pdf:.2f} s as PDF alone and
{everything:.2f} s for a second `run` with all its files (whole processes); matplotlib's PdfPages, eight such pages, without
imports: {peers:.2f} s, **{peers / pdf:.1f}** times ours."""


def every_layer(options: argparse.Namespace) -> list[list[str]]:
    """`layers: all` beside `last`, on as many photographs."""
    rows = []
    for name in [name for name in ("vgg16", "resnet50") if name in options.networks]:
        make_weights(name)
        times = {layers: [] for layers in ("last", "all")}
        peak = 0.0
        for _ in range(options.rounds):
            for layers in times:
                seconds, found, _ = heatdrift(name, options.images, options.threads, layers)
                times[layers].append(seconds)
                peak = max(peak, found)
        last, all_layers = (statistics.median(times[layers]) for layers in ("last", "all"))
        rows.append([name, f"{last:.3f}", f"{all_layers:.3f}", f"**{all_layers / last:.2f}**", f"{peak:.0f}"])
    return rows


COSTS = {
    "LayerCAM beside Grad-CAM": {"explain": "{methods: [grad-cam, layer-cam]}"},
    "HiResCAM beside Grad-CAM": {"explain": "{methods: [grad-cam, hires-cam]}"},
    "all six measures": {"compare": "{measures: [nissim, rank, top-k, centre, iou, magnitude]}"},
    "a control of every image": {"control": "all"},
    "noise in place of FGSM": {"attack": f"{{method: noise, epsilons: {EPSILONS}}}"},
    "PGD, 10 steps, in place of FGSM": {"attack": f"{{method: pgd, steps: 10, epsilons: {EPSILONS}}}"},
}


def costs(options: argparse.Namespace) -> str:
    """What more, or other, than FGSM, Grad-CAM and NISSIM costs on ResNet50, each beside the plain run in turns."""
    name, rows = "resnet50", []
    make_weights(name)
    for words, settings in COSTS.items():
        # Its 50 steps a photograph have a forward and a backward pass each.
        images = max(4, options.images // 8) if "PGD" in words else options.images
        plain, other = [], []
        for _ in range(options.rounds):
            plain.append(heatdrift(name, images, options.threads)[0])
            other.append(heatdrift(name, images, options.threads, settings=settings)[0])
        own, base = statistics.median(other), statistics.median(plain)
        rows.append([words, str(images), f"{base:.3f}", f"{own:.3f}", f"**{own / base:.2f}**"])
        print("  ".join(rows[-1]), flush=True)
    return table(["setting", "photographs", "plain", "with it", "ratio"], rows)


def scaling(options: argparse.Namespace) -> list[list[str]]:
    rows = []
    make_weights("resnet50")
    for threads in sorted({1, options.threads}):
        for images in (1, 16, 64):
            seconds, peak, _ = heatdrift("resnet50", images, threads)
            rows.append([str(threads), str(images), f"{seconds * images:.2f}", f"{1 / seconds:.2f}", f"{peak:.0f}"])
    return rows


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def versions() -> str:
    from importlib.metadata import version

    names = ["torch", "torchvision", "timm", "grad-cam", "torchattacks", "scikit-image"]
    return ", ".join(f"{name} {version(name).split('+')[0]}" for name in names)


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
                     + ["| " + " | ".join(row) + " |" for row in rows])


def report(outcomes: list[Outcome], options: argparse.Namespace) -> str:
    speed, memory, passes, agreement, forms = [], [], [], [], []

    def ratio(outcome: Outcome, key: str, digits: int) -> str:
        timing = outcome.timings.get(key)
        return f"**{timing.median / outcome.timings['heatdrift'].median:.{digits}f}**" if timing and timing.seconds else ""

    def median(outcome: Outcome, key: str) -> str:
        timing = outcome.timings.get(key)
        return f"{timing.median:.3f}" if timing and timing.seconds else ""

    def peak(outcome: Outcome, key: str) -> str:
        timing = outcome.timings.get(key)
        return f"{timing.peak_mebibytes:.0f}" if timing and timing.seconds else ""

    for outcome in outcomes:
        speed.append([outcome.name] + [median(outcome, key) for key in ("heatdrift", "tuned.py", "frozen.py", "usual.py")]
                     + [ratio(outcome, "tuned.py", 2), ratio(outcome, "frozen.py", 2), ratio(outcome, "usual.py", 1)])
        weights = (WORK / f"{outcome.name}.safetensors").stat().st_size / 2**20
        memory.append([outcome.name, f"{weights:.0f}", peak(outcome, "heatdrift"), f"{1.5 * weights + 400:.0f}"]
                      + [peak(outcome, key) for key in ("tuned.py", "frozen.py", "usual.py")])
        if outcome.name in BUILT_IN and median(outcome, "as ONNX"):
            forms.append([outcome.name, median(outcome, "heatdrift"), median(outcome, "as ONNX"), ratio(outcome, "as ONNX", 2)])
        if outcome.passes:
            found = outcome.passes
            passes.append(
                [outcome.name] + [f"{found[key]['gigaflops_per_second']:.0f} ({100 * found[key]['share_of_peak']:.0f}%)"
                                  for key in ("forward", "forward_batch", "input_gradient")]
                + [f"{found['peak_gigaflops_per_second']:.0f}"])
        for script, words in outcome.agreement.items():
            agreement.append([outcome.name, script, words, "" if script == "usual.py" else outcome.format])
    rounds = "one round" if options.rounds == 1 else f"{options.rounds} rounds, medians,"
    return f"""# Results of the benchmarks

Written by `Benchmarks/run.sh` on {datetime.date.today().isoformat()}. {processor()}, {options.threads} threads;
{versions()}; {options.images} photographs ({options.usual_images} for the usual stack), {rounds} in turns.
Seconds per photograph for the clean image and {len(EPSILONS)} attack levels, heatmaps of the last layer, the same work for all. Heatdrift:
the whole process, with loading and report; the peers: the work alone. Frozen: as tuned, the attacked images by torch.compile with
inductor's freezing, whose compiling is not counted. {", ".join(IMPORTED)} are given to Heatdrift as ONNX files.

{table(["network", "Heatdrift, s", "tuned PyTorch, s", "frozen, s", "usual stack, s", "tuned / ours", "frozen / ours", "usual / ours"], speed)}

The five architectures as ONNX files (PyTorch's older exporter), seconds:

{table(["network", "architecture", "ONNX file", "file / architecture"], forms)}

Peak resident memory of the whole process, MiB:

{table(["network", "weights file", "Heatdrift", "limit: 1.5 weights + 400", "tuned PyTorch", "frozen", "usual stack"], memory)}

Inside the network, one thread, GFLOP/s (2 x multiply-adds of the direct convolution; share of the peak measured by fused
multiply-adds in registers, which Winograd's convolution, where it serves, passes by needing fewer):

{table(["network", "forward", "forward, batch of the attacked", "backward to the input", "peak"], passes)}

Agreement, checked before any time is printed:

{table(["network", "peer", "differences", "memory format"], agreement)}

## Every layer at once

Seconds per photograph, whole process, {options.images} photographs:

{table(["network", "last", "all", "all / last", "peak, MiB"], every_layer(options))}

## What more costs

ResNet50, seconds per photograph, whole process, beside FGSM, Grad-CAM and NISSIM:

{costs(options)}

## Threads and photographs

ResNet50, whole process:

{table(["threads", "photographs", "seconds", "photographs a second", "peak, MiB"], scaling(options))}

{start_and_rendering(options)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--quick", action="store_true", help="ResNet50, 16 photographs, one round, without the usual stack")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--usual-images", type=int, default=4)
    parser.add_argument("--usual-once", action="store_true", help="measure the usual stack in the first round only")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--no-report", action="store_true", help="print times only; leave RESULTS.md as it is")
    parser.add_argument("--costs", action="store_true", help="only what other settings cost, printed")
    options = parser.parse_args()
    if options.quick:
        options.networks, options.images, options.rounds, options.no_report = ["resnet50"], 16, 1, True
        options.peers = ["heatdrift", "tuned.py", "frozen.py"]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    WORK.mkdir(exist_ok=True)
    if options.costs:
        print(costs(options))
        return
    outcomes = [measure(name, options) for name in options.networks]
    if options.no_report:
        for outcome in outcomes:
            own = outcome.timings["heatdrift"].median
            for script, timing in outcome.timings.items():
                if timing.seconds:
                    words = outcome.agreement.get(script)
                    print(f"{outcome.name:15} {script:10} {timing.median:.3f} s, {timing.median / own:.2f} of ours"
                          + (f"; {words}" if words else ""))
        return
    text = report(outcomes, options)
    print(text)
    (HERE / "RESULTS.md").write_text(text)


if __name__ == "__main__":
    main()
