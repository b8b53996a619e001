#include "CRectifier.h"

#include <CProcessors.h>
#include <stdbool.h>
#include <string.h>

typedef float floats __attribute__((ext_vector_type(8)));
typedef int32_t integers __attribute__((ext_vector_type(8)));
typedef bool flags __attribute__((ext_vector_type(8)));

FOR_EACH_PROCESSOR
void crectifier_record(const float *values, size_t count, uint8_t *bits) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    floats x;
    memcpy(&x, values + i, sizeof x);
    flags passes = __builtin_convertvector(x > 0.0f, flags);
    memcpy(bits + i / 8, &passes, 1);
  }
  if (i < count) {
    unsigned rest = 0;
    for (size_t bit = 0; i + bit < count; bit++) rest |= (unsigned)(values[i + bit] > 0) << bit;
    bits[i / 8] = (uint8_t)rest;
  }
}

FOR_EACH_PROCESSOR
void crectifier_mask(float *gradient, size_t count, const uint8_t *bits) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    integers lane_bits = {1, 2, 4, 8, 16, 32, 64, 128};
    integers passes = ((integers)(int32_t)bits[i / 8] & lane_bits) != 0;
    integers x;
    memcpy(&x, gradient + i, sizeof x);
    x &= passes;
    memcpy(gradient + i, &x, sizeof x);
  }
  for (; i < count; i++)
    if (!(bits[i / 8] >> (i % 8) & 1)) gradient[i] = 0;
}

FOR_EACH_PROCESSOR
void crectifier_clip(float *values, size_t count, float lowest, float highest, uint8_t *bits) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    floats x;
    memcpy(&x, values + i, sizeof x);
    if (bits) {
      flags passes = __builtin_convertvector((x > lowest) & (x < highest), flags);
      memcpy(bits + i / 8, &passes, 1);
    }
    x = x < lowest ? (floats)lowest : x;
    x = x > highest ? (floats)highest : x;
    memcpy(values + i, &x, sizeof x);
  }
  unsigned rest = 0;
  for (size_t bit = 0; i + bit < count; bit++) {
    const float x = values[i + bit];
    rest |= (unsigned)(x > lowest && x < highest) << bit;
    values[i + bit] = x < lowest ? lowest : x > highest ? highest : x;
  }
  if (bits && i < count) bits[i / 8] = (uint8_t)rest;
}

FOR_EACH_PROCESSOR
void crectifier_leak(float *values, size_t count, float slope, uint8_t *bits) {
  if (bits) crectifier_record(values, count, bits);
  for (size_t i = 0; i < count; i++) values[i] = values[i] > 0 ? values[i] : slope * values[i];
}

FOR_EACH_PROCESSOR
void crectifier_mask_leak(float *gradient, size_t count, float slope, const uint8_t *bits) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const integers lane_bits = {1, 2, 4, 8, 16, 32, 64, 128};
    const integers passes = ((integers)(int32_t)bits[i / 8] & lane_bits) != 0;
    floats x;
    memcpy(&x, gradient + i, sizeof x);
    x = passes ? x : x * slope;
    memcpy(gradient + i, &x, sizeof x);
  }
  for (; i < count; i++)
    if (!(bits[i / 8] >> (i % 8) & 1)) gradient[i] *= slope;
}
