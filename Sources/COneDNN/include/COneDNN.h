// The part of oneDNN that Heatdrift uses, with one face for oneDNN 2 (operation descriptors) and 3 (none).
//
// All functions that can fail return 0 for success or oneDNN's status; `cdnn_status_text` turns it into words.
// Handles are owned by the caller and destroyed by the `_destroy` function of their kind, which takes NULL.
// A primitive may be executed from several threads at once: each call brings its own memory and scratchpad.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cdnn_context cdnn_context;      // a CPU engine and a stream of its own
typedef struct cdnn_layout cdnn_layout;        // extents and the arrangement of floats in memory
typedef struct cdnn_primitive cdnn_primitive;  // a prepared computation

const char *cdnn_status_text(int status);
void cdnn_version(int *major, int *minor, int *patch);
// The instruction set that oneDNN has chosen: "AVX2", "AVX-512", ...
const char *cdnn_instruction_set(void);
// Keeps the OpenMP runtime of the calling thread to one thread.
void cdnn_use_one_thread(void);

// With an owner, the context has a stream of its own on the owner's engine; the owner must outlive it. Primitives run
// on contexts of the engine that they were made with.
int cdnn_context_create(cdnn_context **out, const cdnn_context *owner);
void cdnn_context_destroy(cdnn_context *context);

// Row-major floats. `rank` is at most 5.
int cdnn_layout_create(cdnn_layout **out, int rank, const int64_t *extents);
// (1, C, H, W) with channels in blocks: of 4, 8, 16 or, channels last, of C. Others are invalid.
int cdnn_layout_create_blocked(cdnn_layout **out, const int64_t *extents, int64_t block);
// A part of a layout, sharing its memory.
int cdnn_layout_slice(cdnn_layout **out, const cdnn_layout *whole, const int64_t *extents, const int64_t *offsets);
bool cdnn_layout_equal(const cdnn_layout *a, const cdnn_layout *b);
// Of a layout (1, C, H, W) whose element (c, h, w) lies at ((c / block) H W + h W + w) block + c % block: that block, 1
// for row-major. 0 for any other layout.
int64_t cdnn_layout_channel_block(const cdnn_layout *layout);
size_t cdnn_layout_bytes(const cdnn_layout *layout);
void cdnn_layout_destroy(cdnn_layout *layout);

enum { cdnn_source, cdnn_weights, cdnn_bias, cdnn_destination, cdnn_workspace, cdnn_addend, cdnn_sources };

typedef struct {
  int64_t channels, height, width;
} cdnn_map;

// A sliding window along one axis, in elements. A dilation of 1 puts the kernel's elements beside each other.
typedef struct {
  int64_t kernel, stride, dilation, padding_before, padding_after;
} cdnn_axis;

typedef struct {
  cdnn_map source, destination;
  cdnn_axis rows, columns;
  int64_t groups;
} cdnn_convolution;

// Layouts given as NULL are chosen by oneDNN; ask with `cdnn_primitive_layout`.
// An addend has the destination's extents and is added before the ReLU.
int cdnn_convolution_forward(cdnn_primitive **out, cdnn_context *context, const cdnn_convolution *convolution,
                             const cdnn_layout *source, const cdnn_layout *destination, const cdnn_layout *addend,
                             bool relu);
// Here source and destination are the layouts of the gradients.
int cdnn_convolution_backward(cdnn_primitive **out, cdnn_context *context, const cdnn_convolution *convolution,
                              const cdnn_layout *source, const cdnn_layout *destination);

// Dilations are not looked at: pooling has none here. Where the destination asks for more padding behind the map than the
// axis has, as where its size was rounded up, there is as much.
typedef struct {
  cdnn_map source, destination;
  cdnn_axis rows, columns;
  bool maximum;
  bool counts_padding;  // of an average: divides by all elements of the kernel, or by those in the map
} cdnn_pooling;

// Where `training` is set, a maximum keeps in its workspace what the backward primitive needs.
int cdnn_pooling_forward(cdnn_primitive **out, cdnn_context *context, const cdnn_pooling *pooling,
                         const cdnn_layout *source, const cdnn_layout *destination, bool training);
// `forward` is the primitive whose workspace it reads.
int cdnn_pooling_backward(cdnn_primitive **out, cdnn_context *context, const cdnn_pooling *pooling,
                          const cdnn_layout *source, const cdnn_layout *destination, const cdnn_primitive *forward);

int cdnn_reorder(cdnn_primitive **out, cdnn_context *context, const cdnn_layout *from, const cdnn_layout *to);
// Along axis 1; the destination's layout is chosen by oneDNN when NULL. The n-th source is argument cdnn_sources + n.
int cdnn_concatenation(cdnn_primitive **out, cdnn_context *context, int count, const cdnn_layout *const *sources,
                       const cdnn_layout *destination);

// c = a b, row-major: (rows, depth) times (depth, columns); a lies as (depth, rows) and b as (columns, depth) where they
// are transposed. On the calling thread.
int cdnn_product(bool transposed_a, bool transposed_b, int64_t rows, int64_t columns, int64_t depth, const float *a,
                 const float *b, float *c);

// The layout of one argument; NULL when the primitive has no such argument. Owned by the caller.
cdnn_layout *cdnn_primitive_layout(const cdnn_primitive *primitive, int argument);
size_t cdnn_primitive_scratchpad_bytes(const cdnn_primitive *primitive);
// oneDNN's name of the chosen implementation, such as "jit:avx2".
const char *cdnn_primitive_implementation(const cdnn_primitive *primitive);
void cdnn_primitive_destroy(cdnn_primitive *primitive);

typedef struct {
  int argument;
  void *data;
} cdnn_argument;

// Runs on the calling thread and waits for the end.
int cdnn_execute(const cdnn_primitive *primitive, cdnn_context *context, const cdnn_argument *arguments, int count,
                 void *scratchpad);

#ifdef __cplusplus
}
#endif
