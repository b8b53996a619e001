// What the loops of all kinds of convolutions have in common.
#pragma once
#include "CConvolutions.h"

#include <CProcessors.h>
#include <string.h>

INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// What all parts of a call are given.
struct call {
  const float *arranged;
  const float *bias;
  const float *const *sources;
  const float *const *addends;
  float *const *destinations;
  size_t images;
  bool rectified;
};
