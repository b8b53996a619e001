// The loops over heatmaps and activations that take most of the time where every layer is explained, compiled for each
// kind of vector unit. Products are rounded before they are added and sums have one order, whatever the processor: equal
// maps must give equal numbers, and 1 where they are divided by each other.
#pragma once
#include <stddef.h>

// Values in double precision, their squares, and where `other` is not NULL their products with another map's.
void cmaps_moments(const float *values, const float *other, double *plain, double *squares, double *products,
                   size_t count);

// A weighted sum of 2 radius + 1 lines: the centre first, then pairs outwards.
// means[x] = half_weights[0] lines[radius][x] + sum_d half_weights[d] (lines[radius - d][x] + lines[radius + d][x])
void cmaps_window(double *means, const double *const *lines, const double *half_weights, size_t radius, size_t count);

// Structural similarity at each place of a row from its means: `mean_x` and `variance_x` of the first map, `mean_y`
// and `square_y` of the second, `product` of both, which is overwritten with the similarity. `scale` makes covariances of
// them, c1 and c2 are the constants.
void cmaps_similarity(const double *mean_x, const double *variance_x, const double *mean_y, const double *square_y,
                      double *product, double scale, double c1, double c2, size_t count);

// The same, to the last bit, where the variance of the second map is known as well.
void cmaps_known_similarity(const double *mean_x, const double *variance_x, const double *mean_y,
                            const double *variance_y, double *product, double scale, double c1, double c2,
                            size_t count);

// sums[i] += sum_k weights[k] (values[i step + k] - offsets[k]), k in ascending order; offsets may be NULL for zeros.
void cmaps_weighted_sums(const float *values, size_t places, size_t step, const double *weights, const double *offsets,
                         size_t channels, double *sums);

// Values of a heatmap as colours over a photograph: pixels[3 i + c] = grounds[i] shares[step] + colours[3 step + c], rounded
// and within 0 to 255, where `step` is that of 256 equal ones in which map[i] lies, 1 in the last, NaN in the first.
void cmaps_overlay(const float *map, const double *grounds, const double *shares, const double *colours,
                   unsigned char *pixels, size_t count);
