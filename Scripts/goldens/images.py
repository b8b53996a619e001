#!/usr/bin/env python3
"""Writes the small pictures of Tests/ImagesTests/Fixtures and what Pillow and PyTorch make of them.

    python3 Scripts/goldens/images.py

Needs numpy, Pillow and torch. `NAME.rgb` holds what decoding `NAME` has to give: two little-endian 32-bit numbers
(width, height), then the RGB bytes. Where Pillow keeps fewer bits or another convention than PROTOCOL.md, the
expectation is computed here from the stored samples. `resize-*.f32` holds two 32-bit numbers (height, width) and the
float32 values (3, height, width).
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

FOLDER = Path(__file__).resolve().parents[2] / "Tests/ImagesTests/Fixtures"
WIDTH, HEIGHT = 21, 13


def photograph(width=WIDTH, height=HEIGHT, channels=3, top=255):
    """Smooth colours with a hard edge and some grain, so that chroma upsampling and rounding show."""
    y, x = np.mgrid[0:height, 0:width]
    grain = np.random.default_rng(7).normal(0, 0.03, (height, width, channels))
    planes = [0.5 + 0.45 * np.sin((0.31 + 0.17 * c) * x + (0.23 - 0.11 * c) * y + c) for c in range(channels)]
    image = np.stack(planes, -1) + grain
    image[height // 3:height // 2, width // 4:width // 2] = np.linspace(0.05, 0.95, channels)
    return np.round(np.clip(image, 0, 1) * top).astype(np.uint16 if top > 255 else np.uint8)


def write(name, content, pixels=None):
    """The picture, and its pixels (H, W, 3); Pillow's when not given."""
    (FOLDER / name).write_bytes(content)
    if pixels is None:
        pixels = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"))
    assert pixels.dtype == np.uint8 and pixels.shape[2] == 3
    height, width = pixels.shape[:2]
    (FOLDER / (name + ".rgb")).write_bytes(struct.pack("<II", width, height) + pixels.tobytes())


def jpegs():
    rgb, grey = Image.fromarray(photograph()), Image.fromarray(photograph(channels=1)[..., 0])
    cmyk = Image.fromarray(photograph(channels=4), "CMYK")

    def saved(image, **options):
        stream = io.BytesIO()
        image.save(stream, "JPEG", **{"quality": 85, **options})
        return stream.getvalue()

    write("grey.jpg", saved(grey))
    for name in ["4:4:4", "4:2:2", "4:2:0", "4:1:1"]:
        write(f"rgb-{name.replace(':', '')}.jpg", saved(rgb, subsampling=name))
    write("rgb-progressive.jpg", saved(rgb, progressive=True))
    write("rgb-kept.jpg", saved(rgb, keep_rgb=True))
    write("rgb-restarts.jpg", saved(rgb, restart_marker_blocks=1))
    write("cmyk.jpg", saved(cmyk))
    # The same without Adobe's marker, and as YCCK by its transform flag.
    content = saved(cmyk)
    start = content.index(b"\xff\xee")
    length = 2 + struct.unpack(">H", content[start + 2:start + 4])[0]
    write("cmyk-unmarked.jpg", content[:start] + content[start + length:])
    ycck = bytearray(content)
    ycck[start + length - 1] = 2
    write("ycck.jpg", bytes(ycck))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        write(f"orientation-{orientation}.jpg", saved(rgb, exif=exif.tobytes()))
    content = saved(rgb)
    block = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    write("orientation-little-endian.jpg",
          content[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + content[2:])
    write("trailing.jpg", content + b"after the end")


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(samples, depth, colour, before=(), after=(), palette=None):
    """A PNG by hand: every row unfiltered. `samples` (H, W, channels)."""
    height, width, channels = samples.shape
    rows = b""
    for row in samples.reshape(height, -1):
        if depth == 16:
            packed = row.astype(">u2").tobytes()
        elif depth == 8:
            packed = row.astype(np.uint8).tobytes()
        else:
            bits = ((row[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
            packed = np.packbits(bits).tobytes()
        rows += b"\0" + packed
    chunks = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))]
    chunks += [chunk(*item) for item in before]
    if palette is not None:
        chunks.append(chunk(b"PLTE", palette.tobytes()))
    chunks += [chunk(*item) for item in after]
    chunks += [chunk(b"IDAT", zlib.compress(rows, 9)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def scaled(samples, top):
    """round(255 v / top)"""
    return ((samples.astype(np.int64) * 510 + top) // (2 * top)).astype(np.uint8)


def on_white(samples, top=255):
    """The last channel is alpha; composited in the samples' own bits, then scaled to 8."""
    value, alpha = samples[..., :-1].astype(np.int64), samples[..., -1:].astype(np.int64)
    return scaled((2 * value * alpha + top) // (2 * top) + top - alpha, top)


def thrice(grey):
    return np.repeat(grey, 3, -1) if grey.shape[-1] == 1 else grey


def agrees(content, pixels):
    """That Pillow gives the same: checked where it keeps 8 bits."""
    image = Image.open(io.BytesIO(content))
    if "transparency" in image.info or image.mode in ("LA", "RGBA", "PA"):
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    assert np.array_equal(np.asarray(image.convert("RGB")), pixels)


def pngs():
    rng = np.random.default_rng(3)
    for depth in [1, 2, 4, 8, 16]:
        samples = photograph(channels=1, top=2 ** depth - 1)
        content, pixels = png(samples, depth, 0), thrice(scaled(samples, 2 ** depth - 1))
        if depth < 16:
            agrees(content, pixels)
        write(f"grey-{depth}.png", content, pixels)
    for depth in [8, 16]:
        top = 2 ** depth - 1
        for name, colour, channels in [("rgb", 2, 3), ("grey-alpha", 4, 2), ("rgba", 6, 4)]:
            samples = photograph(channels=channels, top=top)
            content = png(samples, depth, colour)
            pixels = scaled(samples, top) if colour == 2 else thrice(on_white(samples, top))
            if depth == 8:
                agrees(content, pixels)
            write(f"{name}-{depth}.png", content, pixels)
    for depth in [1, 2, 4, 8]:
        palette = rng.integers(0, 256, (2 ** depth, 3), dtype=np.uint8)
        samples = photograph(channels=1, top=2 ** depth - 1)
        content, pixels = png(samples, depth, 3, palette=palette), palette[samples[..., 0]]
        agrees(content, pixels)
        write(f"palette-{depth}.png", content, pixels)
        alphas = rng.integers(0, 256, 2 ** depth - 1, dtype=np.uint8)
        content = png(samples, depth, 3, palette=palette, after=[(b"tRNS", alphas.tobytes())])
        coloured = np.concatenate([palette, np.append(alphas, 255)[:, None].astype(np.uint8)], 1)
        pixels = on_white(coloured[samples[..., 0]])
        agrees(content, pixels)
        write(f"palette-{depth}-transparent.png", content, pixels)
    for depth in [4, 8, 16]:
        top = 2 ** depth - 1
        samples = photograph(channels=1, top=top)
        key = samples[0, 0, 0]
        content = png(samples, depth, 0, after=[(b"tRNS", struct.pack(">H", key))])
        pixels = np.where(samples == key, 255, scaled(samples, top)).astype(np.uint8)
        write(f"grey-{depth}-transparent.png", content, thrice(pixels))
    for depth in [8, 16]:
        top = 2 ** depth - 1
        samples = photograph(top=top)
        key = samples[1, 1]
        content = png(samples, depth, 2, after=[(b"tRNS", struct.pack(">HHH", *key))])
        pixels = np.where((samples == key).all(-1, keepdims=True), 255, scaled(samples, top)).astype(np.uint8)
        write(f"rgb-{depth}-transparent.png", content, pixels)
    # Colour-space chunks must not change a sample.
    gamma, linear = (b"gAMA", struct.pack(">I", 100000)), (b"gAMA", struct.pack(">I", 45455))
    primaries = (b"cHRM", struct.pack(">8I", 31270, 32900, 70000, 29000, 20000, 70000, 15000, 5000))
    for name, depth, colour, channels in [("grey", 8, 0, 1), ("grey-alpha", 8, 4, 2), ("rgb", 8, 2, 3),
                                          ("rgba", 8, 6, 4), ("rgb", 16, 2, 3), ("rgba", 16, 6, 4)]:
        samples, top = photograph(channels=channels, top=2 ** depth - 1), 2 ** depth - 1
        pixels = thrice(scaled(samples, top) if channels % 2 else on_white(samples, top))
        content = png(samples, depth, colour, before=[gamma, primaries])
        if depth == 8:
            agrees(content, pixels)
        write(f"gamma-{name}-{depth}.png", content, pixels)
    samples = photograph()
    write("chunks-rgb.png", png(samples, 8, 2, before=[
        linear, (b"sRGB", b"\0"), (b"iCCP", b"x\0\0" + zlib.compress(b"not a profile")), (b"bKGD", b"\0\1\0\2\0\3"),
        (b"tEXt", b"Title\0x"), (b"acTL", struct.pack(">II", 2, 0))]) + b"after the end", samples)
    turned = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0\0"
    write("orientation-8.png", png(samples, 8, 2, before=[(b"eXIf", turned)]), np.rot90(samples).copy())
    interlaced()


def interlaced():
    """Adam7, 8 and 16 bits, without and with alpha."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    for depth, name, colour, channels in [(8, "8", 2, 3), (16, "16", 2, 3), (8, "rgba-8", 6, 4), (16, "rgba-16", 6, 4)]:
        top = 2 ** depth - 1
        samples = photograph(channels=channels, top=top)
        rows = b""
        for x, y, dx, dy in passes:
            part = samples[y::dy, x::dx]
            for row in part.reshape(part.shape[0], -1):
                rows += b"\0" + row.astype(">u2" if depth == 16 else np.uint8).tobytes()
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, 1)
        chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
        content = b"\x89PNG\r\n\x1a\n" + chunks
        write(f"interlaced-{name}.png", content, scaled(samples, top) if channels == 3 else on_white(samples, top))


def pnms():
    for kind, channels in [("P2", 1), ("P3", 3), ("P5", 1), ("P6", 3)]:
        for top in [1, 10, 255, 1000, 65535]:
            samples = photograph(9, 7, channels, max(top, 256)) if top > 255 else photograph(9, 7, channels, top)
            samples = np.minimum(samples.astype(np.int64), top)
            header = f"{kind}\n# a comment\n9 # another\n7\n{top}\n".encode()
            if kind in ("P2", "P3"):
                body = "\n".join(" ".join(map(str, row)) for row in samples.reshape(7, -1)).encode()
            else:
                body = samples.astype(">u2" if top > 255 else np.uint8).tobytes()
            # Pillow's arithmetic: round(value / maximum * 255), halves to even.
            pixels = np.array([round(v / top * 255) for v in samples.reshape(-1).tolist()], np.uint8)
            pixels = thrice(pixels.reshape(7, 9, channels))
            if top <= 255:
                agrees(header + body, pixels)
            write(f"{kind.lower()}-{top}.{'pgm' if channels == 1 else 'ppm'}", header + body, pixels)


def resizes():
    """The picture is computed in the test, too: (i * 7919 + i * i * 31) % 256 over its bytes (H, W, 3)."""
    for height, width, new_height, new_width in [(61, 47, 24, 24), (24, 31, 24, 24), (9, 14, 24, 24), (1, 1, 5, 5),
                                                 (40, 3, 7, 11), (24, 24, 24, 24), (112, 92, 13, 17)]:
        i = np.arange(height * width * 3, dtype=np.int64)
        image = ((i * 7919 + i * i * 31) % 256).astype(np.uint8).reshape(height, width, 3)
        x = torch.from_numpy(image).permute(2, 0, 1).float().div(255)[None]
        y = torch.nn.functional.interpolate(x, (new_height, new_width), mode="bilinear", antialias=True,
                                            align_corners=False)[0]
        name = f"resize-{height}x{width}-{new_height}x{new_width}.f32"
        (FOLDER / name).write_bytes(struct.pack("<II", new_height, new_width) + y.contiguous().numpy().tobytes())
    for height, width, resize, size in [(31, 47, 20, 16), (47, 31, 21, 16), (10, 12, 27, 24)]:
        i = np.arange(height * width * 3, dtype=np.int64)
        image = ((i * 7919 + i * i * 31) % 256).astype(np.uint8).reshape(height, width, 3)
        x = torch.from_numpy(image).permute(2, 0, 1).float().div(255)[None]
        # torchvision.transforms.functional: resize to the shorter side, centre crop.
        short, long = min(height, width), max(height, width)
        target = int(resize * long / short)
        new = (resize, target) if height <= width else (target, resize)
        y = torch.nn.functional.interpolate(x, new, mode="bilinear", antialias=True, align_corners=False)[0]
        top, left = int(round((new[0] - size) / 2.0)), int(round((new[1] - size) / 2.0))
        y = y[:, top:top + size, left:left + size].clamp(0, 1)
        name = f"crop-{height}x{width}-{resize}-{size}.f32"
        (FOLDER / name).write_bytes(struct.pack("<II", size, size) + y.contiguous().numpy().tobytes())


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    jpegs()
    pngs()
    pnms()
    resizes()
