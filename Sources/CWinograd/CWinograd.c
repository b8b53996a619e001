#include "CWinograd.h"

#include <CProcessors.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum {
  // Squares that are transformed together: as many rows of a product as make a reading of the filters worth while; with 256
  // channels on both sides they take 3.5 MB, of which a point's part stays in the second-level cache while it is multiplied.
  tiles_at_once = 48,
  most_points = 36,
};

// The points at which polynomials are evaluated, besides infinity. For 4 x 4 those with the least error of sums over channels
// among pairs (a, b) of few bits: with 1 and 2, as in the paper, it is 2.2 times as large.
static const float a1 = 0.625f, a2 = 0.390625f, b1 = 1.5f, b2 = 2.25f;
static const double points_of_4[] = {0, 0.625, -0.625, 1.5, -1.5};
static const double points_of_2[] = {0, 1, -1};

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
INLINE size_t points(const cwinograd_convolution *c) { return (c->tile + 2) * (c->tile + 2); }
INLINE size_t padded(size_t floats) { return (floats + 15) / 16 * 16; }

// Vectors of outputs that a product of so many lanes makes beside each other.
INLINE size_t outputs_at_once(size_t outputs, size_t done) { return outputs - done >= 2 ? 2 : 1; }

// What all squares of a call have in common.
struct call {
  const float *arranged;
  const float *bias;
  const float *const *sources;
  const float *const *addends;
  float *const *destinations;
  size_t images;
  bool rectified;
};

// Some squares that follow each other: rows first, then images.
struct tiles {
  size_t across, of_image;
  size_t first, count;
};

struct place {
  size_t image, row, column;
};

INLINE struct place place_of(const struct tiles *tiles, size_t tile, size_t extent) {
  const size_t number = tiles->first + tile, within = number % tiles->of_image;
  return (struct place){number / tiles->of_image, within / tiles->across * extent, within % tiles->across * extent};
}

#if defined(__x86_64__) && defined(__clang__)

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#define LANES 16
#define ROWS 12
#define DEPTH 128
#define NAME(name) name##_16
#include "Loops.h"
#undef LANES
#undef ROWS
#undef DEPTH
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define ROWS 6
#define DEPTH 256
#define NAME(name) name##_8
#include "Loops.h"
#undef LANES
#undef ROWS
#undef DEPTH
#undef NAME
#pragma clang attribute pop

bool cwinograd_has_lanes(size_t lanes) {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return false;
  return lanes == 8 || (lanes == 16 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"));
}

void cwinograd_convolve(const cwinograd_convolution *c, const float *arranged, const float *bias,
                        const float *const *sources, const float *const *addends, float *const *destinations,
                        size_t images, bool rectified, float *scratch) {
  const struct call call = {arranged, bias, sources, addends, destinations, images, rectified};
  if (c->lanes == 16) {
    if (c->tile == 4) convolve_by_4_16(c, &call, scratch);
    else convolve_by_2_16(c, &call, scratch);
  } else {
    if (c->tile == 4) convolve_by_4_8(c, &call, scratch);
    else convolve_by_2_8(c, &call, scratch);
  }
}

#else

bool cwinograd_has_lanes(size_t lanes) {
  (void)lanes;
  return false;
}

void cwinograd_convolve(const cwinograd_convolution *c, const float *arranged, const float *bias,
                        const float *const *sources, const float *const *addends, float *const *destinations,
                        size_t images, bool rectified, float *scratch) {
  (void)c, (void)arranged, (void)bias, (void)sources, (void)addends, (void)destinations, (void)images, (void)rectified;
  (void)scratch;
}

#endif

size_t cwinograd_filter_count(const cwinograd_convolution *c) {
  return points(c) * c->inputs * c->outputs * c->lanes * c->lanes;
}

size_t cwinograd_scratch_count(const cwinograd_convolution *c) {
  // A cache line between points: else their parts, powers of two apart, would share few places of a cache.
  return points(c) * (padded(tiles_at_once * c->inputs * c->lanes + 16) + padded(tiles_at_once * c->outputs * c->lanes + 16));
}

// (tile + 2, 3): a filter's values at the points, each over the product of its distances from the others.
static void make_matrix(size_t tile, double matrix[6][3]) {
  const double *at = tile == 4 ? points_of_4 : points_of_2;
  const size_t finite = tile + 1;
  for (size_t i = 0; i < finite; i++) {
    double distances = 1;
    for (size_t j = 0; j < finite; j++)
      if (j != i) distances *= at[i] - at[j];
    matrix[i][0] = 1 / distances;
    matrix[i][1] = at[i] / distances;
    matrix[i][2] = at[i] * at[i] / distances;
  }
  matrix[finite][0] = matrix[finite][1] = 0;
  matrix[finite][2] = 1;
}

enum { filters_at_once = 16 };

// Transforms as many filters as there are lanes, beside each other.
FOR_EACH_PROCESSOR
static void transform_filters(double matrix[6][3], size_t tile, double (*filter)[filters_at_once],
                              double (*transformed)[filters_at_once]) {
  const size_t extent = tile + 2;
  double half[6][3][filters_at_once];
  for (size_t i = 0; i < extent; i++)
    for (size_t k = 0; k < 3; k++)
      for (size_t o = 0; o < filters_at_once; o++)
        half[i][k][o] = matrix[i][0] * filter[k][o] + matrix[i][1] * filter[3 + k][o] + matrix[i][2] * filter[6 + k][o];
  for (size_t i = 0; i < extent; i++)
    for (size_t j = 0; j < extent; j++)
      for (size_t o = 0; o < filters_at_once; o++)
        transformed[i * extent + j][o] =
            matrix[j][0] * half[i][0][o] + matrix[j][1] * half[i][1][o] + matrix[j][2] * half[i][2][o];
}

void cwinograd_arrange(const cwinograd_convolution *c, const float *filters, size_t outputs, size_t inputs,
                       size_t output_stride, size_t input_stride, bool turned, float *arranged) {
  double matrix[6][3], filter[9][filters_at_once], transformed[most_points][filters_at_once];
  make_matrix(c->tile, matrix);
  const size_t lanes = c->lanes, channels = c->inputs * lanes;
  for (size_t first = 0; first < c->outputs;) {
    const size_t some = outputs_at_once(c->outputs, first);
    for (size_t input = 0; input < channels; input++)
      for (size_t vector = 0; vector < some; vector++) {
        memset(filter, 0, sizeof filter);
        const size_t output = (first + vector) * lanes;
        if (input < inputs)
          for (size_t lane = 0; lane < lanes && output + lane < outputs; lane++) {
            const float *own = filters + (output + lane) * output_stride + input * input_stride;
            for (size_t element = 0; element < 9; element++) filter[element][lane] = own[turned ? 8 - element : element];
          }
        transform_filters(matrix, c->tile, filter, transformed);
        float *to = arranged + (first * channels + input * some + vector) * lanes;
        for (size_t point = 0; point < points(c); point++, to += channels * c->outputs * lanes)
          for (size_t lane = 0; lane < lanes; lane++) to[lane] = (float)transformed[point][lane];
      }
    first += some;
  }
}
