"""Writes a network's seeded weights under torchvision's or timm's names: make_weights.py NETWORK FILE"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from task import KINDS

name, path = sys.argv[1], Path(sys.argv[2])
torch.manual_seed(7)
state = KINDS[name].bare(name).state_dict()
partial = path.with_suffix(".partial")
save_file({key: value.contiguous() for key, value in state.items()}, partial)
partial.rename(path)
