#include "Calls.h"

enum {
  // Squares that are transformed together: enough rows of a product to make a reading of the filters worth while. With 256
  // channels on both sides those of 6 x 6 take 3.5 MB, of which what belongs to a point stays in the second-level cache while it
  // is multiplied.
  squares_at_once = 48,
  most_points = 36,
};

// The points at which polynomials are evaluated, besides infinity. For 4 x 4 those with the least error of sums over channels
// among pairs (a, b) of few bits: with 1 and 2, as in the paper, it is 2.2 times as large.
static const float a1 = 0.625f, a2 = 0.390625f, b1 = 1.5f, b2 = 2.25f;
static const double points_of_4[] = {0, 0.625, -0.625, 1.5, -1.5};
static const double points_of_2[] = {0, 1, -1};

INLINE size_t padded(size_t floats) { return (floats + 15) / 16 * 16; }

INLINE size_t points_of(size_t tile) { return (tile + 2) * (tile + 2); }

// Vectors of outputs that a product makes beside each other.
INLINE size_t outputs_at_once(size_t outputs, size_t done) { return outputs - done >= 2 ? 2 : 1; }

// Whether all points of some outputs follow each other, and the results are made of sums that were just written; else all outputs
// of a point do, as where what enters the products fills more of the second-level cache than could stay there from one vector of
// outputs to the next.
INLINE bool outputs_first(const cwinograd_convolution *c) {
  const size_t floats = points_of(c->tile) * squares_at_once * c->inputs * c->lanes;
  return floats <= (1 << 20) / sizeof(float);
}

// Vectors of outputs whose results are made together. Where all channels of a pixel lie beside each other, so many that what is
// written there at a time fills some cache lines in a row, and their sums part of the second-level cache.
INLINE size_t outputs_together(const cwinograd_convolution *c) {
  if (c->destination.vector != c->lanes) return 2;
  const size_t of_a_vector = points_of(c->tile) * squares_at_once * c->lanes * sizeof(float);
  const size_t groups = (1 << 19) / (2 * of_a_vector);
  return 2 * (groups > 0 ? groups : 1);
}

// Sums of some vectors of outputs at all points, in groups of two and, at the end, perhaps one: (squares, vectors, lane) each.
struct sums {
  float *at;
  size_t point;  // floats from point to point of a group
  size_t group;  // from group to group
  size_t first, vectors;
};

// Some squares that follow each other: rows first, then images.
struct part {
  size_t across, of_image;
  size_t first, count;
};

struct place {
  size_t image, row, column;
};

INLINE struct place place_of(const struct part *part, size_t index) {
  const size_t number = part->first + index, within = number % part->of_image;
  return (struct place){number / part->of_image, within / part->across, within % part->across};
}

#if defined(__x86_64__) && defined(__clang__)

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#define LANES 16
#define ROWS 12
#define DEPTH 128
#define NAME(name) name##_16
#include "Vectors.h"
#include "WinogradProducts.h"
#include "WinogradTransforms.h"
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
#include "Vectors.h"
#include "WinogradProducts.h"
#include "WinogradTransforms.h"
#undef LANES
#undef ROWS
#undef DEPTH
#undef NAME
#pragma clang attribute pop

void cwinograd_convolve(const cwinograd_convolution *c, const float *arranged, const float *bias,
                        const float *const *sources, const float *const *addends, float *const *destinations,
                        size_t images, bool rectified, float *scratch) {
  const struct call call = {arranged, bias, sources, addends, destinations, images, rectified};
  if (c->lanes == 16)
    convolve_16(c, &call, scratch);
  else
    convolve_8(c, &call, scratch);
}

#else

void cwinograd_convolve(const cwinograd_convolution *c, const float *arranged, const float *bias,
                        const float *const *sources, const float *const *addends, float *const *destinations,
                        size_t images, bool rectified, float *scratch) {
  (void)c, (void)arranged, (void)bias, (void)sources, (void)addends, (void)destinations, (void)images, (void)rectified;
  (void)scratch;
}

#endif

size_t cwinograd_filter_count(const cwinograd_convolution *c) {
  return points_of(c->tile) * c->inputs * c->outputs * c->lanes * c->lanes;
}

size_t cwinograd_scratch_count(const cwinograd_convolution *c) {
  // A cache line between points: else their parts, powers of two apart, would share few places of a cache.
  const size_t rows = squares_at_once * c->lanes, groups = (smaller(c->outputs, outputs_together(c)) + 1) / 2;
  const size_t leaving = outputs_first(c) ? groups * padded(2 * rows + 16) : padded(c->outputs * rows + 16);
  return points_of(c->tile) * (padded(c->inputs * rows + 16) + leaving);
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

// As many filters as a vector has lanes, beside each other.
typedef double filters[filters_at_once];

FOR_EACH_PROCESSOR
static void transform_filters(const double matrix[6][3], size_t extent, const filters *filter, filters *transformed) {
  filters half[6][3];
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

void cwinograd_arrange(const cwinograd_convolution *c, const float *given, size_t outputs, size_t inputs,
                       size_t output_stride, size_t input_stride, bool turned, float *arranged) {
  const size_t lanes = c->lanes, points = points_of(c->tile), channels = c->inputs * lanes;
  double matrix[6][3];
  filters filter[9], transformed[most_points];
  make_matrix(c->tile, matrix);
  for (size_t first = 0; first < c->outputs; first += 2) {
    const size_t some = outputs_at_once(c->outputs, first);
    for (size_t input = 0; input < channels; input++)
      for (size_t vector = 0; vector < some; vector++) {
        memset(filter, 0, sizeof filter);
        const size_t output = (first + vector) * lanes;
        if (input < inputs)
          for (size_t lane = 0; lane < lanes && output + lane < outputs; lane++) {
            const float *own = given + (output + lane) * output_stride + input * input_stride;
            for (size_t element = 0; element < 9; element++) filter[element][lane] = own[turned ? 8 - element : element];
          }
        transform_filters(matrix, c->tile + 2, filter, transformed);
        for (size_t point = 0; point < points; point++) {
          const size_t before = outputs_first(c) ? first * points + point * some : point * c->outputs + first;
          float *to = arranged + (before * channels + input * some + vector) * lanes;
          for (size_t lane = 0; lane < lanes; lane++) to[lane] = (float)transformed[point][lane];
        }
      }
  }
}
