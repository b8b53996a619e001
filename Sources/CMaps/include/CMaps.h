// The loops over heatmaps and activations that take most of the time where every layer is explained, compiled for each
// kind of vector unit. Products are rounded before they are added and sums have one order, whatever the processor: equal
// maps must give equal numbers, and 1 where they are divided by each other.
#pragma once
#include <stddef.h>

// Values in double precision, their squares, and where `other` is not NULL their products with another map's.
void cmaps_moments(const float *values, const float *other, double *plain, double *squares, double *products,
                   size_t count);

enum {
  CMAPS_GAUSSIAN_RADIUS = 5,  // of that window
  CMAPS_UNIFORM_RING = 12,    // lines of a quantity's ring
  CMAPS_SUMS = 8,             // beside each other: one would wait for each addition
};

// A row of some quantities goes through a window of 11 rows and columns. Its `columns` + 10 numbers, those of one quantity
// behind those of another, are weighed along the row into a line of the quantity's ring of 11; from row 10 on the ring's lines are
// weighed into `means`, `columns` for each quantity. Each sum is half_weights[0] v[0] + sum_d half_weights[d] (v[-d] + v[d]), the
// centre first, then pairs outwards.
void cmaps_gaussian_row(double *means, double *rings, const double *values, size_t quantities, size_t row,
                        size_t columns, const double *half_weights);

// The same of a window of 7 rows and columns that weigh alike: its numbers are added, in twos and fours, and divided by 49. The
// ring of a quantity has CMAPS_UNIFORM_RING lines, of zeros at first; means count from row 6 on.
void cmaps_uniform_row(double *means, double *rings, const double *values, size_t quantities, size_t row, size_t columns);

// Structural similarity at each place of a row from its means: `mean_x` and `variance_x` of the first map, `mean_y`
// and `square_y` of the second, `product` of both. `scale` makes covariances of them, c1 and c2 are the constants.
// The place x of the row is added to sums[x % CMAPS_SUMS].
void cmaps_similarity(const double *mean_x, const double *variance_x, const double *mean_y, const double *square_y,
                      const double *product, double scale, double c1, double c2, size_t count, double *sums);

// The same, to the last bit, where the variance of the second map is known as well.
void cmaps_known_similarity(const double *mean_x, const double *variance_x, const double *mean_y,
                            const double *variance_y, const double *product, double scale, double c1, double c2,
                            size_t count, double *sums);

// sums[i] += sum_k weights[k] (values[i step + k] - offsets[k]), k in ascending order; offsets may be NULL for zeros.
void cmaps_weighted_sums(const float *values, size_t places, size_t step, const double *weights, const double *offsets,
                         size_t channels, double *sums);

// Values of a heatmap as colours over a photograph: pixels[3 i + c] = grounds[i] shares[step] + colours[3 step + c], rounded
// and within 0 to 255, where `step` is that of 256 equal ones in which map[i] lies, 1 in the last, NaN in the first.
void cmaps_overlay(const float *map, const double *grounds, const double *shares, const double *colours,
                   unsigned char *pixels, size_t count);
