"""Writes and reads files of maps for Heatdrift: what a network answered on clean and attacked images and its class activation
maps, computed wherever the network runs. Needs NumPy and nothing else; take this one file along.

    from heatdrift_maps import Writer

    with Writer("maps/vit", producer="my script", size=224, classes=1000, software={"torch": torch.__version__},
                root="faces") as writer:
        for path, label in photographs:
            with writer.image(path, label) as image:
                image.clean(logits, {"blocks.11": raw_map})
                image.attacked("fgsm", "8/255", attacked_logits, {"blocks.11": attacked_map})

An experiment then names the folder, `models: [{name: ViT-B, maps: maps/vit}]`, and everything behind the maps is as for networks
that Heatdrift runs. `heatdrift maps inspect maps/vit` says what is in it, and Documentation/Maps.md describes the format.

A raw map is a class activation map of any height and width after the cut at 0 (`numpy.maximum(map, 0)`) and before anything
scales or enlarges it. Epsilon is in units of [0, 1] of the pixels, before mean and standard deviation. By default a map is by
`grad-cam` and explains the image's own prediction (`predicted`); where there are several, the maps of a level are a dictionary
with the keys (explanation, target, layer).

pytorch-grad-cam and torchattacks, on a GPU or a CPU
----------------------------------------------------
    import torch, torchattacks, torchvision
    from PIL import Image
    from pytorch_grad_cam import GradCAM
    from heatdrift_maps import Writer, fraction, photographs, raw_map

    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = torchvision.models.resnet50(weights="DEFAULT").eval()
    normalise = torchvision.transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    model = torch.nn.Sequential(normalise, network).eval().to(device)     # epsilon is in units of pixels
    prepare = torchvision.transforms.Compose([torchvision.transforms.Resize((224, 224)), torchvision.transforms.ToTensor()])
    cam = GradCAM(model, [network.layer4[-1]])

    def look(x):
        logits, raw = raw_map(cam, x)
        return logits, {"layer4.2": raw}

    with Writer("maps/resnet50", producer="pytorch-grad-cam and torchattacks", size=224, classes=1000, root="faces",
                orientation="ignore", libraries=["torch", "torchvision", "grad-cam", "torchattacks"]) as writer:
        for path, label in photographs("faces"):
            x = prepare(Image.open(path).convert("RGB"))[None].to(device)
            with writer.image(path, label) as image:
                image.clean(*look(x), picture=x)
                image.control(*look(x), picture=x)
                for epsilon in ("2/255", "4/255", "8/255"):
                    attack = torchattacks.FGSM(model, eps=fraction(epsilon))
                    attacked = attack(x, torch.tensor([label], device=device))
                    image.attacked("fgsm", epsilon, *look(attacked), picture=attacked)

captum, after the same first lines
----------------------------------
    from captum.attr import LayerGradCam
    from captum.robust import FGSM

    explain = LayerGradCam(model, network.layer4[-1])
    attack = FGSM(model, torch.nn.CrossEntropyLoss(reduction="none"), lower_bound=0, upper_bound=1)

    def look(x):
        logits = model(x)
        return logits, {"layer4.2": explain.attribute(x, logits.argmax(1), relu_attributions=True)}

    with Writer("maps/captum", producer="captum", size=224, classes=1000, root="faces", orientation="ignore",
                libraries=["torch", "torchvision", "captum"]) as writer:
        for path, label in photographs("faces"):
            x = prepare(Image.open(path).convert("RGB"))[None].to(device)
            with writer.image(path, label) as image:
                image.clean(*look(x))
                for epsilon in ("2/255", "4/255", "8/255"):
                    attacked = attack.perturb(x, fraction(epsilon), torch.tensor([label], device=device)).detach()
                    image.attacked("fgsm", epsilon, *look(attacked))

tf-keras (a network that ends in a softmax gives probabilities, whose logarithms are logits)
--------------------------------------------------------------------------------------------
    import numpy as np, tensorflow as tf
    from heatdrift_maps import Writer, fraction, photographs

    model = tf.keras.applications.ResNet50()
    both = tf.keras.Model(model.inputs, [model.get_layer("conv5_block3_out").output, model.output])
    read = lambda x: tf.keras.applications.resnet50.preprocess_input(255 * x)      # epsilon is in units of pixels

    def look(x, label):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            activations, probabilities = both(read(x))
            logits = tf.math.log(probabilities + 1e-30)
            score, loss = tf.reduce_max(logits), -logits[0, label]
        weights = tf.reduce_mean(tape.gradient(score, activations), (1, 2), keepdims=True)
        raw = tf.nn.relu(tf.reduce_sum(weights * activations, -1))
        return logits, {"conv5_block3_out": raw}, tf.sign(tape.gradient(loss, x))

    with Writer("maps/keras", producer="tf-keras", size=224, classes=1000, root="faces", libraries=["tensorflow"]) as writer:
        for path, label in photographs("faces"):
            x = tf.image.resize(tf.keras.utils.img_to_array(tf.keras.utils.load_img(path))[None] / 255, (224, 224), antialias=True)
            with writer.image(path, label) as image:
                logits, maps, sign = look(x, label)
                image.clean(logits, maps, picture=x)
                for epsilon in ("2/255", "4/255", "8/255"):
                    attacked = tf.clip_by_value(x + fraction(epsilon) * sign, 0, 1)
                    image.attacked("fgsm", epsilon, *look(attacked, label)[:2], picture=attacked)

A service that gives the highest classes alone: `image.clean({"class index": probability, ...}, maps)`, five at most.
"""

import hashlib
import json
import os
import struct

import numpy as np

VERSION = 1
KEY = "heatdrift_maps"
TARGETS = ("predicted", "label", "clean-prediction")
EXTENSIONS = tuple("." + name for name in ("jpg", "jpeg", "jpe", "jfif", "jif", "jfi", "png", "pgm", "ppm", "pnm"))


def photographs(root):
    """The photographs of a folder with a sub-folder for each label, as Heatdrift's data source `folder` numbers them: yields path
    and label, both in sorted order."""
    labels = sorted(name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name)) and name[0] != ".")
    for label, name in enumerate(labels):
        for file in sorted(os.listdir(os.path.join(root, name))):
            path = os.path.join(root, name, file)
            if file.lower().endswith(EXTENSIONS) and file[0] != "." and os.path.isfile(path):
                yield path, label


def raw_map(cam, x, target=None):
    """Logits and raw map of one image by an object of pytorch-grad-cam's, before the library scales and enlarges it.

    cam: GradCAM, HiResCAM, LayerCAM, ... with one layer. x: (1, 3, S, S). target: class index; the prediction where it is None.
    """
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    targets = None if target is None else [ClassifierOutputTarget(int(target))]
    cam(input_tensor=x, targets=targets)
    held = cam.activations_and_grads
    activations, gradients = held.activations[0].cpu().data.numpy(), held.gradients[0].cpu().data.numpy()
    sums = cam.get_cam_image(x, cam.target_layers[0], targets, activations, gradients, False)
    return cam.outputs, np.maximum(np.asarray(sums[0], dtype=np.float32), 0)


class Writer:
    """Writes files of maps into a folder, one after the other, so that no more than one of them is in memory."""

    def __init__(self, folder, producer, size, classes, root=None, software=None, libraries=(), fit="squash", resize=None,
                 orientation="apply", scaled=False, options=None, explanation="grad-cam", target="predicted",
                 most_bytes=256 << 20, most_images=4096):
        """folder: made where it is not there; it must have no file of maps yet.
        producer: what computes the maps, in words. size: height and width of the network's input. classes: how many it has.
        root: the data's folder, below which images are named; their file names alone without it.
        software: {library: version}; libraries: installed packages, whose versions are looked up.
        fit: `squash` or `crop` (the shorter side to `resize` pixels, then the centre), how photographs become the input;
        orientation: `apply` or `ignore`, whether EXIF turns them (Pillow does not unless asked).
        scaled: whether maps are scaled to [0, 1] already. options: {"pgd": {"steps": 10}}, as experiment files have them.
        explanation, target: what a map is by and of that is given by its layer alone.
        """
        from importlib.metadata import version

        self.folder, self.root = folder, root
        self.explanation, self.target = explanation, target
        self.most_bytes, self.most_images = most_bytes, most_images
        known = {name: str(number) for name, number in (software or {}).items()}
        known.update({name: version(name) for name in libraries})
        read = {"size": int(size), "fit": fit, "orientation": orientation}
        if resize is not None:
            read["resize"] = int(resize)
        self.about = {"version": VERSION, "producer": {"name": producer, "software": known}, "input": read,
                      "classes": int(classes), "maps": "scaled" if scaled else "raw"}
        if options:
            self.about["options"] = options
        os.makedirs(folder, exist_ok=True)
        there = [name for name in os.listdir(folder) if name.endswith(".safetensors")]
        if there:
            raise ValueError(f"{folder} has files of maps already ({there[0]}): name another folder, or remove them")
        self.files, self.seen, self.blocks, self.waiting = 0, {}, {}, {}

    def image(self, path, label=None, name=None, sha256=None):
        """One photograph: `with writer.image(path, label) as image: image.clean(...)`. path: its file, as Heatdrift will read it;
        label: its class index; name, sha256: in place of what the file and the root say."""
        return _Image(self, path, label, name, sha256)

    def add(self, image):
        if "clean" not in image.levels:
            raise ValueError(f"{image.name}: there is no clean image; call `clean` before the end of the `with`")
        if image.sha256 in self.seen:
            raise ValueError(f"{image.name} has the content of {self.seen[image.sha256]}, which was written already")
        self.seen[image.sha256] = image.name
        first = image.levels["clean"]
        # Images with the same entries share a file: a block without holes.
        block = (tuple(image.order), tuple(first.series), tuple(map.shape for map in first.maps), first.kind,
                 first.picture is not None)
        for level, own in image.levels.items():
            if own.describe() != first.describe():
                raise ValueError(f"{image.name}: {level} has other series, shapes, answers or pictures than the clean image")
        waiting = self.blocks.setdefault(block, [])
        waiting.append(image)
        self.waiting[block] = self.waiting.get(block, 0) + image.bytes
        if len(waiting) >= self.most_images or self.waiting[block] >= self.most_bytes:
            self._write(block)

    def close(self):
        """Writes what waits; nothing is complete before."""
        for block in list(self.blocks):
            self._write(block)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.close()

    def _write(self, block):
        images = self.blocks.pop(block)
        self.waiting.pop(block)
        order, series = block[0], block[1]
        explanations = sorted({key[0] for key in series})
        targets = [name for name in TARGETS if any(key[1] == name for key in series)]
        layers = list(dict.fromkeys(key[2] for key in series))
        missing = [(e, t, l) for e in explanations for t in targets for l in layers if (e, t, l) not in series]
        if missing:
            raise ValueError(f"{images[0].name}: the map {missing[0]} is missing: every explanation needs every target and layer")
        rows = [[image.levels[level] for level in order] for image in images]
        tensors = {}
        for layer in layers:
            tensors["maps." + layer] = np.stack([np.stack([np.stack([np.stack(
                [level.map(e, t, layer) for t in targets]) for e in explanations]) for level in row]) for row in rows])
        if images[0].levels["clean"].kind == "logits":
            tensors["logits"] = np.stack([np.stack([level.answer for level in row]) for row in rows])
        else:
            tensors["top_classes"] = np.stack([np.stack([level.answer[0] for level in row]) for row in rows])
            tensors["top_probabilities"] = np.stack([np.stack([level.answer[1] for level in row]) for row in rows])
        if images[0].levels["clean"].picture is not None:
            tensors["inputs"] = np.stack([np.stack([level.picture for level in row]) for row in rows])
        about = dict(self.about)
        about["images"] = [image.record for image in images]
        about["levels"] = [level_record(level) for level in order]
        about.update(explanations=explanations, targets=targets, layers=layers)
        self.files += 1
        save(os.path.join(self.folder, f"maps-{self.files:05}.safetensors"), tensors, about)


class _Level:
    def __init__(self, writer, where, answer, maps, picture):
        classes, size = writer.about["classes"], writer.about["input"]["size"]
        if isinstance(answer, dict):
            top = sorted(((int(key), float(value)) for key, value in answer.items()), key=lambda pair: (-pair[1], pair[0]))
            check(1 <= len(top) <= 5, f"{where}: {len(top)} classes, expected 1 to 5")
            check(all(0 <= key < classes and 0 < value <= 1 for key, value in top),
                  f"{where}: classes lie in 0 to {classes - 1}, probabilities above 0 and up to 1")
            self.kind = ("top", len(top))
            self.answer = np.array([key for key, _ in top], np.int64), np.array([value for _, value in top], np.float32)
        else:
            self.kind, self.answer = "logits", numbers(answer).reshape(-1)
            check(self.answer.size == classes, f"{where}: {self.answer.size} logits, expected {classes}")
            check(np.isfinite(self.answer).all(), f"{where}: a logit is NaN or infinite")
        self.series, self.maps = [], []
        for key, values in maps.items():
            key = (writer.explanation, writer.target, key) if isinstance(key, str) else tuple(key)
            check(len(key) == 3 and key[1] in TARGETS, f"{where}: {key} is no (explanation, target, layer), targets {TARGETS}")
            values = numbers(values)
            values = values.reshape(values.shape[-2:]) if values.ndim > 2 and values.size == np.prod(values.shape[-2:]) else values
            check(values.ndim == 2, f"{where}: the map of {key[2]} has the shape {values.shape}, expected (height, width)")
            check(np.isfinite(values).all(), f"{where}: the map of {key[2]} has NaN or infinity")
            check((values >= 0).all(), f"{where}: the map of {key[2]} has negative values; cut it at 0: np.maximum(map, 0)")
            self.series.append(key)
            self.maps.append(values)
        check(self.series, f"{where}: there is no map")
        self.picture = None
        if picture is not None:
            picture = numbers(picture)
            picture = picture.reshape(picture.shape[-3:]) if picture.ndim > 3 else picture
            if picture.ndim == 3 and picture.shape[0] != 3 and picture.shape[-1] == 3:
                picture = picture.transpose(2, 0, 1)
            check(picture.shape == (3, size, size), f"{where}: the picture has the shape {picture.shape}, expected (3, {size}, {size})")
            check(((picture >= -1e-6) & (picture <= 1 + 1e-6)).all(), f"{where}: pixels of the picture lie outside of [0, 1]")
            self.picture = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)

    def describe(self):
        return self.series, [map.shape for map in self.maps], self.kind, self.picture is not None

    def map(self, explanation, target, layer):
        return self.maps[self.series.index((explanation, target, layer))]

    @property
    def bytes(self):
        answer = sum(part.nbytes for part in self.answer) if isinstance(self.answer, tuple) else self.answer.nbytes
        return answer + sum(map.nbytes for map in self.maps) + (0 if self.picture is None else self.picture.nbytes)


class _Image:
    def __init__(self, writer, path, label, name, sha256):
        if sha256 is None:
            with open(path, "rb") as file:
                sha256 = hashlib.sha256(file.read()).hexdigest()
        if name is None:
            name = os.path.relpath(path, writer.root) if writer.root else os.path.basename(path)
        self.writer, self.name, self.sha256 = writer, name.replace(os.sep, "/"), sha256
        self.record = {"image": self.name, "sha256": sha256}
        if label is not None:
            check(0 <= int(label) < writer.about["classes"], f"{self.name}: the label {label} is none of the classes")
            self.record["label"] = int(label)
        self.levels, self.order = {}, []

    def clean(self, answer, maps, picture=None):
        """What the network answers on the image as it is (logits, or {class: probability}), and its raw maps by layer, or by
        (explanation, target, layer). picture: what it was given, (3, S, S) in [0, 1]; of all levels or of none."""
        self._add("clean", answer, maps, picture)

    def control(self, answer, maps, picture=None):
        """The same computed a second time, on the unchanged image: shows what of the drift is the computation's own."""
        self._add("control", answer, maps, picture)

    def attacked(self, attack, epsilon, answer, maps, picture=None):
        """The same on the attacked image. attack: as experiment files name it. epsilon: a number or a fraction ("8/255")."""
        value = fraction(epsilon)
        check(0 < value <= 1, f"{self.name}: epsilon is {epsilon}, expected a number above 0 and at most 1")
        check(attack and attack not in ("clean", "control"), f"{self.name}: an attack cannot be called {attack!r}")
        self._add((attack, epsilon if isinstance(epsilon, str) else value), answer, maps, picture)

    def _add(self, level, answer, maps, picture):
        check(level not in self.levels, f"{self.name}: {level} was given already")
        self.levels[level] = _Level(self.writer, f"{self.name}, {level}", answer, maps, picture)
        self.order.append(level)

    @property
    def bytes(self):
        return sum(level.bytes for level in self.levels.values())

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.writer.add(self)


def check(is_right, message):
    if not is_right:
        raise ValueError(message)


def numbers(values):
    """float32, from NumPy, PyTorch on any device, TensorFlow or lists."""
    for name in ("detach", "cpu"):
        if hasattr(values, name):
            values = getattr(values, name)()
    return np.ascontiguousarray(values, dtype=np.float32)


def fraction(epsilon):
    if isinstance(epsilon, str) and "/" in epsilon:
        above, below = epsilon.split("/")
        return float(above) / float(below)
    return float(epsilon)


def level_record(level):
    return {"attack": level} if isinstance(level, str) else {"attack": level[0], "epsilon": level[1]}


TYPES = {"float32": "F32", "float16": "F16", "float64": "F64", "uint8": "U8", "int32": "I32", "int64": "I64"}


def save(path, tensors, about):
    """One file: tensors by name, and what is said of them. It appears whole, or not at all."""
    header, offset = {"__metadata__": {KEY: json.dumps(about, separators=(",", ":"))}}, 0
    # Wider types first, so that every tensor is aligned.
    tensors = sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0]))
    for name, values in tensors:
        header[name] = {"dtype": TYPES[values.dtype.name], "shape": list(values.shape),
                        "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".part", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, values in tensors:
            file.write(values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes())
    os.replace(path + ".part", path)


def load(path):
    """What a file says of its maps, and its tensors by name as NumPy arrays: maps["maps.layer4.2"][image, level, explanation,
    target]. Arrays are mapped, not read."""
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    about = json.loads(header.pop("__metadata__")[KEY])
    names = {short: name for name, short in TYPES.items()}
    return about, {name: np.memmap(path, np.dtype(names[entry["dtype"]]).newbyteorder("<"), "r", 8 + length + entry["data_offsets"][0],
                                   tuple(entry["shape"])) for name, entry in header.items()}
