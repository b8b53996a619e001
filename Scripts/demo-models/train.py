#!/usr/bin/env python3
"""Trains the demo models: the five architectures at width 0.25, on the training split of the ORL faces.

    python3 train.py                    every model that Models/ does not hold yet
    python3 train.py --only resnet50    one of them
    python3 train.py --only resnet50 --again

A run that was interrupted goes on from its last epoch. Writes Models/<name>.safetensors and, from what it measured,
the model card Models/<name>.md.
"""

import argparse
import copy
import hashlib
import json
import os
import platform
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

import card
import networks
import orl

SEED = 7  # of the split
WIDTH = 0.25
HIDDEN = 512  # features of VGG16's two hidden layers
MODELS = Path(__file__).resolve().parents[2] / "Models"


@dataclass(frozen=True)
class Recipe:
    """How one model is trained. Most epochs see small pictures; the last ones the full input size."""

    small: int  # side of the small pictures
    small_epochs: int
    full_epochs: int
    learning_rate: float  # the peak of a one-cycle schedule
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    dropout: float | None = None  # instead of the architecture's own
    batch: int = 16
    seed: int = 7


RECIPES = {
    "vgg16": Recipe(small=128, small_epochs=44, full_epochs=12, learning_rate=4e-4, weight_decay=0.01, dropout=0.2),
    "resnet50": Recipe(small=112, small_epochs=80, full_epochs=12, learning_rate=1.5e-3, label_smoothing=0.1),
    "xception": Recipe(small=149, small_epochs=70, full_epochs=18, learning_rate=1e-3, weight_decay=0.05, label_smoothing=0.1),
    "inception_v3": Recipe(small=149, small_epochs=40, full_epochs=10, learning_rate=1.5e-3),
    "resnet101": Recipe(small=112, small_epochs=45, full_epochs=12, learning_rate=1.5e-3),
}

# Augmentation: the largest rotation (degrees), shift (share of the side), change of scale, brightness and contrast.
ROTATION, SHIFT, SCALE, BRIGHTNESS, CONTRAST = 8.0, 0.06, 0.08, 0.1, 0.15


@dataclass
class Part:
    """The photographs of one part of the split: grey, in [0, 1], at their own size."""

    images: torch.Tensor  # (n, 1, 112, 92)
    labels: torch.Tensor


def load_data() -> tuple[list[str], dict[str, Part]]:
    root = orl.ensure()
    classes, parts = orl.split(list(orl.manifest()), SEED)
    data = {}
    for name, files in parts.items():
        rows = b"".join(orl.pixels((root / path).read_bytes()) for path, _ in files)
        images = torch.frombuffer(bytearray(rows), dtype=torch.uint8).view(-1, 1, orl.HEIGHT, orl.WIDTH)
        data[name] = Part(images.float() / 255, torch.tensor([label for _, label in files]))
    return classes, data


def to_input(images: torch.Tensor, side: int) -> torch.Tensor:
    """Grey photographs as a network's input; the three channels are equal, so one is resized."""
    resized = F.interpolate(images, size=(side, side), mode="bilinear", antialias=True, align_corners=False)
    return resized.clamp(0, 1).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)


def augment(images: torch.Tensor) -> torch.Tensor:
    """Flips, small rotations, shifts and scalings, brightness and contrast; before resizing, where it is cheap."""
    count = len(images)

    def uniform(limit: float) -> torch.Tensor:
        return (torch.rand(count) * 2 - 1) * limit

    angle, scale = torch.deg2rad(uniform(ROTATION)), 1 + uniform(SCALE)
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    aspect = orl.HEIGHT / orl.WIDTH
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    matrices = torch.stack([
        torch.stack([cos * flip, -sin * aspect, uniform(2 * SHIFT)], dim=1),
        torch.stack([sin / aspect * flip, cos, uniform(2 * SHIFT)], dim=1)], dim=1)
    grid = F.affine_grid(matrices, list(images.shape), align_corners=False)
    images = F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    contrast = 1 + uniform(CONTRAST).view(-1, 1, 1, 1)
    return ((images - mean) * contrast + mean + uniform(BRIGHTNESS).view(-1, 1, 1, 1)).clamp(0, 1)


@torch.inference_mode()
def evaluate(network: torch.nn.Module, part: Part, side: int) -> tuple[int, float]:
    """How many photographs the network names rightly, and the mean loss."""
    network.eval()
    logits = torch.cat([network(to_input(images, side)) for images in part.images.split(20)])
    return int((logits.argmax(1) == part.labels).sum()), float(F.cross_entropy(logits, part.labels))


@dataclass
class Selection:
    """The best epoch at full size, by validation accuracy and then loss."""

    epoch: int
    right: int
    loss: float
    state: dict[str, torch.Tensor]


def train(name: str, classes: list[str], data: dict[str, Part], work: Path) -> tuple[Selection, float]:
    """Trains `name`; returns its best epoch and the seconds that it took."""
    recipe, architecture = RECIPES[name], networks.ARCHITECTURES[name]
    torch.manual_seed(recipe.seed)
    bare = networks.build(name, len(classes), WIDTH, HIDDEN)
    networks.initialise(bare, architecture.classifier)
    if recipe.dropout is not None:
        for module in bare.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = recipe.dropout
    network = networks.Normalised(bare, architecture).to(memory_format=torch.channels_last)

    part = data["train"]
    epochs, steps = recipe.small_epochs + recipe.full_epochs, len(part.labels) // recipe.batch
    weights = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": weights, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0}],
        lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=recipe.learning_rate, epochs=epochs, steps_per_epoch=steps, pct_start=0.25)

    first, best, spent = 0, None, 0.0
    checkpoint = work / f"{name}.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=False)
        if saved["recipe"] == asdict(recipe):
            network.load_state_dict(saved["network"])
            optimiser.load_state_dict(saved["optimiser"])
            schedule.load_state_dict(saved["schedule"])
            torch.set_rng_state(saved["random"])
            first, spent = saved["epoch"], saved["spent"]
            best = Selection(**saved["best"]) if saved["best"] else None

    for epoch in range(first, epochs):
        start = time.monotonic()
        side = recipe.small if epoch < recipe.small_epochs else architecture.size
        network.train()
        total = 0.0
        for batch in torch.randperm(len(part.labels)).split(recipe.batch):
            loss = F.cross_entropy(network(to_input(augment(part.images[batch]), side)), part.labels[batch],
                                   label_smoothing=recipe.label_smoothing)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        note = ""
        if side == architecture.size or (epoch + 1) % 5 == 0:
            right, validation = evaluate(network, data["validation"], side)
            note = f"  validation {right}/{len(data['validation'].labels)} loss {validation:.4f}"
            if side == architecture.size and (best is None or (right, -validation) >= (best.right, -best.loss)):
                best = Selection(epoch + 1, right, validation, copy.deepcopy(bare.state_dict()))
                note += "  best so far"
        seconds = time.monotonic() - start
        spent += seconds
        print(f"{name} epoch {epoch + 1}/{epochs} at {side}: loss {total / steps:.4f}, {seconds:.1f} s{note}",
              flush=True)
        if side == architecture.size or (epoch + 1) % 5 == 0 or epoch + 1 == recipe.small_epochs:
            save_atomically(checkpoint, {
                "recipe": asdict(recipe), "epoch": epoch + 1, "spent": spent, "network": network.state_dict(),
                "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict(),
                "random": torch.get_rng_state(), "best": vars(best) if best else None})
    assert best is not None, "a recipe needs epochs at full size"
    return best, spent


def save_atomically(path: Path, content: dict) -> None:
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    os.replace(partial, path)


def export(name: str, classes: list[str], state: dict[str, torch.Tensor], path: Path) -> None:
    """Writes the weights as 16-bit floats, with what a reader needs to build the network."""
    halves = {key: value.half().contiguous() for key, value in state.items()
              if not key.endswith("num_batches_tracked")}
    lost = [key for key, value in halves.items() if not value.isfinite().all()]
    assert not lost, f"{name}: too large for 16-bit floats: {lost}"
    partial = path.with_suffix(".partial")
    save_file(halves, partial, metadata={
        "architecture": name, "width": str(WIDTH), "classes": json.dumps(classes),
        "input_size": str(networks.ARCHITECTURES[name].size), "split_seed": str(SEED)})
    os.replace(partial, path)


def write_card(name: str, data: dict[str, Part], best: Selection, spent: float, path: Path) -> dict[str, int]:
    """Measures the model as written, after its round trip through 16-bit floats, and writes the card."""
    network, architecture, metadata = networks.load(path)
    results = {part: (evaluate(network, data[part], architecture.size)[0], len(data[part].labels)) for part in data}
    recipe = RECIPES[name]
    path.with_suffix(".md").write_text(card.text(card.Facts(
        name=name, metadata=metadata, results=results, recipe=asdict(recipe),
        epochs=recipe.small_epochs + recipe.full_epochs, chosen=best.epoch, minutes=spent / 60,
        parameters=sum(p.numel() for p in network.network.parameters()),
        size=path.stat().st_size, digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        augmentation=f"mirror images, rotations to {ROTATION:g} degrees, shifts to {100 * SHIFT:g}%, scalings to "
                     f"{100 * SCALE:g}%, brightness to {BRIGHTNESS:g}, contrast to {100 * CONTRAST:g}%",
        tools=f"Python {platform.python_version()}, PyTorch {torch.__version__.split('+')[0]}")))
    return {part: right for part, (right, _) in results.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(RECIPES), metavar="NAME", help="train this model only")
    parser.add_argument("--again", action="store_true", help="train even what Models/ already holds, from the start")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--work", type=Path, default=orl.cache_root().parent / "training",
                        help="where checkpoints are kept (default: beside the faces)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.work.mkdir(parents=True, exist_ok=True)
    MODELS.mkdir(exist_ok=True)
    classes, data = load_data()
    for name in [options.only] if options.only else list(RECIPES):
        path = MODELS / f"{name}.safetensors"
        if options.again:
            (options.work / f"{name}.pt").unlink(missing_ok=True)
        elif path.exists():
            print(f"{name}: {path} exists; --again trains it anew")
            continue
        best, spent = train(name, classes, data, options.work)
        export(name, classes, best.state, path)
        right = write_card(name, data, best, spent, path)
        print(f"{name}: {right} right, {path.stat().st_size} bytes, {spent / 60:.1f} minutes", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
