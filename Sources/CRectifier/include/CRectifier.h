// What a backward pass needs to know of a ReLU: one bit for each element, set where the gradient passes. A thirty-second
// of the memory that the values themselves would take.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Bit i % 8 of bits[i / 8] <- values[i] > 0. Writes (count + 7) / 8 bytes.
void crectifier_record(const float *values, size_t count, uint8_t *bits);

// gradient[i] <- 0 where the bit of i is not set.
void crectifier_mask(float *gradient, size_t count, const uint8_t *bits);
