"""Networks for faces that torchvision and timm do not have, written after their papers with the topology of the usual ports, of any
width: IResNet (ArcFace), MobileFaceNet, LightCNN, Inception-ResNet-v1 (FaceNet). Narrow unless told otherwise."""

import torch
import torch.nn.functional as F
from torch import nn


def convolution(inside, outside, kernel, stride=1, padding=0, groups=1, bias=False):
    return nn.Conv2d(inside, outside, kernel, stride, padding, groups=groups, bias=bias)


# --- IResNet: Deng et al., "ArcFace", CVPR 2019; Duta et al., "Improved Residual Networks", ICPR 2020 -----------------------------

class ImprovedBlock(nn.Module):
    def __init__(self, inside, outside, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inside, eps=1e-5)
        self.conv1 = convolution(inside, outside, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(outside, eps=1e-5)
        self.prelu = nn.PReLU(outside)
        self.conv2 = convolution(outside, outside, 3, stride, 1)
        self.bn3 = nn.BatchNorm2d(outside, eps=1e-5)
        self.downsample = None
        if stride > 1:
            self.downsample = nn.Sequential(convolution(inside, outside, 1, stride), nn.BatchNorm2d(outside, eps=1e-5))

    def forward(self, x):
        y = self.bn3(self.conv2(self.prelu(self.bn2(self.conv1(self.bn1(x))))))
        return y + (x if self.downsample is None else self.downsample(x))


class IResNet(nn.Module):
    """Of images of `side`; `classes` None gives the embedding itself."""

    def __init__(self, side, widths=(4, 6, 8, 8), depths=(1, 2, 1, 1), features=32, classes=None):
        super().__init__()
        inside = widths[0]
        self.conv1 = convolution(3, inside, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(inside, eps=1e-5)
        self.prelu = nn.PReLU(inside)
        for number, (width, depth) in enumerate(zip(widths, depths), 1):
            blocks = [ImprovedBlock(inside if index == 0 else width, width, 2 if index == 0 else 1) for index in range(depth)]
            setattr(self, f"layer{number}", nn.Sequential(*blocks))
            inside = width
        self.bn2 = nn.BatchNorm2d(inside, eps=1e-5)
        self.dropout = nn.Dropout(0.4)
        self.fc = nn.Linear(inside * (side // 16) ** 2, features)
        self.features = nn.BatchNorm1d(features, eps=1e-5)
        self.head = None if classes is None else nn.Linear(features, classes)

    def forward(self, x):
        x = self.prelu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        x = self.features(self.fc(torch.flatten(self.dropout(self.bn2(x)), 1)))
        return x if self.head is None else self.head(x)


# --- MobileFaceNet: Chen et al., CCBR 2018 -------------------------------------------------------------------------------------

class Unit(nn.Sequential):
    def __init__(self, inside, outside, kernel=1, stride=1, padding=0, groups=1, linear=False):
        super().__init__(convolution(inside, outside, kernel, stride, padding, groups), nn.BatchNorm2d(outside))
        if not linear:
            self.append(nn.PReLU(outside))


class DepthWise(nn.Module):
    def __init__(self, inside, outside, middle, stride, residual):
        super().__init__()
        self.conv = Unit(inside, middle)
        self.conv_dw = Unit(middle, middle, 3, stride, 1, middle)
        self.project = Unit(middle, outside, linear=True)
        self.residual = residual

    def forward(self, x):
        y = self.project(self.conv_dw(self.conv(x)))
        return x + y if self.residual else y


class MobileFaceNet(nn.Module):
    """`widths` of the stages and of the embedding; `depths` of the three stages of residual blocks."""

    def __init__(self, side, classes, widths=(8, 8, 12, 12, 32, 24), depths=(1, 1, 1)):
        super().__init__()
        first, second, third, fourth, wide, features = widths
        self.conv1 = Unit(3, first, 3, 2, 1)
        self.conv2_dw = Unit(first, first, 3, 1, 1, first)
        self.conv_23 = DepthWise(first, second, 2 * first, 2, False)
        self.conv_3 = nn.Sequential(*[DepthWise(second, second, 2 * second, 1, True) for _ in range(depths[0])])
        self.conv_34 = DepthWise(second, third, 4 * second, 2, False)
        self.conv_4 = nn.Sequential(*[DepthWise(third, third, 2 * third, 1, True) for _ in range(depths[1])])
        self.conv_45 = DepthWise(third, fourth, 4 * third, 2, False)
        self.conv_5 = nn.Sequential(*[DepthWise(fourth, fourth, 2 * fourth, 1, True) for _ in range(depths[2])])
        self.conv_6_sep = Unit(fourth, wide)
        # The "global depthwise convolution": a weight for each place.
        self.conv_6_dw = Unit(wide, wide, side // 16, 1, 0, wide, linear=True)
        self.linear = nn.Linear(wide, features, bias=False)
        self.bn = nn.BatchNorm1d(features)
        self.head = nn.Linear(features, classes)

    def forward(self, x):
        x = self.conv_3(self.conv_23(self.conv2_dw(self.conv1(x))))
        x = self.conv_5(self.conv_45(self.conv_4(self.conv_34(x))))
        x = self.conv_6_dw(self.conv_6_sep(x))
        return self.head(self.bn(self.linear(x.reshape(x.size(0), -1))))


# --- LightCNN: Wu et al., TIFS 2018. One channel, no normalisation, the larger of two halves as activation ---------------------------

class MaxFeatureMap(nn.Module):
    def __init__(self, filter, outside):
        super().__init__()
        self.filter, self.outside = filter, outside

    def forward(self, x):
        first, second = torch.split(self.filter(x), self.outside, 1)
        return torch.max(first, second)


def competing(inside, outside, kernel, padding=0):
    return MaxFeatureMap(convolution(inside, 2 * outside, kernel, padding=padding, bias=True), outside)


class Group(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.conv_a, self.conv = competing(inside, inside, 1), competing(inside, outside, 3, 1)

    def forward(self, x):
        return self.conv(self.conv_a(x))


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1, self.conv2 = competing(width, width, 3, 1), competing(width, width, 3, 1)

    def forward(self, x):
        return self.conv2(self.conv1(x)) + x


class LightCNN9(nn.Module):
    def __init__(self, side, classes, widths=(4, 6, 8, 6, 6), features=16):
        super().__init__()
        a, b, c, d, e = widths
        self.features = nn.Sequential(
            competing(1, a, 5, 2), nn.MaxPool2d(2, 2, ceil_mode=True), Group(a, b), nn.MaxPool2d(2, 2, ceil_mode=True),
            Group(b, c), nn.MaxPool2d(2, 2, ceil_mode=True), Group(c, d), Group(d, e), nn.MaxPool2d(2, 2, ceil_mode=True))
        for _ in range(4):
            side = -(-side // 2)
        self.fc1 = MaxFeatureMap(nn.Linear(e * side * side, 2 * features), features)
        self.fc2 = nn.Linear(features, classes)

    def forward(self, x):
        x = self.features(x)
        x = F.dropout(self.fc1(x.reshape(x.size(0), -1)), training=self.training)
        return self.fc2(x)


class LightCNN29(nn.Module):
    """With residual blocks, and both poolings added (the "v2" of the port)."""

    def __init__(self, side, classes, widths=(4, 6, 8, 6, 6), depths=(1, 2, 1, 1), features=16):
        super().__init__()
        self.conv1 = competing(1, widths[0], 5, 2)
        for number, depth in enumerate(depths, 1):
            inside, outside = widths[number - 1 : number + 1]
            setattr(self, f"block{number}", nn.Sequential(*[Residual(inside) for _ in range(depth)]))
            setattr(self, f"group{number}", Group(inside, outside))
        self.fc = nn.Linear(widths[4] * (side // 16) ** 2, features)
        self.fc2 = nn.Linear(features, classes, bias=False)

    def pooled(self, x):
        return F.max_pool2d(x, 2) + F.avg_pool2d(x, 2)

    def forward(self, x):
        x = self.pooled(self.conv1(x))
        x = self.pooled(self.group1(self.block1(x)))
        x = self.pooled(self.group2(self.block2(x)))
        x = self.group4(self.block4(self.group3(self.block3(x))))
        x = self.pooled(x)
        return self.fc2(self.fc(x.reshape(x.size(0), -1)))


# --- Inception-ResNet-v1: Szegedy et al., AAAI 2017; Schroff et al., "FaceNet", CVPR 2015 ---------------------------------------------

class BasicConv(nn.Module):
    def __init__(self, inside, outside, kernel, stride=1, padding=0):
        super().__init__()
        self.conv = convolution(inside, outside, kernel, stride, padding)
        self.bn = nn.BatchNorm2d(outside, eps=0.001, momentum=0.1)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.bn(self.conv(x)))


class Branches(nn.Module):
    """Branches joined, and for a residual block a convolution, the scale and the sum."""

    def __init__(self, branches, project=None, scale=1.0, relu=True):
        super().__init__()
        for number, branch in enumerate(branches):
            setattr(self, f"branch{number}", branch)
        self.count, self.project, self.scale = len(branches), project, scale
        self.relu = nn.ReLU() if project is not None and relu else None

    def forward(self, x):
        y = torch.cat([getattr(self, f"branch{number}")(x) for number in range(self.count)], 1)
        if self.project is not None:
            y = self.project(y) * self.scale + x
        return y if self.relu is None else self.relu(y)


class InceptionResNetV1(nn.Module):
    """`normalised` gives the embedding of length 1 that FaceNet compares, otherwise there are logits. `width` divides the published
    numbers of channels."""

    def __init__(self, classes, normalised=False, width=32, depths=(1, 1, 1), features=20):
        super().__init__()

        def c(count):
            return max(2, count // width)

        def rows_and_columns(inside, outside, reach):
            half = reach // 2
            return nn.Sequential(BasicConv(inside, outside, 1), BasicConv(outside, outside, (1, reach), padding=(0, half)),
                                 BasicConv(outside, outside, (reach, 1), padding=(half, 0)))

        def block35():
            narrow = c(32)
            return Branches([BasicConv(small, narrow, 1),
                             nn.Sequential(BasicConv(small, narrow, 1), BasicConv(narrow, narrow, 3, padding=1)),
                             nn.Sequential(BasicConv(small, narrow, 1), BasicConv(narrow, narrow, 3, padding=1),
                                           BasicConv(narrow, narrow, 3, padding=1))], nn.Conv2d(3 * narrow, small, 1), 0.17)

        def block17():
            return Branches([BasicConv(middle, c(128), 1), rows_and_columns(middle, c(128), 7)], nn.Conv2d(2 * c(128), middle, 1), 0.10)

        def block8(scale, relu=True):
            return Branches([BasicConv(large, c(192), 1), rows_and_columns(large, c(192), 3)], nn.Conv2d(2 * c(192), large, 1), scale, relu)

        small = c(256)
        middle = c(384) + c(256) + small
        large = c(384) + c(256) + c(256) + middle
        self.conv2d_1a = BasicConv(3, c(32), 3, 2)
        self.conv2d_2a = BasicConv(c(32), c(32), 3)
        self.conv2d_2b = BasicConv(c(32), c(64), 3, padding=1)
        self.maxpool_3a = nn.MaxPool2d(3, 2)
        self.conv2d_3b = BasicConv(c(64), c(80), 1)
        self.conv2d_4a = BasicConv(c(80), c(192), 3)
        self.conv2d_4b = BasicConv(c(192), small, 3, 2)
        self.repeat_1 = nn.Sequential(*[block35() for _ in range(depths[0])])
        self.mixed_6a = Branches(
            [BasicConv(small, c(384), 3, 2),
             nn.Sequential(BasicConv(small, c(192), 1), BasicConv(c(192), c(192), 3, padding=1), BasicConv(c(192), c(256), 3, 2)),
             nn.MaxPool2d(3, 2)])
        self.repeat_2 = nn.Sequential(*[block17() for _ in range(depths[1])])
        self.mixed_7a = Branches(
            [nn.Sequential(BasicConv(middle, c(256), 1), BasicConv(c(256), c(384), 3, 2)),
             nn.Sequential(BasicConv(middle, c(256), 1), BasicConv(c(256), c(256), 3, 2)),
             nn.Sequential(BasicConv(middle, c(256), 1), BasicConv(c(256), c(256), 3, padding=1), BasicConv(c(256), c(256), 3, 2)),
             nn.MaxPool2d(3, 2)])
        self.repeat_3 = nn.Sequential(*[block8(0.2) for _ in range(depths[2])])
        self.block8 = block8(1.0, relu=False)
        self.avgpool_1a = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.6)
        self.last_linear = nn.Linear(large, features, bias=False)
        self.last_bn = nn.BatchNorm1d(features, eps=0.001)
        self.logits = None if normalised else nn.Linear(features, classes)

    def forward(self, x):
        x = self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(x)))
        x = self.conv2d_4b(self.conv2d_4a(self.conv2d_3b(self.maxpool_3a(x))))
        x = self.repeat_2(self.mixed_6a(self.repeat_1(x)))
        x = self.block8(self.repeat_3(self.mixed_7a(x)))
        x = self.dropout(self.avgpool_1a(x))
        x = self.last_bn(self.last_linear(x.reshape(x.shape[0], -1)))
        return F.normalize(x, p=2, dim=1) if self.logits is None else self.logits(x)
