"""The families of networks at their published sizes."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import timm  # noqa: E402
import torchvision  # noqa: E402

from onnx_modules import IResNet, InceptionResNetV1, LightCNN9, LightCNN29, MobileFaceNet  # noqa: E402

CLASSES = 1000
PEOPLE = 100  # classes of the networks for faces


@dataclass
class Full:
    name: str
    build: Callable
    side: int = 224
    channels: int = 3


def vision(name, **options):
    return lambda: torchvision.models.get_model(name, weights=None, num_classes=CLASSES, **options)


def images(name):
    return lambda: timm.create_model(name, pretrained=False, num_classes=CLASSES)


FULL = [
    Full("vgg16", vision("vgg16")), Full("vgg16_bn", vision("vgg16_bn")),
    Full("resnet18", vision("resnet18")), Full("resnet50", vision("resnet50")), Full("resnet101", vision("resnet101")),
    Full("resnext50_32x4d", vision("resnext50_32x4d")), Full("wide_resnet50_2", vision("wide_resnet50_2")),
    Full("densenet121", vision("densenet121")), Full("mobilenet_v2", vision("mobilenet_v2")),
    Full("mobilenet_v3_large", vision("mobilenet_v3_large")), Full("mobilenet_v3_small", vision("mobilenet_v3_small")),
    Full("efficientnet_b0", images("efficientnet_b0")), Full("tf_efficientnet_b0", images("tf_efficientnet_b0")),
    Full("mnasnet1_0", vision("mnasnet1_0")),
    Full("googlenet", vision("googlenet", aux_logits=False, transform_input=True, init_weights=False)),
    Full("inception_v3", vision("inception_v3", aux_logits=False, init_weights=False), 299),
    Full("inception_v4", images("inception_v4"), 299), Full("inception_resnet_v2", images("inception_resnet_v2"), 299),
    Full("xception", images("legacy_xception"), 299), Full("squeezenet1_0", vision("squeezenet1_0")),
    Full("squeezenet1_1", vision("squeezenet1_1")), Full("shufflenet_v2_x1_0", vision("shufflenet_v2_x1_0")),
    Full("regnet_x_400mf", vision("regnet_x_400mf")), Full("regnet_y_400mf", vision("regnet_y_400mf")),
    Full("seresnet50", images("seresnet50")), Full("res2net50_26w_4s", images("res2net50_26w_4s")),
    Full("convnext_tiny", vision("convnext_tiny")), Full("darknet53", images("darknet53")), Full("ghostnet_100", images("ghostnet_100")),
    Full("resnest50d", images("resnest50d")),
    Full("iresnet50", lambda: IResNet(112, (64, 128, 256, 512), (3, 4, 14, 3), 512), 112),
    Full("mobilefacenet", lambda: MobileFaceNet(112, PEOPLE, (64, 64, 128, 128, 512, 512), (4, 6, 2)), 112),
    Full("lightcnn9", lambda: LightCNN9(128, PEOPLE, (48, 96, 192, 128, 128), 256), 128, 1),
    Full("lightcnn29", lambda: LightCNN29(128, PEOPLE, (48, 96, 192, 128, 128), (1, 2, 3, 4), 256), 128, 1),
    Full("inception_resnet_v1", lambda: InceptionResNetV1(PEOPLE, width=1, depths=(5, 10, 5), features=512), 160),
]
