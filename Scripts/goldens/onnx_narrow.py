"""A network of a library with fewer channels, whatever it is made of.

Each convolution, normalisation and linear layer shrinks when the first image passes through it: what comes in is counted, what
goes out is a function of what went out before, so that joined branches need no arithmetic. Topology and forward pass stay the library's.
"""

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def narrow(network, image, channels, classes=10):
    """Shrinks `network` in place by the function `channels` of a number of channels; that of classes stays."""

    def outputs(count):
        return count if count == classes else channels(count)

    def parameter(*shape):
        return nn.Parameter(torch.zeros(*shape))

    def convolution(module, inputs):
        inside, before = inputs[0].shape[1], module.in_channels
        if module.groups == before and before > 1:
            outside, groups = inside * (module.out_channels // before), inside
        else:
            outside = outputs(module.out_channels)
            groups = max(count for count in range(1, module.groups + 1)
                         if inside % count == 0 == outside % count and (count == 1 or 2 * count <= inside))
        module.in_channels, module.out_channels, module.groups = inside, outside, groups
        module.weight = parameter(outside, inside // groups, *module.kernel_size)
        module.bias = None if module.bias is None else parameter(outside)

    def normalisation(module, inputs):
        module.num_features = count = inputs[0].shape[1]
        module.weight, module.bias = parameter(count), parameter(count)
        module.running_mean, module.running_var = torch.zeros(count), torch.ones(count)

    def linear(module, inputs):
        module.in_features, module.out_features = inputs[0].shape[-1], outputs(module.out_features)
        module.weight = parameter(module.out_features, module.in_features)
        module.bias = None if module.bias is None else parameter(module.out_features)

    done, hooks = set(), []

    def once(shrink):
        def hook(module, inputs):
            if module not in done:
                done.add(module)
                shrink(module, inputs)
        return hook

    for module in network.modules():
        for kind, shrink in ((nn.Conv2d, convolution), (_BatchNorm, normalisation), (nn.Linear, linear)):
            if isinstance(module, kind):
                hooks.append(module.register_forward_pre_hook(once(shrink)))
    with torch.no_grad():
        network.eval()(image)
    for hook in hooks:
        hook.remove()
    return network


def seeded(network, image, seed):
    """Weights of He's size, and statistics of batch normalisation that are about right but not those of any image, or
    activations die out. `image` gives the shape."""
    chance = torch.Generator().manual_seed(seed)

    def uniform(shape, low, high):
        return low + (high - low) * torch.rand(shape, generator=chance)

    normalisations = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    of_normalisations = {id(value) for module in normalisations for value in module.parameters()}
    with torch.no_grad():
        for name, value in network.named_parameters():
            if value.dim() > 1 and value.numel() > value.shape[0] and value.numel() > max(value.shape):
                fan_in = value.numel() // value.shape[0]
                value.copy_(torch.randn(value.shape, generator=chance) * (2 / fan_in) ** 0.5)
            elif name.endswith("bias"):
                value.copy_(uniform(value.shape, -0.2, 0.2))
            elif id(value) in of_normalisations:
                value.copy_(uniform(value.shape, 0.6, 1.4))
            else:  # slopes, scales of layers
                value.copy_(uniform(value.shape, 0.1, 0.6))
        for module in normalisations:
            module.momentum = 1.0
        for module in network.modules():
            if hasattr(module, "inplace"):
                module.inplace = False
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        network.train()
        network(torch.rand((4, *image.shape[1:]), generator=chance))
        network.eval()
        for module in normalisations:
            module.momentum = 0.1
            spread = module.running_var.sqrt()
            module.running_mean += uniform(spread.shape, -0.3, 0.3) * spread
            module.running_var *= uniform(spread.shape, 0.6, 1.6)
            # A channel that hardly moves would be made large by its normalisation, and the rounding of whoever folds it with it.
            module.running_var.clamp_(min=max(1e-3, 0.05 * float(module.running_var.mean())))
    return network
