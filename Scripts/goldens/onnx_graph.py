"""What an import has to find in a graph: the layer `last`, by the rule of the measuring protocol.

`last` is the last value that is a map with h, w > 1, lies on every path from the image to the logits, and is not made by pooling,
Pad, Transpose, Reshape, Identity or Dropout, nor by a constant affine step or the Pow and Clip of a generalised mean. A batch
normalisation that alone uses a convolution's result belongs to that convolution.
"""

POOLINGS = {"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "LpPool", "ReduceMean", "ReduceMax",
            "ReduceSum",
            "ReduceL2"}
PASSING = {"Pad", "Transpose", "Reshape", "Identity", "Dropout", "Flatten", "Squeeze", "Unsqueeze", "Cast"}
AFFINE = {"Add", "Sub", "Mul", "Div"}
OF_SHAPES = {"Shape", "Size"}


class Flow:
    """Which nodes carry the image to the logits. `values` are those of a run (onnx_reference.run)."""

    def __init__(self, model, values, image="image", logits="logits"):
        self.values, self.image, self.logits = values, image, logits
        carried = {image}
        self.nodes = []  # (node, its inputs that depend on the image)
        for node in model.graph.node:
            inputs = [] if node.op_type in OF_SHAPES else [name for name in node.input if name in carried]
            if inputs:
                carried.update(node.output)
                self.nodes.append((node, inputs))
        self.makers = {name: (node, inputs) for node, inputs in self.nodes for name in node.output}

    def users(self, name):
        return [node for node, inputs in self.nodes if name in inputs]

    def on_every_path(self, name):
        reached = {self.image} - {name}
        for node, inputs in self.nodes:
            if any(each in reached for each in inputs):
                reached.update(output for output in node.output if output != name)
        return self.logits not in reached

    def is_map(self, name):
        shape = self.values[name].shape
        return len(shape) == 4 and shape[2] > 1 and shape[3] > 1

    def makes_layer(self, name):
        node, inputs = self.makers[name]
        if node.op_type in POOLINGS | PASSING:
            return False
        if node.op_type == "BatchNormalization":
            before = self.makers.get(inputs[0])
            return before is not None and before[0].op_type == "Conv" and len(self.users(inputs[0])) == 1
        if node.op_type in AFFINE and len(inputs) == 1:
            return False
        behind = [user.op_type for user in self.users(name)]
        if node.op_type == "Pow":
            return not (set(behind) & POOLINGS)
        return not (node.op_type == "Clip" and "Pow" in behind)

    def layers(self):
        """Names of maps in the order of the graph."""
        return [name for node, _ in self.nodes for name in node.output if name in self.values and self.values[name] is not None
                and self.values[name].is_floating_point() and self.is_map(name)]

    def last(self):
        return [name for name in self.layers() if self.makes_layer(name) and self.on_every_path(name)][-1]
