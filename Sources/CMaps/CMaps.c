#include "CMaps.h"

#include <CProcessors.h>

#pragma STDC FP_CONTRACT OFF

FOR_EACH_PROCESSOR
void cmaps_moments(const float *restrict values, const float *restrict other, double *restrict plain,
                   double *restrict squares, double *restrict products, size_t count) {
  for (size_t x = 0; x < count; x++) {
    double value = (double)values[x];
    plain[x] = value;
    squares[x] = value * value;
  }
  if (other)
    for (size_t x = 0; x < count; x++) products[x] = (double)other[x] * plain[x];
}

enum { radius = CMAPS_GAUSSIAN_RADIUS, taps = 2 * radius + 1 };

// All lines of a window are read once and the sum stays in a register.
INLINE void weigh(double *restrict means, const double *const *restrict lines, const double *restrict half_weights,
                  size_t count) {
  const double *const *restrict centre = lines + radius;
  for (size_t x = 0; x < count; x++) {
    double sum = half_weights[0] * centre[0][x];
    for (size_t distance = 1; distance <= radius; distance++)
      sum += half_weights[distance] * (centre[-(ptrdiff_t)distance][x] + centre[distance][x]);
    means[x] = sum;
  }
}

FOR_EACH_PROCESSOR
void cmaps_gaussian_row(double *means, double *rings, const double *values, size_t quantities, size_t row,
                        size_t columns, const double *half_weights) {
  const double *lines[taps];
  for (size_t quantity = 0; quantity < quantities; quantity++) {
    double *ring = rings + quantity * taps * columns;
    for (size_t tap = 0; tap < taps; tap++) lines[tap] = values + quantity * (columns + 2 * radius) + tap;
    weigh(ring + row % taps * columns, lines, half_weights, columns);
    if (row < 2 * radius) continue;
    // The oldest line of the ring is the one after the newest.
    for (size_t tap = 0; tap < taps; tap++) lines[tap] = ring + (row + 1 + tap) % taps * columns;
    weigh(means + quantity * columns, lines, half_weights, columns);
  }
}

// Lines of sums along a row, and of sums of two such: as many as the newest sum of seven rows reaches back to.
enum { ring_of_rows = 7, ring_of_pairs = CMAPS_UNIFORM_RING - ring_of_rows };

FOR_EACH_PROCESSOR
void cmaps_uniform_row(double *restrict means, double *restrict rings, const double *restrict values, size_t quantities,
                       size_t row, size_t columns) {
  for (size_t quantity = 0; quantity < quantities; quantity++) {
    const double *restrict v = values + quantity * (columns + 6);
    double *restrict rows = rings + quantity * CMAPS_UNIFORM_RING * columns;
    double *restrict pairs = rows + ring_of_rows * columns;
    double *restrict mean = means + quantity * columns;
    double *own = rows + row % ring_of_rows * columns, *pair = pairs + row % ring_of_pairs * columns;
    const double *before = rows + (row + ring_of_rows - 1) % ring_of_rows * columns;
    const double *six_before = rows + (row + 1) % ring_of_rows * columns;
    const double *pair_2_before = pairs + (row + ring_of_pairs - 2) % ring_of_pairs * columns;
    const double *pair_4_before = pairs + (row + 1) % ring_of_pairs * columns;
#pragma clang loop vectorize(assume_safety)
    for (size_t x = 0; x < columns; x++) {
      const double sum = ((v[x] + v[x + 1]) + (v[x + 2] + v[x + 3])) + ((v[x + 4] + v[x + 5]) + v[x + 6]);
      const double two = before[x] + sum;
      mean[x] = ((pair_2_before[x] + two) + (pair_4_before[x] + six_before[x])) * (1.0 / 49);
      own[x] = sum;
      pair[x] = two;
    }
  }
}

enum { at_once = CMAPS_SUMS };

// `variance_y` is NULL where the means of squares are known and not the variance.
INLINE void add_similarities(const size_t some, size_t start, const double *restrict mean_x,
                             const double *restrict variance_x, const double *restrict mean_y,
                             const double *restrict variance_y, const double *restrict square_y,
                             const double *restrict product, double scale, double c1, double c2,
                             double *restrict sums) {
  for (size_t lane = 0; lane < some; lane++) {
    size_t x = start + lane;
    double ux = mean_x[x], uy = mean_y[x];
    double vy = variance_y ? variance_y[x] : scale * (square_y[x] - uy * uy);
    double vxy = scale * (product[x] - ux * uy);
    double numerator = (2 * ux * uy + c1) * (2 * vxy + c2);
    double denominator = (ux * ux + uy * uy + c1) * (variance_x[x] + vy + c2);
    sums[lane] += numerator / denominator;
  }
}

FOR_EACH_PROCESSOR
void cmaps_similarity(const double *mean_x, const double *variance_x, const double *mean_y, const double *square_y,
                      const double *product, double scale, double c1, double c2, size_t count, double *sums) {
  size_t x = 0;
  for (; x + at_once <= count; x += at_once)
    add_similarities(at_once, x, mean_x, variance_x, mean_y, NULL, square_y, product, scale, c1, c2, sums);
  add_similarities(count - x, x, mean_x, variance_x, mean_y, NULL, square_y, product, scale, c1, c2, sums);
}

FOR_EACH_PROCESSOR
void cmaps_known_similarity(const double *mean_x, const double *variance_x, const double *mean_y,
                            const double *variance_y, const double *product, double scale, double c1, double c2,
                            size_t count, double *sums) {
  size_t x = 0;
  for (; x + at_once <= count; x += at_once)
    add_similarities(at_once, x, mean_x, variance_x, mean_y, variance_y, NULL, product, scale, c1, c2, sums);
  add_similarities(count - x, x, mean_x, variance_x, mean_y, variance_y, NULL, product, scale, c1, c2, sums);
}

enum {
  chains = 16,  // sums beside each other, since each addition waits for the one before it
  tile = 8,     // places, and channels, that are turned at once
};

typedef float floats __attribute__((vector_size(tile * sizeof(float)), aligned(sizeof(float))));
typedef double doubles __attribute__((vector_size(tile * sizeof(double)), aligned(sizeof(double))));

// Rows of some places become rows of some channels: pairs, fours, then halves change places.
INLINE void turn(floats row[tile]) {
  floats some[tile];
  for (size_t j = 0; j < tile; j += 2) {
    some[j] = __builtin_shufflevector(row[j], row[j + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    some[j + 1] = __builtin_shufflevector(row[j], row[j + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (size_t j = 0; j < tile; j += 4)
    for (size_t i = j; i < j + 2; i++) {
      row[i] = __builtin_shufflevector(some[i], some[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      row[i + 2] = __builtin_shufflevector(some[i], some[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (size_t i = 0; i < tile / 2; i++) {
    floats low = row[i], high = row[i + 4];
    row[i] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 8, 9, 10, 11);
    row[i + 4] = __builtin_shufflevector(low, high, 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

// `chains` places at a time. Returns how many places it has done.
INLINE size_t sum_some(const float *restrict values, size_t places, size_t step, const double *restrict weights,
                       const double *restrict offsets, size_t channels, double *restrict sums) {
  size_t i = 0;
  for (; i + chains <= places; i += chains) {
    doubles sum[chains / tile];
    for (size_t part = 0; part < chains / tile; part++) sum[part] = *(const doubles *)(sums + i + part * tile);
    size_t k = 0;
    for (; k + tile <= channels; k += tile) {
      floats row[chains / tile][tile];
      for (size_t part = 0; part < chains / tile; part++) {
        for (size_t j = 0; j < tile; j++)
          row[part][j] = *(const floats *)(values + (i + part * tile + j) * step + k);
        turn(row[part]);
      }
      for (size_t j = 0; j < tile; j++) {
        double offset = offsets ? offsets[k + j] : 0;
        for (size_t part = 0; part < chains / tile; part++)
          sum[part] += weights[k + j] * (__builtin_convertvector(row[part][j], doubles) - offset);
      }
    }
    for (; k < channels; k++) {
      double offset = offsets ? offsets[k] : 0;
      for (size_t part = 0; part < chains / tile; part++) {
        const float *first = values + (i + part * tile) * step + k;
        floats some;
        if (step == 1)
          some = *(const floats *)first;
        else
          for (size_t j = 0; j < tile; j++) some[j] = first[j * step];
        sum[part] += weights[k] * (__builtin_convertvector(some, doubles) - offset);
      }
    }
    for (size_t part = 0; part < chains / tile; part++) *(doubles *)(sums + i + part * tile) = sum[part];
  }
  return i;
}

FOR_EACH_PROCESSOR
void cmaps_weighted_sums(const float *restrict values, size_t places, size_t step, const double *restrict weights,
                         const double *restrict offsets, size_t channels, double *restrict sums) {
  size_t i = sum_some(values, places, step, weights, offsets, channels, sums);
  for (; i < places; i++) {
    double sum = sums[i];
    for (size_t k = 0; k < channels; k++) sum += weights[k] * ((double)values[i * step + k] - (offsets ? offsets[k] : 0));
    sums[i] = sum;
  }
}

FOR_EACH_PROCESSOR
void cmaps_overlay(const float *restrict map, const double *restrict grounds, const double *restrict shares,
                   const double *restrict colours, unsigned char *restrict pixels, size_t count) {
  for (size_t i = 0; i < count; i++) {
    double scaled = (double)map[i] * 256;
    int step = (int)(scaled > 0 ? scaled < 255 ? scaled : 255 : 0);
    const double *colour = colours + 3 * step;
    double ground = grounds[i] * shares[step];
    for (size_t c = 0; c < 3; c++) {
      double sum = ground + colour[c] + 0.5;
      pixels[3 * i + c] = (unsigned char)(sum > 0 ? sum < 255 ? sum : 255 : 0);
    }
  }
}
