// Fully connected layers for a few rows at a time.
//
// Their weights are by far the largest of a network and are used once per row, so the time is that of reading them from
// memory. All rows of a call share one reading; oneDNN and OpenBLAS do so too, but with sums that depend on how many
// rows there are. Here every row's sums are made in the same order whatever rows stand beside it.
#pragma once
#include <stdbool.h>
#include <stddef.h>

// destination[r][o] = sum_i weights[o][i] source[r][i] + bias[o], at least 0 where relu is set.
// Weights are row-major (outputs, inputs); `sources` and `destinations` point to `rows` rows.
void clinear_forward(const float *weights, const float *bias, size_t inputs, size_t outputs, const float *const *sources,
                     float *const *destinations, size_t rows, bool relu);

// source_gradient[r][i] = sum_o weights[o][i] destination_gradient[r][o].
void clinear_backward(const float *weights, size_t inputs, size_t outputs, const float *const *destination_gradients,
                      float *const *source_gradients, size_t rows);

// For benchmarks: runs fused multiply-adds on registers alone and returns how many floating-point operations they were.
double clinear_multiply_add_rounds(size_t rounds);
