"""The model card of a demo model, written from what `train.py` measured."""

import json
from dataclasses import dataclass

TITLES = {"vgg16": "VGG16", "resnet50": "ResNet-50", "resnet101": "ResNet-101", "inception_v3": "Inception v3",
          "xception": "Xception"}


@dataclass(frozen=True)
class Facts:
    name: str
    metadata: dict[str, str]  # of the weights file
    results: dict[str, tuple[int, int]]  # right answers and photographs, by part of the split
    recipe: dict[str, float]
    epochs: int
    chosen: int
    minutes: float
    parameters: int
    size: int
    digest: str
    augmentation: str
    tools: str


def text(facts: Facts) -> str:
    meta, recipe = facts.metadata, facts.recipe
    size, width = meta["input_size"], meta["width"]
    classes = len(json.loads(meta["classes"]))
    hidden = ("The two hidden layers of the classifier have 512 features instead of 4096.\n"
              if facts.name == "vgg16" else "")
    rows = "\n".join(f"| {part} | {count} | {right} | {right / count:.3f} |"
                     for part, (right, count) in facts.results.items())
    return f"""# {TITLES[facts.name]}, width {width}, on the ORL faces

`{facts.name}.safetensors`: 16-bit floats, {facts.parameters:,} parameters, {facts.size:,} bytes,
SHA-256 `{facts.digest}`.

A demonstration model: the topology, layer names and parameter names of
{"timm's `legacy_xception`" if facts.name == "xception" else f"torchvision's `{facts.name}`"}, with every channel count
multiplied by {width}. Input {size} x {size}, {classes} classes.
{hidden}
## Data

The Database of Faces (formerly the ORL database), AT&T Laboratories Cambridge: {classes} people, 10 grey photographs
of each. Credit: F. Samaria and A. Harter, "Parameterisation of a stochastic model for human face identification",
IEEE Workshop on Applications of Computer Vision, 1994. The photographs are not part of this repository.

Split 80/10/10 per person, seed {meta["split_seed"]}. Weights were fitted to the training part only; the epoch was
chosen on the validation part. The test part decided about no weights, but its numbers were looked at when recipes
were chosen, so that they flatter the model a little.

## Accuracy

Measured on this file, that is, after the weights were rounded to 16 bits.

| part | photographs | right | accuracy |
|---|---|---|---|
{rows}

## Recipe

From scratch, He initialisation, seed {recipe["seed"]}. {facts.epochs} epochs: {recipe["small_epochs"]} on pictures of
{recipe["small"]} x {recipe["small"]}, then {recipe["full_epochs"]} at {size} x {size}; the weights are those after
epoch {facts.chosen}. AdamW, one-cycle learning rate with a peak of {recipe["learning_rate"]:g}, weight decay
{recipe["weight_decay"]:g}, label smoothing {recipe["label_smoothing"]:g}, batches of {recipe["batch"]}, gradient norm
clipped to 5. Augmentation: {facts.augmentation}.
{facts.minutes:.0f} minutes on a CPU; {facts.tools}. `Scripts/demo-models/train.py --only {facts.name}` trains it again.

## Intended use and limits

For showing and testing what Heatdrift measures, on a model small enough to be kept beside it. It knows {classes}
people from the early 1990s, photographed in one room, and names one of them for any picture whatever. It is not fit
for identifying or verifying anybody, and its accuracy says nothing about other faces.
"""
