#!/usr/bin/env python3
"""The polynomial by which Sources/CElements/Functions.c computes the tail of the normal distribution.

    python3 Scripts/goldens/normal_tail.py      # needs numpy and scipy

Fits erfcx(z) / t, t = 1 / (1 + z / 2), relatively, by least squares at Chebyshev's points of 1/8 <= t <= 1, and prints the
coefficients of (t - 9/16) 16/7, the lowest first, and the greatest relative error, exactly and in single precision.
"""

import numpy as np
from numpy.polynomial import chebyshev, polynomial
from scipy.special import erfcx

DEGREE = 8
LOWEST, HIGHEST = 1 / 8, 1.0


def scaled(x):
    return (x + 1) / 2 * (HIGHEST - LOWEST) + LOWEST


def wanted(t):
    return erfcx(2 / t - 2) / t


def main() -> None:
    x = np.cos(np.pi * (np.arange(4000) + 0.5) / 4000)
    target = wanted(scaled(x))
    coefficients = chebyshev.cheb2poly(chebyshev.chebfit(x, target, DEGREE, w=1 / target)).astype(np.float32)
    x = np.linspace(-1, 1, 200001)
    target = wanted(scaled(x))
    single = np.zeros(x.shape, np.float32)
    for coefficient in coefficients[::-1]:
        single = single * x.astype(np.float32) + coefficient
    print([float(c) for c in coefficients])
    print(np.max(np.abs(polynomial.polyval(x, coefficients.astype(float)) / target - 1)))
    print(np.max(np.abs(single / target - 1)))


if __name__ == "__main__":
    main()
