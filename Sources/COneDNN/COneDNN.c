#define _GNU_SOURCE
#include "COneDNN.h"

#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// Differences between the two major versions are kept to this file: in oneDNN 2 a memory descriptor is a value and a
// primitive descriptor is made from an operation descriptor; in oneDNN 3 both are handles.
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t md_t;  // a handle
typedef const_dnnl_memory_desc_t const_md_t;
#define MD(layout) ((layout)->md)
#else
typedef dnnl_memory_desc_t md_t;  // a value
typedef const dnnl_memory_desc_t *const_md_t;
#define MD(layout) (&(layout)->md)
#endif

enum { max_arguments = 16 };

struct cdnn_context {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  bool owns_engine;
};

struct cdnn_layout {
  md_t md;
};

struct cdnn_primitive {
  dnnl_primitive_desc_t descriptor;
  dnnl_primitive_t primitive;
  dnnl_engine_t engine;
  bool backward;
  size_t scratchpad_bytes;
};

const char *cdnn_status_text(int status) {
  switch (status) {
    case dnnl_success: return "success";
    case dnnl_out_of_memory: return "out of memory";
    case dnnl_invalid_arguments: return "invalid arguments";
    case dnnl_unimplemented: return "not implemented for this processor or shape";
    case dnnl_runtime_error: return "runtime error";
    case dnnl_not_required: return "not required";
    default: return "unknown status";
  }
}

void cdnn_version(int *major, int *minor, int *patch) {
  const dnnl_version_t *version = dnnl_version();
  *major = version->major;
  *minor = version->minor;
  *patch = version->patch;
}

const char *cdnn_instruction_set(void) {
  switch ((int)dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41: return "SSE4.1";
    case dnnl_cpu_isa_avx: return "AVX";
    case dnnl_cpu_isa_avx2: return "AVX2";
    case dnnl_cpu_isa_avx512_core: return "AVX-512";
    case dnnl_cpu_isa_avx512_core_vnni: return "AVX-512 VNNI";
    case dnnl_cpu_isa_avx512_core_bf16: return "AVX-512 BF16";
    default: return "the processor's own";
  }
}

static pthread_once_t lookup_once = PTHREAD_ONCE_INIT;
static void (*set_threads)(int);

static void look_up_set_threads(void) {
  // Looked up, not linked: oneDNN may also be built without OpenMP.
  set_threads = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
}

void cdnn_use_one_thread(void) {
  pthread_once(&lookup_once, look_up_set_threads);
  if (set_threads) set_threads(1);
}

int cdnn_context_create(cdnn_context **out, const cdnn_context *owner) {
  cdnn_context *context = calloc(1, sizeof *context);
  if (!context) return dnnl_out_of_memory;
  dnnl_status_t status = dnnl_success;
  if (owner) {
    context->engine = owner->engine;
  } else {
    status = dnnl_engine_create(&context->engine, dnnl_cpu, 0);
    context->owns_engine = status == dnnl_success;
  }
  if (status == dnnl_success) status = dnnl_stream_create(&context->stream, context->engine, dnnl_stream_default_flags);
  if (status != dnnl_success) {
    cdnn_context_destroy(context);
    return status;
  }
  *out = context;
  return dnnl_success;
}

void cdnn_context_destroy(cdnn_context *context) {
  if (!context) return;
  if (context->stream) dnnl_stream_destroy(context->stream);
  if (context->owns_engine) dnnl_engine_destroy(context->engine);
  free(context);
}

// --- layouts ---

static const dnnl_format_tag_t row_major[] = {dnnl_format_tag_undef, dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd, dnnl_abcde};

static dnnl_status_t make_md(md_t *md, int rank, const int64_t *extents, dnnl_format_tag_t tag) {
  dnnl_dims_t dims = {0};
  memcpy(dims, extents, (size_t)rank * sizeof *extents);
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_tag(md, rank, dims, dnnl_f32, tag);
#else
  return dnnl_memory_desc_init_by_tag(md, rank, dims, dnnl_f32, tag);
#endif
}

static void drop_md(md_t *md) {
#if DNNL_VERSION_MAJOR >= 3
  if (*md) dnnl_memory_desc_destroy(*md);
  *md = NULL;
#else
  (void)md;
#endif
}

static dnnl_status_t copy_md(md_t *to, const_md_t from) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_clone(to, from);
#else
  *to = *from;
  return dnnl_success;
#endif
}

// A given layout, or one that is left to oneDNN.
static dnnl_status_t md_or_any(md_t *md, const cdnn_layout *layout, int rank, const int64_t *extents) {
  return layout ? copy_md(md, MD(layout)) : make_md(md, rank, extents, dnnl_format_tag_any);
}

int cdnn_layout_create(cdnn_layout **out, int rank, const int64_t *extents) {
  if (rank < 1 || rank > 5) return dnnl_invalid_arguments;
  cdnn_layout *layout = calloc(1, sizeof *layout);
  if (!layout) return dnnl_out_of_memory;
  dnnl_status_t status = make_md(&layout->md, rank, extents, row_major[rank]);
  if (status != dnnl_success) {
    free(layout);
    return status;
  }
  *out = layout;
  return dnnl_success;
}

int cdnn_layout_create_blocked(cdnn_layout **out, const int64_t *extents, int64_t block) {
  dnnl_format_tag_t tag;
  if (block == 4)
    tag = dnnl_nChw4c;
  else if (block == 8)
    tag = dnnl_nChw8c;
  else if (block == 16)
    tag = dnnl_nChw16c;
  else if (block == extents[1])
    tag = dnnl_nhwc;
  else
    return dnnl_invalid_arguments;
  cdnn_layout *layout = calloc(1, sizeof *layout);
  if (!layout) return dnnl_out_of_memory;
  dnnl_status_t status = make_md(&layout->md, 4, extents, tag);
  if (status != dnnl_success) {
    free(layout);
    return status;
  }
  *out = layout;
  return dnnl_success;
}

int cdnn_layout_slice(cdnn_layout **out, const cdnn_layout *whole, const int64_t *extents, const int64_t *offsets) {
  cdnn_layout *layout = calloc(1, sizeof *layout);
  if (!layout) return dnnl_out_of_memory;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_memory_desc_create_submemory(&layout->md, whole->md, extents, offsets);
#else
  dnnl_status_t status = dnnl_memory_desc_init_submemory(&layout->md, &whole->md, extents, offsets);
#endif
  if (status != dnnl_success) {
    free(layout);
    return status;
  }
  *out = layout;
  return dnnl_success;
}

bool cdnn_layout_equal(const cdnn_layout *a, const cdnn_layout *b) {
  return dnnl_memory_desc_equal(MD(a), MD(b)) != 0;
}

int64_t cdnn_layout_channel_block(const cdnn_layout *layout) {
  int rank = 0, blocks = 0;
  int64_t offset = 0;
  const int64_t *dims = NULL, *strides = NULL, *block_sizes = NULL, *block_axes = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_format_kind_t kind = dnnl_format_kind_undef;
  dnnl_dims_t *dims_query = NULL, *strides_query = NULL, *sizes_query = NULL, *axes_query = NULL;
  if (dnnl_memory_desc_query(layout->md, dnnl_query_format_kind, &kind) != dnnl_success || kind != dnnl_blocked ||
      dnnl_memory_desc_query(layout->md, dnnl_query_ndims_s32, &rank) != dnnl_success ||
      dnnl_memory_desc_query(layout->md, dnnl_query_submemory_offset_s64, &offset) != dnnl_success ||
      dnnl_memory_desc_query(layout->md, dnnl_query_dims, &dims_query) != dnnl_success ||
      dnnl_memory_desc_query(layout->md, dnnl_query_strides, &strides_query) != dnnl_success ||
      dnnl_memory_desc_query(layout->md, dnnl_query_inner_nblks_s32, &blocks) != dnnl_success ||
      dnnl_memory_desc_query(layout->md, dnnl_query_inner_blks, &sizes_query) != dnnl_success ||
      dnnl_memory_desc_query(layout->md, dnnl_query_inner_idxs, &axes_query) != dnnl_success)
    return 0;
  dims = *dims_query, strides = *strides_query, block_sizes = *sizes_query, block_axes = *axes_query;
#else
  const dnnl_memory_desc_t *md = &layout->md;
  if (md->format_kind != dnnl_blocked) return 0;
  rank = md->ndims, offset = md->offset0, dims = md->dims;
  const dnnl_blocking_desc_t *blocking = &md->format_desc.blocking;
  strides = blocking->strides, blocks = blocking->inner_nblks;
  block_sizes = blocking->inner_blks, block_axes = blocking->inner_idxs;
#endif
  if (rank != 4 || offset != 0 || dims[0] != 1 || blocks > 1) return 0;
  int64_t block = 1;
  if (blocks == 1) {
    if (block_axes[0] != 1) return 0;
    block = block_sizes[0];
  } else if (strides[1] == 1 && strides[3] == dims[1]) {
    block = dims[1];  // channels last
    return strides[2] == dims[3] * block ? block : 0;
  }
  bool fits = strides[3] == block && strides[2] == dims[3] * block && strides[1] == dims[2] * dims[3] * block;
  return fits ? block : 0;
}

size_t cdnn_layout_bytes(const cdnn_layout *layout) { return dnnl_memory_desc_get_size(MD(layout)); }

void cdnn_layout_destroy(cdnn_layout *layout) {
  if (!layout) return;
  drop_md(&layout->md);
  free(layout);
}

// --- primitives ---

// Attributes of every primitive: the caller brings the scratchpad, so that threads can share the primitive.
static dnnl_status_t make_attributes(dnnl_primitive_attr_t *attributes, bool relu, const_md_t addend) {
  dnnl_status_t status = dnnl_primitive_attr_create(attributes);
  if (status != dnnl_success) return status;
  status = dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user);
  if (status == dnnl_success && (relu || addend)) {
    dnnl_post_ops_t post_ops;
    status = dnnl_post_ops_create(&post_ops);
    if (status == dnnl_success) {
      if (addend) status = dnnl_post_ops_append_binary(post_ops, dnnl_binary_add, addend);
#if DNNL_VERSION_MAJOR >= 3
      if (status == dnnl_success && relu) status = dnnl_post_ops_append_eltwise(post_ops, dnnl_eltwise_relu, 0, 0);
#else
      if (status == dnnl_success && relu) status = dnnl_post_ops_append_eltwise(post_ops, 1, dnnl_eltwise_relu, 0, 0);
#endif
      if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(*attributes, post_ops);
      dnnl_post_ops_destroy(post_ops);
    }
  }
  if (status != dnnl_success) dnnl_primitive_attr_destroy(*attributes);
  return status;
}

static const_md_t query_md(const_dnnl_primitive_desc_t descriptor, dnnl_query_t what, int index) {
  return dnnl_primitive_desc_query_md(descriptor, what, index);
}

// Takes the descriptor over, also when it fails.
static int finish(cdnn_primitive **out, dnnl_engine_t engine, dnnl_primitive_desc_t descriptor, bool backward) {
  cdnn_primitive *primitive = calloc(1, sizeof *primitive);
  if (!primitive) {
    dnnl_primitive_desc_destroy(descriptor);
    return dnnl_out_of_memory;
  }
  primitive->descriptor = descriptor;
  primitive->engine = engine;
  primitive->backward = backward;
  const_md_t scratchpad = query_md(descriptor, dnnl_query_scratchpad_md, 0);
  primitive->scratchpad_bytes = scratchpad ? dnnl_memory_desc_get_size(scratchpad) : 0;
  dnnl_status_t status = dnnl_primitive_create(&primitive->primitive, descriptor);
  if (status != dnnl_success) {
    cdnn_primitive_destroy(primitive);
    return status;
  }
  *out = primitive;
  return dnnl_success;
}

#if DNNL_VERSION_MAJOR < 3
// oneDNN 2: from an operation descriptor to a primitive descriptor.
static dnnl_status_t describe(dnnl_primitive_desc_t *out, const_dnnl_op_desc_t operation, bool relu, const_md_t addend,
                              dnnl_engine_t engine, const_dnnl_primitive_desc_t hint) {
  dnnl_primitive_attr_t attributes;
  dnnl_status_t status = make_attributes(&attributes, relu, addend);
  if (status != dnnl_success) return status;
  status = dnnl_primitive_desc_create(out, operation, attributes, engine, hint);
  dnnl_primitive_attr_destroy(attributes);
  return status;
}
#endif

typedef struct {
  md_t source, weights, bias, destination;
} quartet;

static void drop_quartet(quartet *q) {
  drop_md(&q->source);
  drop_md(&q->weights);
  drop_md(&q->bias);
  drop_md(&q->destination);
}

static dnnl_status_t convolution_mds(quartet *q, const cdnn_convolution *c, const cdnn_layout *source,
                                     const cdnn_layout *destination) {
  const int64_t source_extents[] = {1, c->source.channels, c->source.height, c->source.width};
  const int64_t destination_extents[] = {1, c->destination.channels, c->destination.height, c->destination.width};
  const int64_t grouped[] = {c->groups, c->destination.channels / c->groups, c->source.channels / c->groups,
                             c->rows.kernel, c->columns.kernel};
  const int64_t bias_extents[] = {c->destination.channels};
  memset(q, 0, sizeof *q);
  dnnl_status_t status = md_or_any(&q->source, source, 4, source_extents);
  if (status == dnnl_success) status = md_or_any(&q->destination, destination, 4, destination_extents);
  if (status == dnnl_success)
    status = c->groups > 1 ? make_md(&q->weights, 5, grouped, dnnl_format_tag_any)
                           : make_md(&q->weights, 4, grouped + 1, dnnl_format_tag_any);
  if (status == dnnl_success) status = make_md(&q->bias, 1, bias_extents, dnnl_a);
  return status;
}

int cdnn_convolution_forward(cdnn_primitive **out, cdnn_context *context, const cdnn_convolution *c,
                             const cdnn_layout *source, const cdnn_layout *destination, const cdnn_layout *addend,
                             bool relu) {
  const dnnl_dims_t strides = {c->rows.stride, c->columns.stride};
  const dnnl_dims_t dilation = {c->rows.dilation - 1, c->columns.dilation - 1};
  const dnnl_dims_t padding = {c->rows.padding_before, c->columns.padding_before};
  const dnnl_dims_t behind = {c->rows.padding_after, c->columns.padding_after};
  quartet q;
  dnnl_primitive_desc_t descriptor = NULL;
  dnnl_status_t status = convolution_mds(&q, c, source, destination);
  const_md_t addend_md = addend ? MD(addend) : NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_primitive_attr_t attributes;
  if (status == dnnl_success) status = make_attributes(&attributes, relu, addend_md);
  if (status == dnnl_success) {
    status = dnnl_convolution_forward_primitive_desc_create(
        &descriptor, context->engine, dnnl_forward_inference, dnnl_convolution_direct, q.source, q.weights, q.bias,
        q.destination, strides, dilation, padding, behind, attributes);
    dnnl_primitive_attr_destroy(attributes);
  }
#else
  dnnl_convolution_desc_t operation;
  if (status == dnnl_success)
    status = dnnl_dilated_convolution_forward_desc_init(&operation, dnnl_forward_inference, dnnl_convolution_direct,
                                                        &q.source, &q.weights, &q.bias, &q.destination, strides,
                                                        dilation, padding, behind);
  if (status == dnnl_success) status = describe(&descriptor, &operation, relu, addend_md, context->engine, NULL);
#endif
  drop_quartet(&q);
  return status == dnnl_success ? finish(out, context->engine, descriptor, false) : status;
}

int cdnn_convolution_backward(cdnn_primitive **out, cdnn_context *context, const cdnn_convolution *c,
                              const cdnn_layout *source, const cdnn_layout *destination) {
  const dnnl_dims_t strides = {c->rows.stride, c->columns.stride};
  const dnnl_dims_t dilation = {c->rows.dilation - 1, c->columns.dilation - 1};
  const dnnl_dims_t padding = {c->rows.padding_before, c->columns.padding_before};
  const dnnl_dims_t behind = {c->rows.padding_after, c->columns.padding_after};
  // oneDNN wants to know the forward pass that the backward pass belongs to, in layouts of its own choice.
  cdnn_primitive *forward = NULL;
  int made = cdnn_convolution_forward(&forward, context, c, NULL, NULL, NULL, false);
  if (made != dnnl_success) return made;
  quartet q;
  dnnl_primitive_desc_t descriptor = NULL;
  dnnl_status_t status = convolution_mds(&q, c, source, destination);
#if DNNL_VERSION_MAJOR >= 3
  dnnl_primitive_attr_t attributes;
  if (status == dnnl_success) status = make_attributes(&attributes, false, NULL);
  if (status == dnnl_success) {
    status = dnnl_convolution_backward_data_primitive_desc_create(
        &descriptor, context->engine, dnnl_convolution_direct, q.source, q.weights, q.destination, strides, dilation,
        padding, behind, forward->descriptor, attributes);
    dnnl_primitive_attr_destroy(attributes);
  }
#else
  dnnl_convolution_desc_t operation;
  if (status == dnnl_success)
    status = dnnl_dilated_convolution_backward_data_desc_init(&operation, dnnl_convolution_direct, &q.source,
                                                              &q.weights, &q.destination, strides, dilation, padding,
                                                              behind);
  if (status == dnnl_success)
    status = describe(&descriptor, &operation, false, NULL, context->engine, forward->descriptor);
#endif
  drop_quartet(&q);
  cdnn_primitive_destroy(forward);
  return status == dnnl_success ? finish(out, context->engine, descriptor, true) : status;
}

static dnnl_status_t pooling_mds(quartet *q, const cdnn_pooling *p, const cdnn_layout *source,
                                 const cdnn_layout *destination) {
  const int64_t source_extents[] = {1, p->source.channels, p->source.height, p->source.width};
  const int64_t destination_extents[] = {1, p->destination.channels, p->destination.height, p->destination.width};
  memset(q, 0, sizeof *q);
  dnnl_status_t status = md_or_any(&q->source, source, 4, source_extents);
  if (status == dnnl_success) status = md_or_any(&q->destination, destination, 4, destination_extents);
  return status;
}

// The padding behind the map that the output's extent implies: more than there is where a pooling rounds up.
static int64_t padding_behind(const cdnn_axis *axis, int64_t source, int64_t destination) {
  const int64_t needed = (destination - 1) * axis->stride + axis->kernel - source - axis->padding_before;
  return needed > axis->padding_after ? needed : axis->padding_after;
}

static dnnl_alg_kind_t pooling_algorithm(const cdnn_pooling *p) {
  if (p->maximum) return dnnl_pooling_max;
  return p->counts_padding ? dnnl_pooling_avg_include_padding : dnnl_pooling_avg_exclude_padding;
}

int cdnn_pooling_forward(cdnn_primitive **out, cdnn_context *context, const cdnn_pooling *p,
                         const cdnn_layout *source, const cdnn_layout *destination, bool training) {
  const dnnl_dims_t strides = {p->rows.stride, p->columns.stride};
  const dnnl_dims_t kernel = {p->rows.kernel, p->columns.kernel};
  const dnnl_dims_t padding = {p->rows.padding_before, p->columns.padding_before};
  const dnnl_dims_t behind = {padding_behind(&p->rows, p->source.height, p->destination.height),
                              padding_behind(&p->columns, p->source.width, p->destination.width)};
  quartet q;
  dnnl_primitive_desc_t descriptor = NULL;
  dnnl_status_t status = pooling_mds(&q, p, source, destination);
  const dnnl_prop_kind_t kind = training ? dnnl_forward_training : dnnl_forward_inference;
#if DNNL_VERSION_MAJOR >= 3
  const dnnl_dims_t dilation = {0, 0};
  dnnl_primitive_attr_t attributes;
  if (status == dnnl_success) status = make_attributes(&attributes, false, NULL);
  if (status == dnnl_success) {
    status = dnnl_pooling_forward_primitive_desc_create(&descriptor, context->engine, kind, pooling_algorithm(p),
                                                        q.source, q.destination, strides, kernel, dilation, padding,
                                                        behind, attributes);
    dnnl_primitive_attr_destroy(attributes);
  }
#else
  dnnl_pooling_desc_t operation;
  if (status == dnnl_success)
    status = dnnl_pooling_forward_desc_init(&operation, kind, pooling_algorithm(p), &q.source, &q.destination, strides,
                                            kernel, padding, behind);
  if (status == dnnl_success) status = describe(&descriptor, &operation, false, NULL, context->engine, NULL);
#endif
  drop_quartet(&q);
  return status == dnnl_success ? finish(out, context->engine, descriptor, false) : status;
}

int cdnn_pooling_backward(cdnn_primitive **out, cdnn_context *context, const cdnn_pooling *p,
                          const cdnn_layout *source, const cdnn_layout *destination, const cdnn_primitive *forward) {
  const dnnl_dims_t strides = {p->rows.stride, p->columns.stride};
  const dnnl_dims_t kernel = {p->rows.kernel, p->columns.kernel};
  const dnnl_dims_t padding = {p->rows.padding_before, p->columns.padding_before};
  const dnnl_dims_t behind = {padding_behind(&p->rows, p->source.height, p->destination.height),
                              padding_behind(&p->columns, p->source.width, p->destination.width)};
  quartet q;
  dnnl_primitive_desc_t descriptor = NULL;
  dnnl_status_t status = pooling_mds(&q, p, source, destination);
#if DNNL_VERSION_MAJOR >= 3
  const dnnl_dims_t dilation = {0, 0};
  dnnl_primitive_attr_t attributes;
  if (status == dnnl_success) status = make_attributes(&attributes, false, NULL);
  if (status == dnnl_success) {
    status = dnnl_pooling_backward_primitive_desc_create(&descriptor, context->engine, pooling_algorithm(p), q.source,
                                                         q.destination, strides, kernel, dilation, padding, behind,
                                                         forward->descriptor, attributes);
    dnnl_primitive_attr_destroy(attributes);
  }
#else
  dnnl_pooling_desc_t operation;
  if (status == dnnl_success)
    status = dnnl_pooling_backward_desc_init(&operation, pooling_algorithm(p), &q.source, &q.destination, strides,
                                             kernel, padding, behind);
  if (status == dnnl_success)
    status = describe(&descriptor, &operation, false, NULL, context->engine, forward->descriptor);
#endif
  drop_quartet(&q);
  return status == dnnl_success ? finish(out, context->engine, descriptor, true) : status;
}

int cdnn_reorder(cdnn_primitive **out, cdnn_context *context, const cdnn_layout *from, const cdnn_layout *to) {
  dnnl_primitive_attr_t attributes;
  dnnl_primitive_desc_t descriptor = NULL;
  dnnl_status_t status = make_attributes(&attributes, false, NULL);
  if (status != dnnl_success) return status;
  status = dnnl_reorder_primitive_desc_create(&descriptor, MD(from), context->engine, MD(to), context->engine,
                                              attributes);
  dnnl_primitive_attr_destroy(attributes);
  return status == dnnl_success ? finish(out, context->engine, descriptor, false) : status;
}

int cdnn_concatenation(cdnn_primitive **out, cdnn_context *context, int count, const cdnn_layout *const *sources,
                       const cdnn_layout *destination) {
  if (count < 1 || count > max_arguments - 2) return dnnl_invalid_arguments;
  dnnl_primitive_attr_t attributes;
  dnnl_primitive_desc_t descriptor = NULL;
  dnnl_status_t status = make_attributes(&attributes, false, NULL);
  if (status != dnnl_success) return status;
#if DNNL_VERSION_MAJOR >= 3
  const_dnnl_memory_desc_t mds[max_arguments];
  for (int i = 0; i < count; i++) mds[i] = sources[i]->md;
  status = dnnl_concat_primitive_desc_create(&descriptor, context->engine, destination ? destination->md : NULL, count,
                                             1, mds, attributes);
#else
  dnnl_memory_desc_t mds[max_arguments];
  for (int i = 0; i < count; i++) mds[i] = sources[i]->md;
  status = dnnl_concat_primitive_desc_create(&descriptor, destination ? &destination->md : NULL, count, 1, mds,
                                             attributes, context->engine);
#endif
  dnnl_primitive_attr_destroy(attributes);
  return status == dnnl_success ? finish(out, context->engine, descriptor, false) : status;
}

int cdnn_product(bool transposed_a, bool transposed_b, int64_t rows, int64_t columns, int64_t depth, const float *a,
                 const float *b, float *c) {
  return dnnl_sgemm(transposed_a ? 'T' : 'N', transposed_b ? 'T' : 'N', rows, columns, depth, 1, a,
                    transposed_a ? rows : depth, b, transposed_b ? depth : columns, 0, c, columns);
}

// --- execution ---

static const_md_t argument_md(const cdnn_primitive *p, int argument) {
  bool back = p->backward;
  switch (argument) {
    case cdnn_source: return query_md(p->descriptor, back ? dnnl_query_diff_src_md : dnnl_query_src_md, 0);
    case cdnn_weights: return query_md(p->descriptor, dnnl_query_weights_md, 0);
    case cdnn_bias: return query_md(p->descriptor, dnnl_query_weights_md, 1);
    case cdnn_destination: return query_md(p->descriptor, back ? dnnl_query_diff_dst_md : dnnl_query_dst_md, 0);
    case cdnn_workspace: return query_md(p->descriptor, dnnl_query_workspace_md, 0);
    case cdnn_addend:
      return dnnl_primitive_desc_query_md(p->descriptor, dnnl_query_exec_arg_md,
                                          DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1);
    default: return query_md(p->descriptor, dnnl_query_src_md, argument - cdnn_sources);
  }
}

static int argument_code(const cdnn_primitive *p, int argument) {
  bool back = p->backward;
  switch (argument) {
    case cdnn_source: return back ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC;
    case cdnn_weights: return DNNL_ARG_WEIGHTS;
    case cdnn_bias: return DNNL_ARG_BIAS;
    case cdnn_destination: return back ? DNNL_ARG_DIFF_DST : DNNL_ARG_DST;
    case cdnn_workspace: return DNNL_ARG_WORKSPACE;
    case cdnn_addend: return DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1;
    default: return DNNL_ARG_MULTIPLE_SRC + (argument - cdnn_sources);
  }
}

cdnn_layout *cdnn_primitive_layout(const cdnn_primitive *primitive, int argument) {
  const_md_t md = argument_md(primitive, argument);
  if (!md || dnnl_memory_desc_get_size(md) == 0) return NULL;
  cdnn_layout *layout = calloc(1, sizeof *layout);
  if (!layout) return NULL;
  if (copy_md(&layout->md, md) != dnnl_success) {
    free(layout);
    return NULL;
  }
  return layout;
}

size_t cdnn_primitive_scratchpad_bytes(const cdnn_primitive *primitive) { return primitive->scratchpad_bytes; }

const char *cdnn_primitive_implementation(const cdnn_primitive *primitive) {
  const char *name = NULL;
  if (dnnl_primitive_desc_query(primitive->descriptor, dnnl_query_impl_info_str, 0, &name) != dnnl_success || !name)
    return "unknown";
  return name;
}

void cdnn_primitive_destroy(cdnn_primitive *primitive) {
  if (!primitive) return;
  if (primitive->primitive) dnnl_primitive_destroy(primitive->primitive);
  if (primitive->descriptor) dnnl_primitive_desc_destroy(primitive->descriptor);
  free(primitive);
}

int cdnn_execute(const cdnn_primitive *primitive, cdnn_context *context, const cdnn_argument *arguments, int count,
                 void *scratchpad) {
  if (count > max_arguments - 1) return dnnl_invalid_arguments;
  dnnl_exec_arg_t passed[max_arguments];
  int made = 0;
  dnnl_status_t status = dnnl_success;
  for (int i = 0; i < count && status == dnnl_success; i++) {
    const_md_t md = argument_md(primitive, arguments[i].argument);
    if (!md) {
      status = dnnl_invalid_arguments;
      break;
    }
    status = dnnl_memory_create(&passed[made].memory, md, context->engine, arguments[i].data);
    if (status == dnnl_success) passed[made++].arg = argument_code(primitive, arguments[i].argument);
  }
  if (status == dnnl_success && primitive->scratchpad_bytes > 0) {
    status = dnnl_memory_create(&passed[made].memory, query_md(primitive->descriptor, dnnl_query_scratchpad_md, 0),
                                context->engine, scratchpad);
    if (status == dnnl_success) passed[made++].arg = DNNL_ARG_SCRATCHPAD;
  }
  if (status == dnnl_success) status = dnnl_primitive_execute(primitive->primitive, context->stream, made, passed);
  if (status == dnnl_success) status = dnnl_stream_wait(context->stream);
  for (int i = 0; i < made; i++) dnnl_memory_destroy(passed[i].memory);
  return status;
}
