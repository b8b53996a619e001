#!/usr/bin/env python3
"""Goldens of face alignment: scikit-image's least-squares similarity, OpenCV's warp and a shrinking warp by Pillow.

    python3 alignment.py ../../Tests/ImagesTests/Fixtures/alignment.json

Pictures are not stored: both sides make them from the same formula.
"""

import json
import sys

import cv2
import numpy as np
from PIL import Image
from skimage.transform import SimilarityTransform

SIZE = 256
ARCFACE = [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
TEMPLATE = np.array([((56 + (x - 56) * 0.7) * SIZE / 112, (56 + (y - 56) * 0.7) * SIZE / 112) for x, y in ARCFACE])


def picture(width: int, height: int) -> np.ndarray:
    """Smooth, so that a difference tells of places and not of noise."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    channels = [127.5 + 90 * np.sin(0.031 * (c + 1) * x + 0.7 * c) * np.cos(0.023 * (c + 2) * y) for c in range(3)]
    return np.floor(np.stack(channels, axis=-1) + 0.5).astype(np.uint8)


def case(name: str, width: int, height: int, landmarks: list[tuple[float, float]]) -> dict:
    source = np.array(landmarks)
    transform = SimilarityTransform()
    transform.estimate(source, TEMPLATE)
    matrix = transform.params
    image = picture(width, height)
    shrinks = 1 / transform.scale
    if shrinks > 1:
        # Antialiased by Pillow first, then OpenCV samples pixel by pixel.
        small = Image.fromarray(image).resize((round(width / shrinks), round(height / shrinks)), Image.Resampling.BILINEAR)
        fx, fy = small.width / width, small.height / height
        scale = np.array([[1 / fx, 0, 0.5 / fx - 0.5], [0, 1 / fy, 0.5 / fy - 0.5], [0, 0, 1]])
        matrix, image = matrix @ scale, np.asarray(small)
    warped = cv2.warpAffine(image, matrix[:2], (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return {"name": name, "width": width, "height": height, "landmarks": landmarks,
            "matrix": transform.params[:2].tolist(), "step": 17,
            "pixels": warped[::17, ::17].reshape(-1).tolist()}


def main() -> None:
    cases = [
        case("enlarged and turned", 130, 150, [(48.3, 61.2), (85.9, 55.4), (70.2, 80.8), (57.1, 103.6), (88.8, 98.7)]),
        case("shrunk", 900, 700, [(310.5, 250.25), (520.75, 262.5), (410.0, 390.5), (325.5, 480.0), (500.25, 492.75)]),
        case("past the edges", 120, 110, [(5.0, 12.0), (50.0, 9.0), (28.0, 38.0), (10.0, 60.0), (47.0, 58.0)]),
    ]
    with open(sys.argv[1], "w") as file:
        json.dump({"template": TEMPLATE.tolist(), "cases": cases}, file, indent=None, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
