#pragma once
#include <stdint.h>

/// Packs rows of RGB bytes as a baseline JPEG with Huffman tables of its own, which make small pictures a third smaller;
/// TurboJPEG does that only where the environment asks for it.
/// - Parameters:
///   - quality: 1 to 100.
///   - halvesChroma: whether colour has half the resolution of lightness.
///   - data: set to memory that free takes; null before.
///   - message: 200 bytes, set to what libjpeg says where it fails.
/// - Returns: 0, or 1 where it fails; data is null then.
int cjpeg_compress(const uint8_t *rgb, int width, int height, int quality, int halvesChroma, uint8_t **data,
                   unsigned long *size, char *message);
