"""How often intervals hold what they are of, and how wide they are: what the scripts on the coverage of intervals count."""

import numpy as np


class Tally:
    """Of some ways to make an interval of a correlation."""

    def __init__(self, ways: list[str]):
        self.samples = 0
        self.held, self.made, self.width = np.zeros(len(ways)), np.zeros(len(ways)), np.zeros(len(ways))

    def add(self, intervals: list, truth: float) -> None:
        """One sample: of each way its two ends, cut at -1 and 1, or None where it gives none."""
        self.samples += 1
        for way, ends in enumerate(intervals):
            if ends is None:
                continue
            low, high = max(-1.0, ends[0]), min(1.0, ends[1])
            self.held[way] += low <= truth <= high
            self.width[way] += high - low
            self.made[way] += 1

    def __str__(self) -> str:
        """Of each way how often it held, and in brackets of how many samples it gave none, and its mean width."""
        return "  ".join(f"{held / made:.3f} ({int(self.samples - made)}, {width / made:.2f})"
                         for held, made, width in zip(self.held, self.made, self.width))

    def short(self) -> str:
        """The same without how many it gave none of."""
        return " ".join(f"{held / made:.3f} ({width / made:.2f})" for held, made, width in zip(self.held, self.made, self.width))
