#!/usr/bin/env python3
"""A miniature of VGGFace2, for trying the tutorial without 40 GB: 40 identities, 10 images of each, five checkpoints.

    python3 Scripts/make-miniature-vggface2.py FOLDER

Makes FOLDER/VGGFace2 with the folders, lists and quirks of the distributed dataset, from the ORL faces as JPEG, and
FOLDER/checkpoints with the demo models as PyTorch saves them (`torch.save`; one nested in a training script's dictionary
with the prefix `module.`, one of the format from before PyTorch 1.6). Needs Python alone and `cjpeg`.
"""

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import types
import zipfile
from collections import OrderedDict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FACES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heatdrift/orl"
# Eyes, nose and corners of the mouth in the 92 x 112 photographs, by and large.
LANDMARKS = [(28.5, 46.0), (63.5, 46.0), (46.0, 68.0), (31.5, 88.0), (60.5, 88.0)]


def make_faces(folder: Path) -> None:
    people = sorted((path for path in FACES.iterdir() if path.is_dir()), key=lambda path: path.name.encode())
    landmarks = ["NAME_ID,P1X,P1Y,P2X,P2Y,P3X,P3Y,P4X,P4Y,P5X,P5Y"]
    boxes = ["NAME_ID,X,Y,W,H"]
    meta = ["Class_ID, Name, Sample_Num, Flag, Gender"]
    for number, person in enumerate(people, start=2):
        identity = f"n{number:06}"
        own = folder / "train" / identity
        own.mkdir(parents=True, exist_ok=True)
        meta.append(f'{identity}, "ORL_{person.name}", 10, 1, m')
        for image in range(1, 11):
            name = f"{image:04}_01"
            jpeg = subprocess.run(["cjpeg", "-quality", "95", "-grayscale", str(person / f"{image}.pgm")], check=True,
                                  capture_output=True).stdout
            (own / f"{name}.jpg").write_bytes(jpeg)
            if (number, image) == (5, 3):
                continue  # the distributed lists lack some images as well
            points = ",".join(f"{x + (image % 3) - 1:g},{y + (image % 2):g}" for x, y in LANDMARKS)
            landmarks.append(f'"{identity}/{name}",{points}')
            boxes.append(f'"{identity}/{name}",12,20,68,84')
    (folder / "bb_landmark").mkdir(exist_ok=True)
    (folder / "test").mkdir(exist_ok=True)
    (folder / "bb_landmark/loose_landmark_train.csv").write_text("\n".join(landmarks) + "\n")
    (folder / "bb_landmark/loose_bb_train.csv").write_text("\n".join(boxes) + "\n")
    (folder / "identity_meta.csv").write_text("\n".join(meta) + "\n")


class Storage:
    """Stands for a tensor's storage in the pickle; `persistent_id` says what PyTorch would."""

    def __init__(self, key: str, count: int):
        self.key, self.count = key, count


class Tensor:
    def __init__(self, storage: Storage, shape: list[int]):
        self.storage, self.shape = storage, shape

    def __reduce__(self):
        strides, step = [], 1
        for extent in reversed(self.shape):
            strides.insert(0, step)
            step *= extent
        return (sys.modules["torch._utils"]._rebuild_tensor_v2,
                (self.storage, 0, tuple(self.shape), tuple(strides), False, OrderedDict()))


def pretend_torch() -> None:
    """Names under which the pickle must refer to PyTorch's functions and classes."""
    def _rebuild_tensor_v2(*_):
        raise NotImplementedError

    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    torch.HalfStorage = type("HalfStorage", (), {"__module__": "torch", "__qualname__": "HalfStorage"})
    sys.modules.update({"torch": torch, "torch._utils": utils})


class Pickler(pickle.Pickler):
    legacy = False

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        kind = sys.modules["torch"].HalfStorage
        extra = (None,) if self.legacy else ()
        return ("storage", kind, value.key, "cpu", value.count, *extra)


def state_dictionary(path: Path, prefix: str) -> tuple[OrderedDict, list[tuple[str, bytes]]]:
    """The demo models are F16 throughout."""
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    state, storages = OrderedDict(), []
    for key, (name, entry) in enumerate(header.items()):
        start, end = entry["data_offsets"]
        storages.append((str(key), content[8 + length + start:8 + length + end]))
        state[prefix + name] = Tensor(Storage(str(key), (end - start) // 2), entry["shape"])
    return state, storages


def pickled(value, legacy: bool) -> bytes:
    buffer = io.BytesIO()
    pickler = Pickler(buffer, protocol=2)
    pickler.legacy = legacy
    pickler.dump(value)
    return buffer.getvalue()


def save_zip(value, storages, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickled(value, legacy=False))
        archive.writestr("archive/byteorder", "little")
        for key, data in storages:
            archive.writestr(f"archive/data/{key}", data)
        archive.writestr("archive/version", "3\n")


def save_legacy(value, storages, path: Path) -> None:
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    parts = [pickled(0x1950A86A20F9469CFC6C, True), pickled(1001, True), pickled(system, True), pickled(value, True),
             pickled([key for key, _ in storages], True)]
    for _, data in storages:
        parts += [struct.pack("<q", len(data) // 2), data]
    path.write_bytes(b"".join(parts))


def make_checkpoints(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pretend_torch()
    for name in ["vgg16", "resnet50", "resnet101", "inception_v3", "xception"]:
        prefix = "module." if name == "resnet50" else ""
        state, storages = state_dictionary(ROOT / f"Models/{name}.safetensors", prefix)
        if name == "resnet50":
            state = {"epoch": 12, "state_dict": state}
        (save_legacy if name == "xception" else save_zip)(state, storages, folder / f"{name}.pth")


def main() -> None:
    folder = Path(sys.argv[1])
    make_faces(folder / "VGGFace2")
    make_checkpoints(folder / "checkpoints")


if __name__ == "__main__":
    main()
