#!/usr/bin/env python3
"""Weights files as PyTorch and NumPy write them, and what is in them, for the tests of the readers.

    python3 weights_files.py ../../Tests/WeightsTests/Fixtures

Each file is written by the library itself, read back by it, and its tensors are listed in `pytorch.json`: by name the
type, the shape and the values in row-major order. Needs torch and NumPy.
"""

import argparse
import datetime
import json
import pickle
import sys
from collections import OrderedDict, defaultdict
from pathlib import Path, PurePosixPath

import numpy as np
import torch


def plain() -> OrderedDict:
    """Every type; shared, strided, expanded and offset storages; a scalar and an empty tensor."""
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
    return OrderedDict([
        ("conv.weight", base),
        ("transposed", base.t()),
        ("columns", base[1:, 2:5:2]),
        ("offset", base.reshape(-1)[5:9]),
        ("expanded", base[:1].expand(3, 6)),
        ("double", torch.tensor([1 / 3, 1e-300, -2.5], dtype=torch.float64)),
        ("half", torch.tensor([1, 65504, 6e-8, -0.0, float("inf")], dtype=torch.float16)),
        ("brain", torch.tensor([[1.5, -3], [1e30, 0.1]], dtype=torch.bfloat16)),
        ("bn.num_batches_tracked", torch.tensor(17)),
        ("bytes", torch.tensor([0, 255], dtype=torch.uint8)),
        ("flags", torch.tensor([True, False, True])),
        ("scalar", torch.tensor(2.5)),
        ("empty", torch.zeros(0, 3)),
        ("parameter", torch.nn.Parameter(torch.tensor([7.0, 8.0]))),
    ])


def arrays() -> dict:
    base = np.arange(12, dtype="<f4").reshape(3, 4) / 4 - 1
    return {
        "conv1.weight": base, "fortran": np.asfortranarray(base), "double": np.array([1 / 3, -1e-300]),
        "big": np.array([1.5, -2.25], dtype=">f4"), "half": np.array([1, 65504], dtype="f2"),
        "counter": np.array(3, dtype="i8"), "number": np.float32(0.25), "empty": np.zeros((0, 2), dtype="f4"),
    }


class Marked(torch.Tensor):
    """A tensor of a class that nobody else knows."""


def training(network: torch.nn.Module, trained: dict) -> dict:
    """A checkpoint as training scripts leave it: two networks of one shape, and every kind of value beside them."""
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, milestones=[3, 7])
    average = {f"module.{name}": value + 1 if value.is_floating_point() else value for name, value in trained.items()}
    return {
        "epoch": 3, "best": np.float64(0.75), "model": trained, "ema": average, "optimizer": optimiser.state_dict(),
        "scheduler": schedule.state_dict(), "args": argparse.Namespace(lr=0.1, out=PurePosixPath("runs/1")),
        "when": datetime.datetime(2026, 1, 2, 3, 4), "counts": defaultdict(int, {"a": 1}), "seen": {1, 2},
        "frozen": frozenset([3]), "size": torch.Size([1, 2]), "types": [torch.float16, torch.qint8, torch.complex128],
        "device": torch.device("cpu"), "layout": torch.strided, "scheme": torch.per_tensor_affine, "number": 1 + 2j,
        "bytes": b"\x00\xff", "buffer": bytearray(b"ab"), "large": 1 << 80,
        "names": np.array(["a", "b"]), "range": range(3), "nothing": None, "storage": torch.zeros(2).untyped_storage(),
    }


def kinds() -> OrderedDict:
    """Tensors of every kind that PyTorch has a function for in a pickle."""
    plain = torch.tensor([1.0, 2.0])
    marked = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    marked.note = "an attribute"
    return OrderedDict([
        ("plain", plain), ("attributes", marked), ("short", torch.tensor([1, 65535], dtype=torch.uint16)),
        ("eighth", torch.tensor([1.0, -2.0]).to(torch.float8_e4m3fn)), ("buffer", torch.nn.Buffer(torch.tensor([5.0]))),
        ("complex", torch.tensor([1 + 2j])), ("double complex", torch.tensor([1j], dtype=torch.complex128)),
        ("conjugated", torch.tensor([1 + 2j]).conj()),
        ("quantised", torch.quantize_per_tensor(plain, 0.5, 0, torch.qint8)),
        ("sparse", plain.to_sparse()), ("meta", torch.empty(2, device="meta")),
        ("marked", plain.as_subclass(Marked)),
    ])


def listed(state: dict) -> dict:
    """What the tests compare with; 16-bit and 64-bit values as the nearest Float32 prints them."""
    entries = {}
    for name, value in state.items():
        value = torch.as_tensor(np.ascontiguousarray(value).astype(np.asarray(value).dtype.newbyteorder("="))) \
            if isinstance(value, (np.ndarray, np.generic)) else value.detach()
        types = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
                 torch.int64: "I64", torch.uint8: "U8", torch.bool: "BOOL"}
        shape = list(state[name].shape)
        values = [repr(v) if np.isinf(v) else v for v in value.reshape(-1).double().float().tolist()]
        entries[name] = {"type": types[value.dtype], "shape": shape, "values": values}
    return entries


def main() -> int:
    folder = Path(sys.argv[1])
    state, network = plain(), torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), torch.nn.BatchNorm2d(2))
    with torch.no_grad():
        for index, parameter in enumerate(network.parameters()):
            parameter.copy_(torch.arange(parameter.numel()).reshape(parameter.shape) / 4 + index)
    trained = network.state_dict()
    optimiser = torch.optim.Adam(network.parameters())
    files = {}

    def save(name: str, content, expected: dict, **options):
        torch.save(content, folder / name, **options)
        files[name] = listed(expected)

    old = {"_use_new_zipfile_serialization": False}
    save("zip.pth", state, state)
    save("legacy.pth", state, state, **old)
    save("protocol4.pt", state, state, pickle_protocol=4)
    save("nested.pth", {"epoch": 12, "best": 0.75, "state_dict": {f"module.{k}": v for k, v in trained.items()},
                        "optimizer": optimiser.state_dict()}, trained)
    save("nested-legacy.bin", {"model_state_dict": OrderedDict((f"module.model.{k}", v) for k, v in trained.items())},
         trained, **old)
    for name, options in {"training.pth": {}, "training1.pt": {"pickle_protocol": 1}, "training5.pt":
                          {"pickle_protocol": 5}, "training-legacy.bin": old,
                          "training-legacy1.bin": {**old, "pickle_protocol": 1}}.items():
        save(name, training(network, trained), trained, **options)
    torch.save(kinds(), folder / "kinds.pth")
    for protocol in (0, 2, 4, 5):
        (folder / f"arrays{protocol}.pkl").write_bytes(pickle.dumps(arrays(), protocol=protocol))
        files[f"arrays{protocol}.pkl"] = listed(arrays())
    # As Python 2 and NumPy before 1.26 write it: texts are bytes, modules have their old names. Their Pickler is not
    # at hand, so the opcodes are put together here; NumPy reads it back below.
    rows = np.arange(6, dtype="<f4").reshape(2, 3)
    text = rows.tobytes()
    (folder / "python2.pkl").write_bytes(
        b"\x80\x02}q\x01U\x0cconv1.weightq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04"
        b"K\x00\x85q\x05U\x01bq\x06\x87q\x07Rq\x08(K\x01K\x02K\x03\x86q\x09cnumpy\ndtype\nq\x0aU\x02f4q\x0bK\x00K\x01"
        b"\x87q\x0cRq\x0d(K\x03U\x01<q\x0eNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0fb\x89"
        + b"T" + len(text).to_bytes(4, "little") + text + b"q\x10tq\x11bs.")
    assert np.array_equal(pickle.loads((folder / "python2.pkl").read_bytes(), encoding="latin1")["conv1.weight"], rows)
    files["python2.pkl"] = listed({"conv1.weight": rows})
    lines = (f"{json.dumps(name)}: {json.dumps(entries, separators=(',', ':'))}" for name, entries in files.items())
    (folder / "pytorch.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    for name in files:
        print(name, (folder / name).stat().st_size, "bytes,", len(files[name]), "tensors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
