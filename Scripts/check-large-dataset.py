#!/usr/bin/env python3
"""Whether the time and memory of listing a large VGGFace2 stay in proportion.

    python3 Scripts/check-large-dataset.py [--identities 1000] [--images 100]

Generates trees of small files (hard links to one JPEG an identity) with their lists of landmarks, in a temporary folder, and runs a
narrow ResNet50 on 20 images of each: what grows with the tree is listing alone.
"""

import argparse
import json
import os
import random
import struct
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEATDRIFT = ROOT / ".build/release/heatdrift"
FACES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heatdrift/orl"


def make_tree(folder: Path, identities: int, images: int) -> None:
    jpeg = subprocess.run(["cjpeg", "-grayscale", str(FACES / "s1/1.pgm")], check=True, capture_output=True).stdout
    folder.mkdir()
    (folder / "bb_landmark").mkdir()
    with open(folder / "bb_landmark/loose_landmark_train.csv", "w") as lists:
        lists.write("NAME_ID,P1X,P1Y,P2X,P2Y,P3X,P3Y,P4X,P4Y,P5X,P5Y\n")
        for identity in range(identities):
            own = folder / f"train/n{identity:06}"
            own.mkdir(parents=True)
            first = own / "0000_01.jpg"
            first.write_bytes(jpeg)
            for image in range(images):
                if image > 0:
                    os.link(first, own / f"{image:04}_01.jpg")
                lists.write(f'"n{identity:06}/{image:04}_01",28.5,46,63.5,46,46,68,31.5,88,60.5,88\n')


def widen(path: Path, classes: int) -> None:
    """The demo ResNet50 with so many classes; the new weights are random."""
    content = (ROOT / "Models/resnet50.safetensors").read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    generator = random.Random(7)
    tensors, offset, parts = {}, 0, []
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        data, shape = content[8 + length + start:8 + length + end], entry["shape"]
        if name.startswith("fc."):
            shape = [classes, *shape[1:]]
            count = classes * (shape[1] if len(shape) > 1 else 1)
            data = struct.pack(f"<{count}e", *(generator.uniform(-0.05, 0.05) for _ in range(count)))
        tensors[name] = {"dtype": entry["dtype"], "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        parts.append(data)
    text = json.dumps(tensors).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def measure(folder: Path, identities: int, images: int) -> None:
    make_tree(folder, identities, images)
    widen(folder / "wide.safetensors", max(identities, 40))
    experiment = folder / "large.yaml"
    experiment.write_text("""title: Large
data: {source: vggface2, root: ., limit: 20}
models: [{architecture: resnet50, width: 0.25, weights: wide.safetensors}]
attack: {epsilons: [0.02]}
report: {formats: [pdf]}
""")
    start = time.perf_counter()
    process = subprocess.Popen([HEATDRIFT, "run", experiment, "--output", folder / "out", "--quiet", "--threads", "1"],
                               stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    assert status == 0, "heatdrift failed"
    print(f"| {identities * images:,} | {identities:,} | {seconds:.2f} | {usage.ru_maxrss / 1024:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identities", type=int, default=1000)
    parser.add_argument("--images", type=int, default=100)
    options = parser.parse_args()
    print("| files | identities | seconds | peak memory, MiB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for share in (100, 10, 2, 1):
            measure(Path(folder) / str(share), max(10, options.identities // share), options.images)


if __name__ == "__main__":
    main()
