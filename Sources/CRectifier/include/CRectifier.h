// What a backward pass needs to know of a ReLU and its kin: one bit for each element, set where the gradient passes. A thirty-second
// of the memory that the values themselves would take.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Bit i % 8 of bits[i / 8] <- values[i] > 0. Writes (count + 7) / 8 bytes.
void crectifier_record(const float *values, size_t count, uint8_t *bits);

// values[i] <- the nearest within the bounds, and where bits is not NULL, bit i of it <- it lay between them, at neither.
// NaN stays NaN.
void crectifier_clip(float *values, size_t count, float lowest, float highest, uint8_t *bits);

// values[i] <- slope values[i] where it is not greater than 0, and where bits is not NULL, bit i of it <- it was.
void crectifier_leak(float *values, size_t count, float slope, uint8_t *bits);

// gradient[i] <- slope gradient[i] where the bit of i is not set.
void crectifier_mask_leak(float *gradient, size_t count, float slope, const uint8_t *bits);

// gradient[i] <- 0 where the bit of i is not set.
void crectifier_mask(float *gradient, size_t count, const uint8_t *bits);
