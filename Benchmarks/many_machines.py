#!/usr/bin/env python3
"""How long a large experiment takes on many machines: measured here, checked with few processes, and put together on paper.

    Benchmarks/many_machines.py [--images 400] [--merge SECONDS] [--report SECONDS]

1. One process with one thread measures the faces of the ORL collection with two small networks: seconds to its first image,
   and seconds and bytes an image.
2. The same in 2 and in 4 processes, one thread each, as shards: what was predicted of 1, and what was measured.
3. The same with files as slow to reach as a server's (`slow_files.c`).
4. From that and `RESULTS.md` (seconds a photograph and memory of the full networks): 330,000 images and five networks on 1, 16, 64
   and 512 cores. --merge and --report are what `scale.py --shards 64 --images 320000` measured, for which it needs an hour.

Needs Linux, a C compiler, Python alone, the faces (`heatdrift data fetch orl`), and builds: `swift build -c release`.
"""

import argparse
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEATDRIFT = ROOT / ".build/release/heatdrift"
MODELS = ["vgg16", "resnet50"]
CORES = [1, 16, 64, 512]
PAPER_IMAGES = 330_000
# Bytes of a photograph of VGGFace2, and what a file server gives all machines together, bytes a second: assumed, not measured.
PHOTOGRAPH, SERVER = 30e3, 1e9


def experiment(images: int) -> str:
    models = "\n".join(f"  - {{architecture: {name}, width: 0.25, weights: {ROOT}/Models/{name}.safetensors}}" for name in MODELS)
    return (f"title: Faces\nseed: 7\ndata: {{source: orl, split: all, limit: {images}}}\nmodels:\n{models}\n"
            "input: {mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}\n"
            "attack: {epsilons: [1/255, 2/255, 4/255, 8/255, 16/255]}\nreport: {formats: [pdf], keep-pictures: never}\n")


def start(arguments, environment=None):
    return subprocess.Popen([str(HEATDRIFT), *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, **(environment or {})})


def finish(processes) -> None:
    for process in processes:
        errors = process.communicate()[1]
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(process.args)} failed ({process.returncode}):\n{errors}")


def timed(calls, environment=None) -> float:
    began = time.perf_counter()
    finish([start(call, environment) for call in calls])
    return time.perf_counter() - began


def shards(file: Path, folder: Path, count: int, environment=None) -> float:
    shutil.rmtree(folder, ignore_errors=True)
    return timed([["run", file, "--shard", f"{k + 1}/{count}", "--output", folder / str(k), "--threads", "1", "--quiet"]
                  for k in range(count)], environment)


def column(path: Path, head: str, place: int) -> dict:
    """Numbers of a table in Markdown, by the first column; `head` is the beginning of its first line."""
    lines = path.read_text().splitlines()
    begin = next(index for index, line in enumerate(lines) if line.startswith(head))
    found = {}
    for line in lines[begin + 2:]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        found[cells[0]] = float(re.sub(r"[^0-9.]", "", cells[place]))
    return found


def hours(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds / 60:,.1f} min" if seconds >= 60 else f"{seconds:.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--merge", type=float, default=60, help="seconds, of 64 stores of 5,000 images and five networks")
    parser.add_argument("--report", type=float, default=240, help="seconds, of the first report on them")
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file, few = folder / "faces.yaml", folder / "few.yaml"
        file.write_text(experiment(options.images))
        few.write_text(experiment(40))
        # One thread on images of two sizes: what does not depend on their number comes out.
        small, large = shards(few, folder / "few", 1), shards(file, folder / "one", 1)
        image = (large - small) / (options.images - 40)
        begin = small - 40 * image
        stores = [os.path.getsize(folder / name / "0/results.sqlite") for name in ["few", "one"]]
        size = (stores[1] - stores[0]) / (options.images - 40) / len(MODELS)
        print(f"one process: {begin:.2f} s to begin and end, {1000 * image:.1f} ms an image of {len(MODELS)} small networks, "
              f"{size / 1000:.2f} KB an image and network in the store\n")
        print("| processes | predicted, s | measured, s | measured / predicted |\n|---|---|---|---|")
        for count in [2, 4]:
            measured = shards(file, folder / str(count), count)
            # Where there are more processes than cores, each gets a share of one.
            predicted = max(1, count / cores) * begin + options.images * image / min(count, cores)
            print(f"| {count} | {predicted:.1f} | {measured:.1f} | {measured / predicted:.2f} |", flush=True)
        began = time.perf_counter()
        finish([start(["merge", file, folder / "4", "--output", folder / "merged", "--quiet"])])
        print(f"\nmerge of 4 shards with the report: {time.perf_counter() - began:.1f} s\n")

        library = folder / "slow_files.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, ROOT / "Benchmarks/slow_files.c", "-ldl"], check=True)
        print("| each call to the file server, ms | 1 process, s | of it more, ms an image |\n|---|---|---|")
        plain = None
        for delay in [0, 1, 5]:
            seconds = shards(file, folder / f"slow-{delay}", 1, {"SLOW_FILES": str(1000 * delay), "LD_PRELOAD": str(library)})
            plain = plain or seconds
            print(f"| {delay} | {seconds:.1f} | {1000 * (seconds - plain) / options.images:.2f} |", flush=True)

    # Seconds of a whole process on two cores, so twice as many of one.
    rates = {name: 2 * seconds for name, seconds in column(ROOT / "Benchmarks/RESULTS.md", "| network | Heatdrift, s", 1).items()}
    memory = max(column(ROOT / "Benchmarks/RESULTS.md", "| network | weights file", 2).values())
    total = sum(rates.values())
    print(f"\n{PAPER_IMAGES:,} images, {', '.join(rates)}, five levels: {total:.2f} core seconds an image\n")
    print("| cores | measuring | of it waiting for the largest shard | finding its images, each machine by itself | the same with a plan "
          "made once | merge | report | in all | a core's share of it, % | stores, GB | memory of a machine of 16 cores, GiB |\n"
          "|---|---|---|---|---|---|---|---|---|---|---|")
    for count in CORES:
        own = PAPER_IMAGES / count
        # The largest of so many binomial shares lies some three standard deviations above their mean.
        excess = 0 if count == 1 else 3 * own ** 0.5 * total
        measuring = own * total + excess
        reading = PAPER_IMAGES * PHOTOGRAPH / SERVER
        machines = max(1, count / 16)
        merge = options.merge if count > 1 else 0
        whole = measuring + reading + merge + options.report
        print(f"| {count} | {hours(measuring)} | {hours(excess)} | {hours(machines * reading)} | {hours(reading)} | {hours(merge)} "
              f"| {hours(options.report)} | {hours(whole)} | {100 * own * total / whole:.0f} "
              f"| {PAPER_IMAGES * len(rates) * size / 1e9:.1f} | {memory * min(16, count) / 1024:.0f} at most |")


if __name__ == "__main__":
    main()
