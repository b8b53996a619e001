#!/usr/bin/env python3
"""Goldens of networks that Keras 3 wrote: the beginning of MobileNetV2, narrow, and one of a single sigmoid.

    python3 Scripts/goldens/onnx_keras.py

The same network is written by Keras on TensorFlow, by Keras on PyTorch (which leaves each normalisation as Sub, Mul, Add between two
Transposes), and by tf2onnx; the second has one output behind a sigmoid. Channels stand last in the input of all of them.
The truth is Keras's own: logits and gradients by TensorFlow in double precision, from the same weights. Layers within come
from the file (onnx_reference.py), whose logits and gradient are held to that truth. The records go into `networks.json` beside those of
onnx_networks.py, which leaves them where they are.

Needs keras, tensorflow, tf2onnx and what onnx_networks.py needs.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
HEIGHT, WIDTH, CLASSES = 72, 56, 7  # no map has as many channels as rows or columns
FILES = {"keras-tensorflow": ("tensorflow", CLASSES), "keras-torch": ("torch", CLASSES), "keras-tf2onnx": ("tensorflow", CLASSES),
         "keras-sigmoid": ("tensorflow", 1)}


def generated(name, count):
    from golden_networks import generated as numbers
    return numbers(name, count)


# --- In a process for each of Keras's backends ------------------------------------------------------------------------------------

def network(outputs):
    import keras
    base = keras.applications.MobileNetV2(input_shape=(HEIGHT, WIDTH, 3), alpha=0.1, weights=None, include_top=False)
    pooled = keras.layers.GlobalAveragePooling2D()(base.get_layer("block_4_add").output)
    logits = keras.layers.Dense(outputs)(pooled)
    made = keras.Model(base.input, keras.layers.Activation("sigmoid" if outputs == 1 else "softmax")(logits))
    generator = np.random.default_rng(outputs)
    values = []
    for weight in made.weights:
        shape = tuple(weight.shape)
        if len(shape) > 1:
            depthwise = "depthwise" in weight.path
            fan_in = np.prod(shape[:2]) if depthwise else np.prod(shape[:-1])
            values.append(generator.uniform(-1, 1, shape) * np.sqrt(6 / fan_in))
        elif weight.name in ("gamma", "moving_variance"):
            values.append(generator.uniform(0.7, 1.3, shape))
        else:
            values.append(generator.uniform(-0.3, 0.3, shape))
    made.set_weights([value.astype(np.float32) for value in values])
    return made, keras.Model(base.input, logits)


def write(stem, folder):
    """The file, and of Keras on TensorFlow the truth at eight images."""
    import keras
    backend, outputs = FILES[stem]
    made, _ = network(outputs)
    made(np.zeros((1, HEIGHT, WIDTH, 3), dtype=np.float32))
    path = f"{folder}/{stem}.onnx"
    if stem == "keras-tf2onnx":
        import tf2onnx
        tf2onnx.convert.from_keras(made, opset=13, output_path=path)
    else:
        made.export(path, format="onnx", verbose=False)
    if backend == "tensorflow":
        import tensorflow as tf
        weights = made.get_weights()
        keras.backend.set_floatx("float64")
        made, behind = network(outputs)
        made.set_weights([weight.astype(np.float64) for weight in weights])
        truth = {}
        for number in range(8):
            image = tf.constant(np.load(f"{folder}/images.npy")[number].transpose(0, 2, 3, 1).astype(np.float64))
            with tf.GradientTape() as tape:
                tape.watch(image)
                logits = behind(image, training=False)
                # Of a single one the logits are 0 and itself.
                chosen = int(np.argmax(logits[0])) if outputs > 1 else 0
                score = logits[0, chosen]
            gradient = tape.gradient(score, image).numpy().transpose(0, 3, 1, 2)
            truth |= {f"logits{number}": logits.numpy().ravel(), f"gradient{number}": gradient, f"class{number}": chosen}
        np.savez(f"{folder}/{stem}.npz", **truth)


# --- Records --------------------------------------------------------------------------------------------------------------------------

def planes(value):
    """(1, channels, height, width), wherever the channels stand; None for what is no map."""
    for order in ((0, 1, 2, 3), (0, 3, 1, 2)):
        height, width = (value.shape[axis] for axis in order[2:])
        if height * WIDTH == width * HEIGHT:
            return value.permute(order)
    return None


def record(stem, folder, images):
    import onnx
    import onnxruntime
    import torch

    import onnx_reference
    from golden_networks import error, packed, raw_map
    from onnx_graph import Flow
    from onnx_networks import LARGEST_MAP, sampled
    from onnx_operators import difference
    model = onnx.load(f"{folder}/{stem}.onnx")
    image_name = model.graph.input[0].name
    final = next(node for node in model.graph.node if node.op_type in ("Softmax", "Sigmoid"))
    truth = np.load(f"{folder}/{'keras-tensorflow' if stem == 'keras-torch' else stem}.npz")
    best = None
    for number in range(len(images)):
        kept = {}

        def keep(name, value):
            if value is not None and value.requires_grad:
                kept[name] = value
            return value

        x = torch.from_numpy(images[number]).double().requires_grad_()
        values = onnx_reference.run(model, {image_name: x.permute(0, 2, 3, 1)}, keep)
        logits = values[final.input[0]].reshape(-1)
        chosen = int(truth[f"class{number}"])
        names = list(kept)
        gradients = torch.autograd.grad(logits[chosen], [x] + [kept[name] for name in names], allow_unused=True)
        away = error(gradients[0].numpy(), truth[f"gradient{number}"])
        if best is None or away < best[0]:
            best = away, number, values, logits.detach().numpy(), gradients[0].numpy(), dict(zip(names, gradients[1:]))
    away, number, values, logits, gradient, of_values = best
    assert away < 1e-4 and difference(logits, truth[f"logits{number}"]) < 1e-5, (stem, away)
    # The same without what makes probabilities.
    cut = onnx.ModelProto()
    cut.CopyFrom(model)
    del cut.graph.output[:]
    cut.graph.output.append(onnx.helper.make_tensor_value_info(final.input[0], onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(cut.SerializeToString(), providers=["CPUExecutionProvider"])
    fed = images[number].transpose(0, 2, 3, 1)
    by_runtime = session.run(None, {image_name: fed})[0].ravel()
    chosen, exact = int(truth[f"class{number}"]), truth[f"logits{number}"]
    if len(by_runtime) == 1:
        by_runtime, exact, chosen = np.array([0, by_runtime[0]]), np.array([0, exact[0]]), 1
    flow = Flow(model, values, image_name, final.input[0])
    maps = [name for name in flow.layers() if flow.makes_layer(name) and of_values.get(name) is not None
            and planes(values[name]) is not None and planes(values[name])[0, 0].numel() <= LARGEST_MAP]
    layers = []
    for kind, name in (("last", flow.last()), ("within", maps[len(maps) // 3]), ("within", maps[2 * len(maps) // 3])):
        value, slope = values[name].detach(), of_values[name]
        # Of channels that stand last the map alone is taken with them first.
        layers.append({
            "layer": kind, "value": name, "operator": flow.makers[name][0].op_type, "modules": [], "shape": list(value.shape[1:]),
            "activations": sampled(value, 32), "gradient": sampled(slope, 32), "map": packed(raw_map(planes(value), planes(slope)))})
    operators = [node.op_type for node in model.graph.node]
    print(f"{stem}: {len(model.SerializeToString()) // 1000} KB, {len(operators)} nodes, gradient {away:.1e} from Keras's own, last {flow.last()}")
    return {
        "file": f"{stem}.onnx", "family": "keras", "exporter": stem.removeprefix("keras-"),
        "opset": next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx")), "shape": [3, HEIGHT, WIDTH],
        "operators": {kind: operators.count(kind) for kind in sorted(set(operators))}, "image": f"keras.{number}",
        "logits": packed(by_runtime), "exactLogits": packed(exact), "class": chosen, "gradient": sampled(truth[f"gradient{number}"], 64),
        "layers": layers}


def main() -> int:
    if len(sys.argv) == 4 and sys.argv[1] == "--write":
        write(sys.argv[2], sys.argv[3])
        return 0
    from onnx_networks import TARGET
    images = np.stack([generated(f"keras.{number}", 3 * HEIGHT * WIDTH).astype(np.float32).reshape(1, 3, HEIGHT, WIDTH) for number in range(8)])
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/images.npy", images)
        for stem, (backend, _) in FILES.items():
            subprocess.run([sys.executable, __file__, "--write", stem, folder], check=True, capture_output=True,
                           env=os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"})
        made = [record(stem, folder, images) for stem in FILES]
        listed = TARGET / "networks.json"
        others = [entry for entry in json.loads(listed.read_text()) if entry["family"] != "keras"]
        for entry in made:
            (TARGET / entry["file"]).write_bytes(Path(folder, entry["file"]).read_bytes())
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in others + made)
    listed.write_text(f"[\n{lines}\n]\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
