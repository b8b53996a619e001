// Convolutions of 1 x 1 filters that pass over zeros. Behind a ReLU about half of a map's values are 0, and so are the gradients
// that come back through it; what a value of 0 would be multiplied with need not be read.
//
// The values of a pixel that are not 0 are gathered, some channels at a time, and each multiplies its row of the filters into sums
// that stay in registers. Where few values are 0, pixels go through some channels together instead, as in a product of matrices
// without zeros. Either way sums run over the channels in their order, each product fused into them: results are the same bits
// whichever way was taken, whatever pixels go beside a pixel, and with vectors of any width.
#pragma once
#include "CConvolutions.h"

typedef struct cpointwise_convolution {
  size_t lanes;    // channels in a vector: what `cconvolutions_has_lanes` says yes to
  size_t inputs;   // vectors of channels of the source
  size_t outputs;  // of the destination
  size_t height, width;           // rows and columns that are read and written
  cconvolutions_layout source;       // from one row and column that counts to the next; what no channel lies at in the last vector is 0
  cconvolutions_layout destination;  // of addends too
} cpointwise_convolution;

// Floats of arranged filters.
size_t cpointwise_filter_count(const cpointwise_convolution *convolution);

// Filter (o, i) is filters[o * output_stride + i * input_stride].
void cpointwise_arrange(const cpointwise_convolution *convolution, const float *filters, size_t outputs, size_t inputs,
                        size_t output_stride, size_t input_stride, float *arranged);

// Floats of scratch memory for a call, whatever the number of images.
size_t cpointwise_scratch_count(const cpointwise_convolution *convolution);

// destination = source * filters + bias + addend, at least 0 where `rectified` is set, for each image. `bias` has
// outputs * lanes floats; `addends` may be null, and may be the destinations.
void cpointwise_convolve(const cpointwise_convolution *convolution, const float *arranged, const float *bias,
                         const float *const *sources, const float *const *addends, float *const *destinations,
                         size_t images, bool rectified, float *scratch);
