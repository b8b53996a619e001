// Convolutions of 3 x 3 filters at stride 1 by Winograd's algorithm (Lavin & Gray, "Fast Algorithms for Convolutional Neural
// Networks", CVPR 2016): F(4x4, 3x3) needs 4 times fewer multiplications than there are, F(2x2, 3x3) 2.25 times.
//
// A square of the map is transformed, each of its points multiplied by its own matrix of channels, and the result transformed
// back; some tens of squares at a time, which stay in the processor's caches from one end to the other. Squares of all images of
// a call share a reading of the filters. The sums of a square run in the same order whatever squares go beside it.
#pragma once
#include "CConvolutions.h"

typedef struct cwinograd_convolution {
  size_t lanes;    // channels in a vector: what `cconvolutions_has_lanes` says yes to
  size_t tile;     // rows and columns that a square gives: 2 or 4
  size_t inputs;   // vectors of channels of the source
  size_t outputs;  // of the destination
  size_t height, width;
  size_t padding_above, padding_left;  // rows and columns of zeros: 0 to 2
  size_t result_height, result_width;
  cconvolutions_layout source;       // what no channel lies at in the last vector is 0
  cconvolutions_layout destination;  // of addends too
} cwinograd_convolution;

// Floats of arranged filters.
size_t cwinograd_filter_count(const cwinograd_convolution *convolution);

// Transforms filters, in double precision. Filter (o, i) starts at filters[o * output_stride + i * input_stride], row-major.
// `turned`: each by half a turn, as the gradient of a convolution is a convolution with.
void cwinograd_arrange(const cwinograd_convolution *convolution, const float *filters, size_t outputs, size_t inputs,
                       size_t output_stride, size_t input_stride, bool turned, float *arranged);

// Floats of scratch memory for a call, whatever the number of images.
size_t cwinograd_scratch_count(const cwinograd_convolution *convolution);

// destination = source * filters + bias + addend, at least 0 where `rectified` is set, for each image. `bias` has
// outputs * lanes floats; `addends` may be null, and may be the destinations.
void cwinograd_convolve(const cwinograd_convolution *convolution, const float *arranged, const float *bias,
                        const float *const *sources, const float *const *addends, float *const *destinations,
                        size_t images, bool rectified, float *scratch);
