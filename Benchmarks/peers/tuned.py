"""The same protocol in PyTorch, tuned by hand.

    python3 tuned.py TASK.json

No parameter gradients, one gradient for all epsilons, backward passes of heatmaps through the head only, batches of
four photographs, SSIM in batches. The memory format is given: `benchmark.py` tries both and takes the faster one.
Counted: reading the photographs, attacks, heatmaps, SSIM. Not counted: imports, loading weights, a first batch.
"""

import time

import torch
import torch.nn.functional as F

from task import Task

BATCH = 4


def stretched(maps: torch.Tensor) -> torch.Tensor:
    """(n, 1, h, w), each to [0, 1] as pytorch-grad-cam does."""
    maps = maps - maps.amin(dim=(2, 3), keepdim=True)
    return maps / (1e-7 + maps.amax(dim=(2, 3), keepdim=True))


def ssim(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """scikit-image's structural_similarity of pairs (n, 1, S, S), window 7, data range 1."""
    a, b = a.double(), b.double()
    maps = torch.cat([a, b, a * a, b * b, a * b], dim=1)
    mean_a, mean_b, aa, bb, ab = F.avg_pool2d(maps, 7, stride=1).split(1, dim=1)
    norm = 49 / 48
    var_a, var_b, cov = norm * (aa - mean_a**2), norm * (bb - mean_b**2), norm * (ab - mean_a * mean_b)
    c1, c2 = 0.01**2, 0.03**2
    values = ((2 * mean_a * mean_b + c1) * (2 * cov + c2)) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
    return values.mean(dim=(1, 2, 3))


class Runner:
    def __init__(self, task: Task, format: torch.memory_format):
        self.task, self.format = task, format
        self.model = task.model().requires_grad_(False).to(memory_format=format)
        self.activation = None
        self.cut = False
        self.model.network.get_submodule(task.kind.last).register_forward_hook(self.watch)

    def watch(self, _module, _inputs, output):
        # The graph of an attacked image begins at the explained layer: nothing before it needs a gradient.
        self.activation = output.detach().requires_grad_() if self.cut else output
        return self.activation

    def heatmaps(self, logits: torch.Tensor, keep: bool) -> torch.Tensor:
        score = logits.max(dim=1).values.sum()
        gradient, = torch.autograd.grad(score, self.activation, retain_graph=keep)
        weights = gradient.mean(dim=(2, 3), keepdim=True)
        raw = (weights * self.activation.detach()).sum(dim=1, keepdim=True).clamp(min=0)
        side = self.task.kind.size
        return stretched(F.interpolate(stretched(raw), size=(side, side), mode="bilinear", align_corners=False))

    def attacked(self, x: torch.Tensor) -> torch.Tensor:
        """Logits whose gradients begin at the explained layer, which is left in `activation`."""
        return self.model(x)

    def batch(self, entries: list[tuple[str, int]]) -> list[dict]:
        x = torch.cat([self.task.image(path) for path, _ in entries]).contiguous(memory_format=self.format)
        y = torch.tensor([label for _, label in entries])
        self.cut = False
        x.requires_grad_()
        logits = self.model(x)
        clean = self.heatmaps(logits, keep=True)
        gradient, = torch.autograd.grad(F.cross_entropy(logits, y, reduction="sum"), x)
        self.cut = True
        sign, x = gradient.sign(), x.detach()
        rows = []
        for epsilon in self.task.epsilons:
            logits = self.attacked((x + epsilon * sign).clamp(0, 1))
            predictions = logits.argmax(dim=1)
            nissim = (1 - ssim(clean, self.heatmaps(logits, keep=False))) / 2
            for (path, _), prediction, value in zip(entries, predictions.tolist(), nissim.tolist()):
                rows.append({"image": path, "epsilon": epsilon, "prediction": prediction, "nissim": value})
        return rows

    def run(self, entries: list[tuple[str, int]]) -> list[dict]:
        return [row for i in range(0, len(entries), BATCH) for row in self.batch(entries[i:i + BATCH])]


def main() -> None:
    task = Task.read()
    torch.set_num_threads(task.threads)
    runner = Runner(task, getattr(torch, task.format))
    runner.run(task.images[:BATCH])  # a first call is slower: libraries choose their kernels then
    start = time.perf_counter()
    rows = runner.run(task.images)
    task.finish(rows, time.perf_counter() - start)


if __name__ == "__main__":
    main()
