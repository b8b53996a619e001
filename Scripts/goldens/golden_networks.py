#!/usr/bin/env python3
"""Goldens of the five networks: logits, input gradients, raw maps and drift, computed by PyTorch in double precision.

    python3 golden_networks.py narrow ../../Tests/ArchitecturesTests/Goldens
    python3 golden_networks.py full ../../Tests/FullNetworkTests/Goldens
    python3 golden_networks.py variants ../../Tests/ArchitecturesTests/Goldens

Names of networks behind the folder make those alone.

Double precision is the truth. Beside each quantity stands how far PyTorch in single precision is from it, on the same image
and weights, by the worst of its ways to convolve, with batch normalisation as it is and folded into convolutions as its exporter
and its compiler fold it, and of three trials that stand for other processors: a ReLU whose pre-activation is within rounding of 0
cannot be decided in single precision, and whoever computes in it misses the truth by about as much.

Weights and images are not stored: both sides make them from the same formula (`generated`), element by element, so that
a golden is a small JSON file. Needs torch, torchvision, timm, opencv-python-headless, scikit-image.
"""

import base64
import copy
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import timm
import torch
from skimage.metrics import structural_similarity

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "demo-models"))
from networks import ARCHITECTURES, VGG16_HIDDEN, Normalised, build, narrow  # noqa: E402

CLASSES = 10
EPSILON = 0.02
ROUNDING = 3e-7  # of a layer's size: what summing in float32 in another order does to it
CAFFE_MEAN = [91.4953, 103.8827, 131.0912]

# Of ten generated images the one whose gradient rounding moves least, for the networks at full size: a single ReLU that opens
# on one side and not on the other moves a whole gradient by thousandths, in PyTorch as in any other program. Of Xception's ten,
# PyTorch with folded normalisation misses two by 4e-3 and 5.6e-3, the tests' engine by oneDNN two others by 2.7e-3 and 2.9e-3.
IMAGES = {"vgg16": "image.6", "resnet50": "image", "resnet101": "image.8", "inception_v3": "image.9", "xception": "image"}

# Layers at several depths: before and after an activation, a folded convolution, poolings, blocks.
LAYERS = {
    "vgg16": ["features.0", "features.1", "features.4", "features.12", "features.17", "features.28", "features.29"],
    "resnet50": ["conv1", "bn1", "relu", "maxpool", "layer1.0.bn1", "layer1.1.conv2", "layer2.3", "layer3.0.bn3",
                 "layer3", "layer4.0.downsample", "layer4.2"],
    "resnet101": ["relu", "layer1.2", "layer3.11.bn2", "layer3.22", "layer4.2"],
    "inception_v3": ["Conv2d_1a_3x3", "Conv2d_2b_3x3.conv", "maxpool2", "Mixed_5b.branch5x5_1", "Mixed_5d",
                     "Mixed_6a", "Mixed_6e", "Mixed_7a", "Mixed_7b.branch3x3_2a", "Mixed_7c"],
    "xception": ["conv1", "act2", "block1", "block2.rep.0", "block2.rep.4.conv1", "block3.rep.5", "block7",
                 "block12.rep.3", "conv3", "act4"],
}

NARROW_SIZE = {"vgg16": 96, "resnet50": 96, "resnet101": 75, "inception_v3": 107, "xception": 101}


def generated(name: str, count: int) -> np.ndarray:
    """Float64 values in [0, 1) on a grid of 2^-24: SplitMix64 started at the FNV-1a hash of the name."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**24


def parameter(name: str, shape: torch.Size) -> torch.Tensor:
    """Weights that keep activations near 1: He's bound for convolutions, mild batch normalisation."""
    count = int(np.prod(shape))
    u = generated(name, count)
    if name.endswith("running_var"):
        values = 0.5 + u
    elif len(shape) > 1:
        fan_in = count // shape[0]
        values = (2 * u - 1) * np.sqrt(6 / fan_in)
    elif name.endswith(".weight"):
        # The last normalisation of a residual branch is damped, or the sum grows with every block.
        damped = name.endswith("bn3.weight") or ".rep." in name
        values = (0.2 + 0.2 * u) if damped else (0.8 + 0.4 * u)
    else:
        values = (2 * u - 1) * 0.1
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


def packed(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()


def bits(values: np.ndarray) -> str:
    """A bit for each, the lowest of a byte first."""
    return base64.b64encode(np.packbits(values, bitorder="little").tobytes()).decode()


def raw_map(activation: torch.Tensor, gradient: torch.Tensor) -> np.ndarray:
    weights = gradient[0].double().mean(dim=(1, 2))
    return torch.einsum("k,khw->hw", weights, activation[0].double()).clamp(min=0).numpy()


def heatmap(raw: np.ndarray, side: int) -> np.ndarray:
    def stretch(values):
        values = values - values.min()
        return values / (1e-7 + values.max())

    return stretch(cv2.resize(stretch(raw.astype(np.float32)), (side, side), interpolation=cv2.INTER_LINEAR))


class Probe:
    """A network with hooks on the layers to be explained."""

    def __init__(self, network: torch.nn.Module, layers: list[str]):
        self.network = network
        self.values: dict[str, torch.Tensor] = {}
        modules = dict(network.network.named_modules())
        for name in layers:
            modules[name].register_forward_hook(lambda module, inputs, output, name=name: self.keep(name, output))

    def keep(self, name: str, output: torch.Tensor) -> torch.Tensor:
        """Keeps the value as it is now: what comes later may overwrite its own copy in place."""
        self.values[name] = output
        return output.clone()

    def explain(self, x: torch.Tensor, c: int | None = None):
        logits = self.network(x)
        c = int(logits.argmax()) if c is None else c
        names = list(self.values)
        gradients = torch.autograd.grad(logits[0, c], [self.values[name] for name in names], retain_graph=True)
        maps = {name: raw_map(self.values[name].detach(), g) for name, g in zip(names, gradients)}
        return logits, c, maps


def attack(logits: torch.Tensor, x: torch.Tensor, label: int | None) -> tuple[int, torch.Tensor, torch.Tensor]:
    """The label, which is not the predicted class; the gradient of its loss; the attacked image."""
    label = (int(logits.argmax()) + 1) % CLASSES if label is None else label
    gradient, = torch.autograd.grad(torch.nn.functional.cross_entropy(logits, torch.tensor([label])), x)
    return label, gradient, (x.detach().float() + EPSILON * gradient.sign().float()).clamp(0, 1)


class Caffe(torch.nn.Module):
    """The ResNet of VGGFace2's published weights, on pictures in [0, 1]: blue, green, red; 0 to 255; no scaling.

    As the authors' Caffe model has it, and its PyTorch port (github.com/cydonia999/VGGFace2-pytorch, models/resnet.py): a
    down-sampling block strides in its first convolution, and the pooling is not padded and rounds up.
    """

    def __init__(self, network: torch.nn.Module):
        super().__init__()
        network.maxpool = torch.nn.MaxPool2d(kernel_size=3, stride=2, padding=0, ceil_mode=True)
        for stage in (network.layer2, network.layer3, network.layer4):
            stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
        self.network = network
        self.register_buffer("mean", torch.tensor(CAFFE_MEAN).view(1, 3, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x.flip(1) * 255 - self.mean)


def timm_vgg16(width: float) -> torch.nn.Module:
    """timm's VGG16, in which the hidden fully connected layers are convolutions."""
    with torch.device("meta"):
        network = timm.create_model("vgg16", pretrained=False, num_classes=CLASSES)
    narrow(network, "head.fc", width, int(VGG16_HIDDEN * width))
    return network


def networks(name: str, width: float, hidden: int, variant: str | None = None, names: str | None = None, value=parameter):
    """The network with generated weights in single precision, and the same in double precision."""
    network = (timm_vgg16(width) if names == "timm" else build(name, CLASSES, width=width, hidden=hidden))
    network = network.to_empty(device="cpu")
    state = {key: value(key, tensor.shape) for key, tensor in network.state_dict().items()
             if not key.endswith("num_batches_tracked")}
    network.load_state_dict(state, strict=False)
    for module in network.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False
    network = (Caffe(network) if variant == "caffe" else Normalised(network, ARCHITECTURES[name])).eval()
    exact = copy.deepcopy(network).double()
    # Not the float32 values that the buffers were rounded to.
    exact.mean = torch.tensor(
        CAFFE_MEAN if variant == "caffe" else ARCHITECTURES[name].mean, dtype=torch.float64).view(1, 3, 1, 1)
    if variant != "caffe":
        exact.std = torch.tensor(ARCHITECTURES[name].std, dtype=torch.float64).view(1, 3, 1, 1)
    return network, exact


def picture(side: int, image: str = "image") -> torch.Tensor:
    """(1, 3, side, side), in single precision."""
    return torch.from_numpy(generated(image, 3 * side * side).astype(np.float32)).reshape(1, 3, side, side)


def golden(name: str, width: float, hidden: int, side: int, variant: str | None = None,
           names: str | None = None, image: str = "image") -> dict:
    network, exact = networks(name, width, hidden, variant, names)
    x = picture(side, image)
    last = ARCHITECTURES[name].last
    truth = Run(exact, LAYERS[name], x.double(), last)
    # The same attacked image and the same explained classes, so that every quantity is compared on its own.
    singles = [Run(each, LAYERS[name], x, last, like=truth) for each in ways(network)]
    if any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules()):
        network, inside = folded(network)
        kept = [layer for layer in LAYERS[name] if layer not in inside]
        singles += [Run(each, kept, x, last, like=truth) for each in ways(network)]
    singles += [Run(disturbed(exact, seed), LAYERS[name], x.double(), last, like=truth) for seed in range(3)]

    def worst(quantity) -> float:
        return max(float(quantity(single)) for single in singles)

    def worst_map(layer: str) -> float:
        return max(error(single.maps[layer], truth.maps[layer]) for single in singles if layer in single.maps)

    stride = max(1, truth.gradient.size // 2000) | 1
    return {
        "architecture": name, **({"variant": variant} if variant else {}), **({"names": names} if names else {}),
        "width": width, "hiddenFeatures": hidden, "inputSize": side, "image": image, "classes": CLASSES,
        "logits": packed(truth.logits), "logitsOfPyTorch": worst(lambda s: error(s.logits, truth.logits)),
        "explainedClass": truth.explained, "label": truth.label, "epsilon": EPSILON,
        "gradientStride": stride, "gradient": packed(truth.gradient[::stride]),
        "gradientOfPyTorch": worst(lambda s: error(s.gradient, truth.gradient)),
        "equalSignsOfPyTorch": 1 - worst(lambda s: (np.sign(s.gradient) != np.sign(truth.gradient)).mean()),
        "gradientNorm": float(np.linalg.norm(truth.gradient)),
        "positive": bits(truth.gradient > 0), "negative": bits(truth.gradient < 0),
        "layers": [map_entry(key, truth.maps[key], worst_map(key)) for key in LAYERS[name]],
        "attackedLogits": packed(truth.attacked_logits),
        "attackedLogitsOfPyTorch": worst(lambda s: error(s.attacked_logits, truth.attacked_logits)),
        "attackedClass": truth.attacked_class,
        "heatmapStride": 7, "heatmap": packed(truth.clean.ravel()[::7]),
        "heatmapOfPyTorch": worst(lambda s: np.abs(s.clean - truth.clean).max()),
        "ssim": truth.ssim, "ssimOfPyTorch": worst(lambda s: abs(s.ssim - truth.ssim)),
    }


def ways(network: torch.nn.Module):
    """PyTorch in single precision by each of its ways to convolve on a CPU: which of them a reader has depends on the build
    and the processor, and each decides the ReLUs near 0 in its own way."""
    for mkldnn in (True, False):
        torch.backends.mkldnn.enabled = mkldnn
        for layout in (torch.contiguous_format, torch.channels_last):
            for module in network.modules():
                module._forward_hooks.clear()
            yield network.to(memory_format=layout)
    torch.backends.mkldnn.enabled = True


def folded(network: torch.nn.Module) -> tuple[torch.nn.Module, set[str]]:
    """A network whose convolutions have the normalisation behind them in their weights, in single precision; and the names of these
    convolutions, whose outputs are others then."""
    network = copy.deepcopy(network)
    for module in network.modules():
        module._forward_hooks.clear()
    modules = dict(network.named_modules())
    inside = set()
    for node in torch.fx.symbolic_trace(network).graph.nodes:
        if node.op != "call_module" or not isinstance(modules[node.target], torch.nn.BatchNorm2d):
            continue
        before = node.args[0]
        if before.op != "call_module" or not isinstance(modules[before.target], torch.nn.Conv2d) or len(before.users) > 1:
            continue
        convolution, normalisation = modules[before.target], modules[node.target]
        fused = torch.nn.utils.fusion.fuse_conv_bn_eval(convolution, normalisation)
        convolution.weight, convolution.bias = fused.weight, fused.bias
        parent, _, own = node.target.rpartition(".")
        setattr(modules[parent], own, torch.nn.Identity())
        inside.add(before.target.removeprefix("network."))
    return network, inside


def disturbed(exact: torch.nn.Module, seed: int) -> torch.nn.Module:
    """A network in double precision whose every convolution and normalisation is as far off as another order of summing in
    float32 makes it: PyTorch in single precision on another processor."""
    network = copy.deepcopy(exact)
    for module in network.modules():
        # The hooks of whoever looked at the exact one.
        module._forward_hooks.clear()
    chance = torch.Generator().manual_seed(seed)

    def disturb(module, inputs, output):
        noise = torch.randn(output.shape, generator=chance, dtype=output.dtype)
        return output + ROUNDING * output.detach().square().mean().sqrt() * noise

    for module in network.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.BatchNorm2d)):
            module.register_forward_hook(disturb)
    return network


class Run:
    """What a network in one precision gives: the clean image, its gradient and raw maps, then the attacked image."""

    def __init__(self, network: torch.nn.Module, layers: list[str], x: torch.Tensor, last: str, like: "Run | None" = None):
        side = x.shape[-1]
        probe = Probe(network, layers)
        x = x.clone().requires_grad_(True)
        logits, self.explained, self.maps = probe.explain(x, like and like.explained)
        self.logits = logits.detach().numpy().ravel()
        self.label, gradient, attacked = attack(logits, x, like and like.label)
        self.gradient = gradient.numpy().ravel()
        # The attacked image is made in single precision, as everybody makes it.
        self.attacked = attacked.float() if like is None else like.attacked
        attacked_logits, self.attacked_class, maps = probe.explain(
            self.attacked.to(x.dtype).requires_grad_(True), like and like.attacked_class)
        self.attacked_logits = attacked_logits.detach().numpy().ravel()
        self.clean = heatmap(self.maps[last], side)
        self.ssim = structural_similarity(
            self.clean.astype(np.float64), heatmap(maps[last], side).astype(np.float64), data_range=1, win_size=7)


def error(values: np.ndarray, truth: np.ndarray) -> float:
    """norm(values - truth) / norm(truth)"""
    values = values.astype(np.float64)
    return float(np.linalg.norm(values - truth) / np.linalg.norm(truth))


def map_entry(name: str, values: np.ndarray, own: float, samples: int = 400) -> dict:
    stride = max(1, values.size // samples)
    stride += stride > 1 and stride % 2 == 0
    return {"name": name, "height": values.shape[0], "width": values.shape[1], "stride": stride,
            "norm": float(np.linalg.norm(values)), "values": packed(values.ravel()[::stride]),
            "errorOfPyTorch": own}


def main() -> int:
    kind, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(2)
    if kind == "variants":
        contents = {"resnet50_caffe": golden("resnet50", 0.25, 48, 96, variant="caffe"),
                    "vgg16_timm": golden("vgg16", 1 / 16, VGG16_HIDDEN // 16, 96, names="timm")}
        for name, content in contents.items():
            (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
            print(name, "classes", content["explainedClass"], content["attackedClass"], "ssim", content["ssim"],
                  "dead", [l["name"] for l in content["layers"] if l["norm"] == 0])
        return 0
    for name in sys.argv[3:] or ARCHITECTURES:
        architecture = ARCHITECTURES[name]
        full = kind == "full"
        width, hidden = (1, 4096) if full else (0.25, 48)
        side = architecture.size if full else NARROW_SIZE[name]
        content = golden(name, width, hidden, side, image=IMAGES[name] if full else "image")
        print(name, {key: value for key, value in content.items() if key.endswith("OfPyTorch")}, "classes", content["explainedClass"],
              content["attackedClass"], "ssim", content["ssim"], "gradient", content["gradientNorm"],
              "dead", [l["name"] for l in content["layers"] if l["norm"] == 0])
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
