"""The usual stack: pytorch-grad-cam, torchattacks and scikit-image, called as their own documentation shows.

    python3 usual.py TASK.json

Counted: reading the photographs, attacks, heatmaps, SSIM. Not counted: imports, making the model, loading weights.
"""

import time

import torch
import torchattacks
from pytorch_grad_cam import GradCAM
from skimage.metrics import structural_similarity

from task import Task


def main() -> None:
    task = Task.read()
    torch.set_num_threads(task.threads)
    model = task.model()
    attacks = {epsilon: torchattacks.FGSM(model, eps=epsilon) for epsilon in task.epsilons}
    rows = []
    with GradCAM(model=model, target_layers=[model.network.get_submodule(task.kind.last)]) as cam:
        # A first call is slower: libraries choose their kernels then.
        cam(torch.rand(1, 3, task.kind.size, task.kind.size), None)
        start = time.perf_counter()
        for path, label in task.images:
            x, y = task.image(path), torch.tensor([label])
            clean = cam(x, None)[0]  # None: the predicted class
            for epsilon, attack in attacks.items():
                heatmap = cam(attack(x, y), None)[0]
                ssim = structural_similarity(clean.astype("float64"), heatmap.astype("float64"), data_range=1.0)
                rows.append({"image": path, "epsilon": epsilon, "prediction": int(cam.outputs.argmax()),
                             "nissim": float((1 - ssim) / 2)})
        seconds = time.perf_counter() - start
    task.finish(rows, seconds)


if __name__ == "__main__":
    main()
