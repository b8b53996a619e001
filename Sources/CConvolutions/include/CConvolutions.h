// Convolutions of our own, where they are faster than a library's.
#pragma once
#include <stdbool.h>
#include <stddef.h>

// How floats of a map lie: channels beside each other in vectors.
typedef struct cconvolutions_layout {
  size_t vector;  // floats from one vector of channels to the next
  size_t row;     // to the next row
  size_t column;  // to the next column
  size_t last;    // channels of the last vector that may be read and written: all, or fewer where another pixel follows
} cconvolutions_layout;

// Whether this processor has loops for vectors of so many floats: 16 with AVX-512, 8 with AVX2.
bool cconvolutions_has_lanes(size_t lanes);

#include "CWinograd.h"
#include "CZeroSkipping.h"
