// Direct convolutions that pass over zeros. Behind a ReLU about half of a map's values are 0, and so are the gradients that come back
// through it; the filters that a value of 0 would be multiplied with need not be read.
//
// The values of a pixel that are not 0 are gathered, some channels at a time, and each multiplies its row of the filters into sums
// that stay in registers. Where few values are 0, pixels go through some channels together instead, as in a product of matrices
// without zeros. Either way sums run over the taps and within each over the channels in their order, each product fused into them:
// results are the same bits whichever way was taken, whatever pixels go beside a pixel, and with vectors of any width.
#pragma once
#include "CConvolutions.h"

// An element of the filters: which one, and where it reads, in rows and columns from where the result's own filter starts.
typedef struct czeroskipping_tap {
  size_t element;
  ptrdiff_t row, column;
} czeroskipping_tap;

typedef struct czeroskipping_convolution {
  size_t lanes;          // channels in a vector: what `cconvolutions_has_lanes` says yes to
  size_t inputs;         // vectors of channels of the source
  size_t outputs;        // of the destination
  size_t taps;           // none make results of the bias and the addend alone
  size_t height, width;  // of the source; a tap beside it reads 0
  size_t row_stride, column_stride;     // rows and columns of the source from one result to the next
  size_t result_height, result_width;   // rows and columns that are written
  cconvolutions_layout source;          // what no channel lies at in the last vector is 0
  cconvolutions_layout destination;     // of addends too; from one row and column that is written to the next
  size_t first;                         // floats before the first result
} czeroskipping_convolution;

// Floats of arranged filters.
size_t czeroskipping_filter_count(const czeroskipping_convolution *convolution);

// Element e of filter (o, i) is filters[o * output_stride + i * input_stride + e].
void czeroskipping_arrange(const czeroskipping_convolution *convolution, const czeroskipping_tap *taps, const float *filters,
                           size_t outputs, size_t inputs, size_t output_stride, size_t input_stride, float *arranged);

// Floats of scratch memory for a call, whatever the number of images.
size_t czeroskipping_scratch_count(const czeroskipping_convolution *convolution);

// destination = source * filters + bias + addend, at least 0 where `rectified` is set, for each image. `bias` has
// outputs * lanes floats; `addends` may be null, and may be the destinations.
void czeroskipping_convolve(const czeroskipping_convolution *convolution, const czeroskipping_tap *taps, const float *arranged,
                            const float *bias, const float *const *sources, const float *const *addends,
                            float *const *destinations, size_t images, bool rectified, float *scratch);
