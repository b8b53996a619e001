#!/usr/bin/env python3
"""Small networks as ONNX files, for the tests of the command line: of colour, of grey images, of embeddings.

    python3 onnx_small_networks.py ../../Tests/CommandLineTests/Networks

With the logits of one generated image by PyTorch in double precision in `logits.json`. Needs torch, onnx and NumPy; everything
is seeded.
"""

import argparse
import json
from pathlib import Path

import torch


class Network(torch.nn.Module):
    """Two convolutions with batch normalisation, at half and quarter size."""

    def __init__(self, channels, outputs):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(channels, 6, 3, stride=2, padding=1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(6)
        self.conv2 = torch.nn.Conv2d(6, 8, 3, stride=2, padding=1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(8)
        self.fc = torch.nn.Linear(8, outputs)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        return self.fc(torch.flatten(torch.nn.functional.adaptive_avg_pool2d(x, 1), 1))


def network(channels, outputs):
    torch.manual_seed(3)
    made = Network(channels, outputs)
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.8, 1.2)
            torch.nn.init.uniform_(module.bias, 0, 0.2)
            module.running_mean.normal_(0, 0.05)
            module.running_var.uniform_(0.2, 0.6)
    return made.eval()


def image(channels):
    """(k * 37 + 11) mod 256 of 255, k counting the values of a picture of 32 x 32 from its first channel on."""
    count = channels * 32 * 32
    return (torch.arange(count, dtype=torch.float64) * 37 + 11).remainder(256).reshape(1, channels, 32, 32) / 255


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    logits = {}
    for name, channels, outputs in (("colour", 3, 3), ("grey", 1, 3), ("embedding", 3, 5)):
        made = network(channels, outputs)
        axes = {0: "batch", 2: "height", 3: "width"}
        torch.onnx.export(made, (torch.zeros(1, channels, 32, 32),), str(folder / f"{name}.onnx"), dynamo=False,
                          opset_version=17, input_names=["image"], output_names=["logits"],
                          dynamic_axes={"image": axes, "logits": {0: "batch"}})
        with torch.no_grad():
            logits[name] = made.double()(image(channels))[0].tolist()
    (folder / "logits.json").write_text(json.dumps(logits, indent=1) + "\n")


if __name__ == "__main__":
    main()
