#!/usr/bin/env python3
"""What large runs cost when there is nothing to compute: seconds, memory, bytes written, the report's size.

    python3 Benchmarks/scale.py [--images 2000 20000 200000] [--models 5] [--levels 5] [--keep FOLDER]

For each number of images makes that many tiny pictures (24 x 24, noise, 40 classes) and an experiment of a narrow VGG16 at
32 x 32, as often as there are models, each with another normalisation. The smallest size is computed (`run`), the others' stores
are filled with made-up results through the store's own code (`store-benchmark`). Then `run` again, `run --dry-run`, `render`,
`verify`, `store check`, `store export`, `compare` and `diff` are measured, and a table is printed; Benchmarks/SCALE.md holds what it found. With --keep pictures and
stores stay in a folder and are used again.

Needs Linux, Python alone, and builds: `swift build -c release`.
"""

import argparse
import filecmp
import os
import platform
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ROOT / ".build/release"
CLASSES = 40
# 0.005 apart: as many as are asked for.
LEVELS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25]


class Measured:
    """What a process took."""

    def __init__(self, arguments, output=subprocess.DEVNULL):
        written = io_written()
        start = time.perf_counter()
        process = subprocess.Popen([str(a) for a in arguments], stdout=output, stderr=subprocess.PIPE)
        errors = process.stderr.read().decode()
        # Only /proc has the bytes, and only until the process is waited for.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.written = io_written(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.perf_counter() - start
        self.processor = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss * 1024
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, arguments))} failed ({process.returncode}):\n{errors}")


def io_written(pid="self"):
    """Bytes that a process, or one that was not waited for yet, handed to the system's write calls."""
    try:
        for line in Path(f"/proc/{pid}/io").read_text().splitlines():
            if line.startswith("wchar:"):
                return int(line.split()[1])
    except OSError:
        pass
    return None


def make_images(folder: Path, count: int) -> None:
    noise = random.Random(7)
    for label in range(CLASSES):
        (folder / f"class-{label:02}").mkdir(parents=True, exist_ok=True)
    for index in range(count):
        path = folder / f"class-{index % CLASSES:02}/{index // CLASSES:06}.pgm"
        path.write_bytes(b"P5\n24 24\n255\n" + noise.randbytes(24 * 24))


def experiment(images: int, models: int, levels: int, side: int) -> str:
    weights = ROOT / "Models/vgg16.safetensors"
    lines = [f"title: {images} images", "data: {source: folder, root: images}", "models:"]
    for index in range(models):
        lines.append(
            f"  - {{architecture: vgg16, width: 0.25, name: Network {index + 1}, "
            f"weights: {weights}, input: {{size: {side}, mean: [0.485, 0.456, 0.4{index + 1}]}}}}")
    lines += [f"attack: {{epsilons: {LEVELS[:levels]}}}", "report: {formats: [pdf]}"]
    return "\n".join(lines) + "\n"


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def measure(folder: Path, images: int, models: int, levels: int, side: int, is_computed: bool, skipped, shards) -> list:
    folder.mkdir(parents=True, exist_ok=True)
    heatdrift, output, file = PROGRAMS / "heatdrift", folder / "out", folder / "scale.yaml"
    file.write_text(experiment(images, models, levels, side))
    if not (folder / "images").exists():
        make_images(folder / "images", images)
    rows = []

    def row(name, measured):
        rows.append((images, name, measured, size(output / "results.sqlite"), size(output / "report.pdf")))
        print(line(rows[-1]), flush=True)

    run = [heatdrift, "run", file, "--output", output, "--quiet"]
    if not (output / "results.sqlite").exists():
        if is_computed:
            row("run", Measured(run))
        else:
            row("store filled", Measured([PROGRAMS / "store-benchmark", file, output]))
    if not is_computed:
        row("first report", Measured(run))
    row("second run", Measured(run))
    row("dry run", Measured([*run, "--dry-run"]))
    row("render", Measured([heatdrift, "render", output]))
    for name, arguments in [("verify", ["verify", output, "--experiment", file]), ("store check", ["store", "check", output])]:
        if name not in skipped:
            row(name, Measured([heatdrift, *arguments]))
    if shards and not is_computed:
        parts, merged = folder / f"shards-{shards}", folder / "merged"
        if not parts.exists():
            Measured([PROGRAMS / "store-benchmark", file, parts, shards])
        shutil.rmtree(merged, ignore_errors=True)
        merge = [heatdrift, "merge", file, parts, "--output", merged, "--quiet"]
        row(f"merge of {shards} shards, with the report", Measured(merge))
        row("merge once more", Measured(merge))
        for name in ["results.csv", "report.pdf"]:
            if not filecmp.cmp(output / name, merged / name, shallow=False):
                raise SystemExit(f"the merged {name} is another than that of one run")
    with open("/dev/null", "wb") as nothing:
        row("store export", Measured([heatdrift, "store", "export", output], nothing))
    if "compare" not in skipped:
        # The same run once more: twice as many models, and every row to be held to another.
        again = folder / "again"
        if not again.exists():
            shutil.copytree(output, again)
        row("compare with a copy", Measured([heatdrift, "compare", output, again, "--output", folder / "both",
                                             "--set", "report.formats=[pdf]", "--quiet"]))
        row("diff", Measured([heatdrift, "diff", output, again]))
        row("diff of four", Measured([heatdrift, "diff", output, again, output, again]))
    return rows


def line(row) -> str:
    images, name, measured, store, pdf = row
    written = "" if measured.written is None else f"{measured.written / 1e6:,.1f}"
    return (f"| {images:,} | {name} | {measured.seconds:.1f} | {measured.processor:.1f} | {measured.memory / 1e6:,.0f} | {written} "
            f"| {store / 1e6:,.1f} | {pdf / 1e6:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[2000, 20000, 200000])
    parser.add_argument("--models", type=int, default=5)
    parser.add_argument("--levels", type=int, default=5)
    parser.add_argument("--side", type=int, default=32, help="of the networks' inputs")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--skip", nargs="*", default=[], help="verify, store check, compare")
    parser.add_argument("--shards", type=int, help="merge so many stores too")
    parser.add_argument("--table", type=Path, help="written to; the table is printed in any case")
    options = parser.parse_args()
    head = "| images | what | seconds | processor seconds | memory, MB | written, MB | store, MB | PDF, MB |\n|---|---|---|---|---|---|---|---|"
    print(head)
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        for images in options.images:
            folder = (options.keep or Path(temporary)) / f"{images}-{options.models}-{options.levels}-{options.side}"
            rows += measure(folder.resolve(), images, options.models, options.levels, options.side,
                            images == min(options.images) and images <= 2000, options.skip, options.shards)
    processor = next((text.split(":")[1].strip() for text in Path("/proc/cpuinfo").read_text().splitlines()
                      if text.startswith("model name")), platform.machine())
    if options.table is None:
        return
    options.table.write_text(f"""# What large runs cost

`Benchmarks/scale.py`: {options.models} networks, {options.levels} attack levels and the control, images of 24 x 24 at an input of {options.side} x {options.side}, on
{len(os.sched_getaffinity(0))} cores ({processor}). Stores of more than 2,000 images were filled with made-up results. Memory is the greatest
resident size; what was written is what was handed to the system's write calls.

{head}
""" + "".join(line(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
