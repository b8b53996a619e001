#!/usr/bin/env python3
"""Writes Sources/CResources/Files/imagenet-classes.tsv: the 1,000 classes of ImageNet in the order of the networks' outputs.

    python3 Scripts/classes/imagenet.py

Three columns: the WordNet number by which the dataset's folders are called (from timm), torchvision's name, timm's. Needs torchvision 0.29.2
and timm 1.0.31; stops where the two do not speak of the same classes.
"""

from pathlib import Path

from timm.data import ImageNetInfo
from torchvision.models import ResNet50_Weights

FILE = Path(__file__).resolve().parents[2] / "Sources/CResources/Files/imagenet-classes.tsv"


def main() -> None:
    info = ImageNetInfo("imagenet-1k")
    numbers, names = info.label_names(), ResNet50_Weights.DEFAULT.meta["categories"]
    assert len(numbers) == len(names) == 1000 and numbers == sorted(numbers)
    lines = []
    for index, (number, name) in enumerate(zip(numbers, names)):
        long = info.index_to_description(index)
        lines.append(f"{number}\t{name}\t{long}\n")
    FILE.write_text("".join(lines))


if __name__ == "__main__":
    main()
