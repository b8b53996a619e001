"""The same protocol in PyTorch with everything that is constant frozen.

    python3 frozen.py TASK.json

As tuned.py; but the attacked images, of which only the network's head needs a gradient, go as far as the explained layer
through torch.compile with inductor's freezing: batch normalisation folded, weights packed for oneDNN. Compiling takes
seconds to minutes and is not counted; it is written beside the result.
"""

import copy
import time
from collections import OrderedDict

import torch
import torch._inductor.config as inductor
from torch import fx

import tuned
from task import Task


def split(network: torch.nn.Module, last: str) -> tuple[fx.GraphModule, fx.GraphModule]:
    """From the image to the output of the module `last`, and from there to the logits."""
    traced = fx.symbolic_trace(network)
    cut = [node for node in traced.graph.nodes if last in (name for name, _ in scopes(node)) or node.target == last][-1]
    body, head = fx.Graph(), fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in traced.graph.nodes:
        copies[node] = body.node_copy(node, lambda other: copies[other])
        if node is cut:
            break
    body.output(copies[cut])
    rest = {cut: head.placeholder("activation")}
    for node in list(traced.graph.nodes)[list(traced.graph.nodes).index(cut) + 1:]:
        rest[node] = head.node_copy(node, lambda other: rest[other])
    return fx.GraphModule(traced, body), fx.GraphModule(traced, head)


def scopes(node: fx.Node):
    return (node.meta.get("nn_module_stack") or {}).items()


class Frozen(tuned.Runner):
    def __init__(self, task: Task, format: torch.memory_format):
        super().__init__(task, format)
        body, self.head = split(self.model.network, task.kind.last)
        # Where the explained layer is a module of its own kind, its hook would be compiled with it: the graph breaks there, and
        # with AVX2 its values are wrong.
        hooked = dict(body.named_modules()).get(task.kind.last)
        if hooked is not None:
            bare = copy.copy(hooked)
            bare._forward_hooks = OrderedDict()
            body.set_submodule(task.kind.last, bare)
        mean, deviation = self.model.mean, self.model.deviation
        inductor.freezing = True
        # The images that a batch of photographs has at one level are always as many.
        self.body = torch.compile(lambda x: body((x - mean) / deviation), dynamic=False)

    def attacked(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            activation = self.body(x.contiguous(memory_format=self.format))
        self.activation = activation.detach().requires_grad_()
        return self.head(self.activation)


def main() -> None:
    task = Task.read()
    torch.set_num_threads(task.threads)
    runner = Frozen(task, getattr(torch, task.format))
    start = time.perf_counter()
    sizes = {min(tuned.BATCH, len(task.images)), len(task.images) % tuned.BATCH or tuned.BATCH}
    for size in sizes:
        runner.run(task.images[:size])
    compiling = time.perf_counter() - start
    start = time.perf_counter()
    rows = runner.run(task.images)
    task.finish(rows, time.perf_counter() - start, compiling)


if __name__ == "__main__":
    main()
