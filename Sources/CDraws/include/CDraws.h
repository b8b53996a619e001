// The loop that resampling spends its time in, compiled for each kind of vector unit. It only adds, in the order of the draw,
// so that sums have the same bits whatever the processor.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Numbers of a row.
#define CDRAWS_LANES 16

// sums[lane] = sum_i rows[CDRAWS_LANES drawn[i] + lane], i in ascending order.
void cdraws_sums(const double *rows, const uint16_t *drawn, size_t count, double *sums);
