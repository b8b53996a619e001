"""The families of networks that an ONNX file must give, narrow: torchvision's and timm's with fewer channels and blocks
(onnx_narrow.py), and those for faces (onnx_modules.py)."""

from dataclasses import dataclass, field
from typing import Callable

import timm
import torch
import torchvision
from torch import nn

from onnx_modules import IResNet, InceptionResNetV1, LightCNN9, LightCNN29, MobileFaceNet
from onnx_narrow import narrow

CLASSES = 10
TS, DYNAMO = "torchscript", "dynamo"


@dataclass
class Export:
    exporter: str
    opset: int
    batch: int | str = 1  # a name: of any size
    folded: bool = True  # constants folded, batch normalisation in the convolution before it
    scopes: bool = False  # dynamo's notes of where each node comes from are kept


@dataclass
class Family:
    name: str
    build: Callable
    side: int = 64
    channels: int = 3
    exports: list = field(default_factory=list)
    embedding: bool = False
    seed: int = 0  # another where the first gives a dead map


FAMILIES: list[Family] = []


def family(name, build, *exports, **options):
    FAMILIES.append(Family(name, build, exports=[Export(*each) if isinstance(each, tuple) else each for each in exports], **options))


def by(divisor, least=4):
    """A width: so many times fewer channels, but some."""
    return lambda count: max(least, count // divisor)


def slim(make, channels, side=64):
    def build():
        network = make()
        return narrow(network, torch.zeros(1, 3, side, side), channels, CLASSES)
    return build


def vision(name, **options):
    return torchvision.models.get_model(name, weights=None, num_classes=CLASSES, **options)


def image_models(name, **options):
    return timm.create_model(name, pretrained=False, num_classes=CLASSES, **options)


def first_blocks(network, *paths, count=1):
    """Keeps the first blocks of each of these stages."""
    for path in paths:
        parent, _, child = path.rpartition(".")
        setattr(network.get_submodule(parent), child, nn.Sequential(*list(network.get_submodule(path))[:count]))
    return network


def without(network, *names):
    """These modules pass on what they are given."""
    for name in names:
        parent, _, child = name.rpartition(".")
        setattr(network.get_submodule(parent), child, nn.Identity())
    return network


def vgg(name):
    network = vision(name)
    # At this size nothing is left to average.
    network.avgpool = nn.Identity()
    return network


def resnet(kind, layers, **options):
    return torchvision.models.resnet.ResNet(kind, layers, num_classes=CLASSES, **options)


Basic, Bottleneck = torchvision.models.resnet.BasicBlock, torchvision.models.resnet.Bottleneck
STAGES = ("layer1", "layer2", "layer3", "layer4")

family("alexnet", slim(lambda: torchvision.models.alexnet(num_classes=CLASSES), by(96), 224), (TS, 11), side=224)
family("vgg11", slim(lambda: vgg("vgg11"), by(64)), (TS, 9), (DYNAMO, 18))
family("vgg16_bn", slim(lambda: vgg("vgg16_bn"), by(80)), (TS, 13, "batch"), Export(TS, 17, folded=False))
family("resnet18", slim(lambda: resnet(Basic, [2, 1, 1, 1]), by(32)), (TS, 13, "batch"), (DYNAMO, 18), Export(DYNAMO, 20, scopes=True),
       Export(TS, 17, folded=False))
family("resnet50", slim(lambda: resnet(Bottleneck, [1, 2, 1, 1]), by(40)), (TS, 17), (DYNAMO, 18, "batch"))
family("resnext50", slim(lambda: resnet(Bottleneck, [1, 1, 1, 1], groups=32, width_per_group=4), by(48, 8)), (TS, 11), (DYNAMO, 20))
family("wide_resnet50", slim(lambda: resnet(Bottleneck, [1, 1, 1, 1], width_per_group=128), by(96)), (TS, 17, "batch"))
family("resnet_dilated", slim(lambda: resnet(Bottleneck, [1, 1, 1, 2], replace_stride_with_dilation=[False, True, True]), by(40)), (TS, 17))
family("densenet121", lambda: torchvision.models.DenseNet(3, (3, 4, 5, 3), 8, bn_size=2, num_classes=CLASSES), (TS, 13, "batch"),
       (DYNAMO, 18))
family("mobilenet_v2", slim(lambda: torchvision.models.MobileNetV2(num_classes=CLASSES, inverted_residual_setting=[
    [1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 1, 2], [6, 96, 1, 2], [6, 160, 2, 2]]), by(12)),
       (TS, 9), (DYNAMO, 20), Export(TS, 11, folded=False))
family("mobilenet_v3_small", slim(lambda: without(vision("mobilenet_v3_small"), "features.6", "features.8", "features.11"), by(20)),
       (TS, 11), (DYNAMO, 18, "batch"), (TS, 17, "batch"))
family("mobilenet_v3_large_timm", slim(lambda: first_blocks(image_models("mobilenetv3_large_100"), *(f"blocks.{n}" for n in range(7))),
                                       by(24)), (TS, 17))
family("efficientnet_b0", slim(lambda: first_blocks(image_models("efficientnet_b0"), *(f"blocks.{n}" for n in range(7)), ), by(20)),
       (TS, 13, "batch"), (DYNAMO, 18))
family("tf_efficientnet_b0", slim(lambda: without(first_blocks(image_models("tf_efficientnet_b0"), *(f"blocks.{n}" for n in range(7))),
                                               "blocks.4", "blocks.6"), by(24)),
       (TS, 11, "batch"), (DYNAMO, 20))
family("mnasnet1_0", slim(lambda: first_blocks(vision("mnasnet1_0"), *(f"layers.{n}" for n in range(8, 14)), ), by(24)),
       (TS, 13), (DYNAMO, 20))
family("googlenet", slim(lambda: without(torchvision.models.GoogLeNet(CLASSES, aux_logits=False, transform_input=True, init_weights=False),
                                         "inception4c", "inception4d"), by(32, 2)), (TS, 11), (DYNAMO, 18))
family("inception_v3", slim(lambda: without(torchvision.models.Inception3(CLASSES, aux_logits=False, init_weights=False),
                                            "Mixed_5c", "Mixed_6c", "Mixed_6d"), by(56, 2), 107), (TS, 17, "batch"), (DYNAMO, 20), side=107)


def inception_v4():
    network = image_models("inception_v4")
    kept = [*range(7), 10, 11, 18, 19]  # the stem, a block of each kind, the reductions
    network.features = nn.Sequential(*[network.features[index] for index in kept])
    return network


family("inception_v4", slim(inception_v4, by(48, 2), 107), (TS, 13), side=107)


def inception_resnet_v2():
    network = first_blocks(image_models("inception_resnet_v2"), "repeat", "repeat_1", "repeat_2")
    return network


family("inception_resnet_v2", slim(inception_resnet_v2, lambda count: max(2, count // 32), 107), (TS, 17, "batch"), side=107)
family("xception", slim(lambda: without(image_models("legacy_xception"), *(f"block{n}" for n in range(5, 11))), by(48), 75),
       (TS, 11), (DYNAMO, 20), side=75)
family("squeezenet1_0", slim(lambda: torchvision.models.squeezenet1_0(num_classes=CLASSES), by(12)), (TS, 13, "batch"), (DYNAMO, 18))
family("squeezenet1_1", slim(lambda: torchvision.models.squeezenet1_1(num_classes=CLASSES), by(12)), (TS, 9))
family("shufflenet_v2", lambda: torchvision.models.ShuffleNetV2([2, 2, 2], [8, 8, 16, 24, 32], num_classes=CLASSES),
       (TS, 11, "batch"), (TS, 17), (DYNAMO, 20))
Regnet = torchvision.models.regnet.RegNet
Parameters = torchvision.models.regnet.BlockParams
family("regnet_x", lambda: Regnet(Parameters.from_init_params(depth=5, w_0=8, w_a=5.0, w_m=2.2, group_width=4), num_classes=CLASSES),
       (TS, 13))
family("regnet_y", lambda: Regnet(Parameters.from_init_params(depth=5, w_0=8, w_a=5.0, w_m=2.2, group_width=4, se_ratio=0.25),
                                  num_classes=CLASSES), (DYNAMO, 18, "batch"))


def regnetz():
    network = image_models("regnetz_005")
    repeated = [f"{stage}.{block}" for stage in ("s1", "s2", "s3", "s4") for block, _ in network.get_submodule(stage).named_children()
                if block not in ("b1", "b2")]
    return without(network, *repeated)


family("regnetz", slim(regnetz, by(24, 8)), (TS, 17))
family("seresnet50", slim(lambda: image_models("seresnet50", layers=(1, 1, 1, 1)), by(48)), (TS, 13, "batch"), (DYNAMO, 20))
family("seresnext26d", slim(lambda: image_models("seresnext26d_32x4d", layers=(1, 1, 1, 1)), by(64, 8)), (TS, 17))


def res2net():
    network = image_models("res2net50_26w_4s", layers=(1, 1, 1, 1))
    for module in network.modules():
        if type(module).__name__ == "Bottle2neck":
            module.width //= 26
    return network


family("res2net50", slim(res2net, lambda count: count // 26 if count % 26 == 0 else max(4, count // 48)), (TS, 13), (DYNAMO, 18))
family("convnext_torchvision", lambda: torchvision.models.ConvNeXt([torchvision.models.convnext.CNBlockConfig(*each) for each in (
    (8, 8, 1), (8, 12, 1), (12, 16, 1), (16, None, 1))], num_classes=CLASSES), (TS, 13, "batch"), (DYNAMO, 20))
family("convnext_timm", lambda: image_models("convnext_atto", depths=(1, 1, 1, 1), dims=(8, 8, 12, 16)), (TS, 17), (DYNAMO, 18))
family("convnextv2_timm", lambda: image_models("convnextv2_atto", depths=(1, 1, 1, 1), dims=(8, 8, 12, 16)), (TS, 17))
family("darknet53", slim(lambda: image_models("darknet17"), by(64)), (TS, 11), (DYNAMO, 20))


def ghostnet():
    network = timm.models.ghostnet.GhostNet([[[3, 16, 16, 0, 1]], [[3, 48, 24, 0, 2]], [[5, 72, 40, 0.25, 2]], [[3, 200, 80, 0, 2]],
                                             [[5, 672, 160, 0.25, 2]]], num_classes=CLASSES, width=0.1)
    network.conv_head = nn.Conv2d(network.conv_head.in_channels, 24, 1)
    network.classifier = nn.Linear(24, CLASSES)
    return network


family("ghostnet", lambda: ghostnet(), (TS, 13), (DYNAMO, 18))
family("resnest14d", slim(lambda: image_models("resnest14d"), by(32)), (TS, 17), (DYNAMO, 20))
family("ecaresnet26t", slim(lambda: image_models("ecaresnet26t", layers=(1, 1, 1, 1)), by(40)), (TS, 17))
family("repvgg_a0", slim(lambda: first_blocks(image_models("repvgg_a0"), *(f"stages.{n}" for n in range(4))), by(48)), (TS, 17))
family("lcnet", slim(lambda: first_blocks(image_models("lcnet_100"), *(f"blocks.{n}" for n in range(6)), count=2), by(16)), (TS, 11))
family("dla34", slim(lambda: image_models("dla34"), by(64, 5)), (TS, 13))

# --- Faces -----------------------------------------------------------------------------------------------------------------------

family("iresnet", lambda: IResNet(48, classes=CLASSES), (TS, 11, "batch"), (DYNAMO, 18), side=48)
family("iresnet_embedding", lambda: IResNet(48), (TS, 11), (TS, 17, "batch"), side=48, embedding=True)
family("mobilefacenet", lambda: MobileFaceNet(48, CLASSES), (TS, 9), Export(TS, 17, folded=False), (DYNAMO, 20), side=48)
family("lightcnn9", lambda: LightCNN9(50, CLASSES), (TS, 11, "batch"), (DYNAMO, 18), side=50, channels=1)
family("lightcnn29", lambda: LightCNN29(48, CLASSES), (TS, 17), side=48, channels=1)
family("inception_resnet_v1", lambda: InceptionResNetV1(CLASSES, width=48), (TS, 13, "batch"), (DYNAMO, 20), side=139)
family("inception_resnet_v1_embedding", lambda: InceptionResNetV1(CLASSES, normalised=True, width=48), (TS, 17), side=139, embedding=True, seed=10)
