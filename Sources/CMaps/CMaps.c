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

FOR_EACH_PROCESSOR
void cmaps_window(double *restrict means, const double *const *lines, const double *half_weights, size_t radius,
                  size_t count) {
  const double *centre = lines[radius];
  for (size_t x = 0; x < count; x++) means[x] = half_weights[0] * centre[x];
  for (size_t distance = 1; distance <= radius; distance++) {
    const double *before = lines[radius - distance], *after = lines[radius + distance];
    const double weight = half_weights[distance];
    for (size_t x = 0; x < count; x++) means[x] += weight * (before[x] + after[x]);
  }
}

FOR_EACH_PROCESSOR
void cmaps_similarity(const double *restrict mean_x, const double *restrict variance_x, const double *restrict mean_y,
                      const double *restrict square_y, double *restrict product, double scale, double c1, double c2,
                      size_t count) {
  for (size_t x = 0; x < count; x++) {
    double ux = mean_x[x], uy = mean_y[x];
    double vy = scale * (square_y[x] - uy * uy);
    double vxy = scale * (product[x] - ux * uy);
    double numerator = (2 * ux * uy + c1) * (2 * vxy + c2);
    double denominator = (ux * ux + uy * uy + c1) * (variance_x[x] + vy + c2);
    product[x] = numerator / denominator;
  }
}

FOR_EACH_PROCESSOR
void cmaps_known_similarity(const double *restrict mean_x, const double *restrict variance_x,
                            const double *restrict mean_y, const double *restrict variance_y,
                            double *restrict product, double scale, double c1, double c2, size_t count) {
  for (size_t x = 0; x < count; x++) {
    double ux = mean_x[x], uy = mean_y[x];
    double vxy = scale * (product[x] - ux * uy);
    double numerator = (2 * ux * uy + c1) * (2 * vxy + c2);
    double denominator = (ux * ux + uy * uy + c1) * (variance_x[x] + variance_y[x] + c2);
    product[x] = numerator / denominator;
  }
}

enum { chains = 8 };  // sums beside each other, since each addition waits for the one before it

FOR_EACH_PROCESSOR
void cmaps_weighted_sums(const float *restrict values, size_t places, size_t step, const double *restrict weights,
                         const double *restrict offsets, size_t channels, double *restrict sums) {
  size_t i = 0;
  for (; i + chains <= places; i += chains) {
    const float *base = values + i * step;
    double sum[chains];
    for (size_t j = 0; j < chains; j++) sum[j] = sums[i + j];
    for (size_t k = 0; k < channels; k++) {
      double offset = offsets ? offsets[k] : 0;
      for (size_t j = 0; j < chains; j++) sum[j] += weights[k] * ((double)base[j * step + k] - offset);
    }
    for (size_t j = 0; j < chains; j++) sums[i + j] = sum[j];
  }
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
