// Loops over the elements of values: functions of each, pairs of them with broadcasting, reductions, normalisations, other
// orders. Whatever they sum, they sum in one order, which depends on extents alone.
//
// No counts are checked here: whoever calls compares them with what the walk reaches.
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { celements_most_axes = 10 };

// A way through elements, row-major by `extents`: with each element of one array, which follow each other, goes one of the
// arrays `first` and `second`, whose strides are in elements; 0 where one stands for all along an axis.
typedef struct {
  int rank;
  size_t extents[celements_most_axes];
  size_t first[celements_most_axes];
  size_t second[celements_most_axes];
} celements_walk;

// With the fewest axes that make the same way. `rank` is at most celements_most_axes.
celements_walk celements_walk_of(int rank, const size_t *extents, const size_t *first, const size_t *second);

// --- functions of each element ---

typedef enum {
  celements_leaky_relu,     // a: slope
  celements_clip,           // a, b: bounds
  celements_sigmoid,
  celements_hard_sigmoid,   // a: slope, b: offset
  celements_hard_swish,
  celements_silu,
  celements_mish,
  celements_gelu,
  celements_tanh_gelu,
  celements_tanh,
  celements_elu,            // a: scale, b: gain
  celements_celu,           // a: scale
  celements_softplus,
  celements_softsign,
  celements_exponential,
  celements_logarithm,
  celements_square_root,
  celements_power,          // a: exponent
  celements_absolute,
  celements_reciprocal,
  celements_error_function,
} celements_function;

// y <- f(x), and where `derivative` is not NULL, f'(x) into it.
void celements_apply(celements_function f, float a, float b, const float *x, float *y, float *derivative, size_t count);

// x <- f(x), likewise.
void celements_apply_in_place(celements_function f, float a, float b, float *x, float *derivative, size_t count);

// a <- a b
void celements_multiply_in_place(float *a, const float *b, size_t count);
// y <- a b
void celements_multiply(const float *a, const float *b, float *y, size_t count);

// --- with broadcasting ---

typedef enum {
  celements_sum,
  celements_difference,
  celements_product,
  celements_quotient,
  celements_maximum,
  celements_minimum,
} celements_arithmetic;

// y <- a op b; a is `first`, b is `second` of the walk.
void celements_combine(celements_arithmetic op, const celements_walk *walk, const float *a, const float *b, float *y);
// r <- the gradient with respect to a, or b where `of_second`, of which there are `count`: sums over what each stands for.
void celements_combine_back(celements_arithmetic op, bool of_second, const celements_walk *walk, const float *gradient,
                            const float *a, const float *b, float *r, size_t count);
// y <- scale x + shift; scale is `first`, shift is `second`.
void celements_affine(const celements_walk *walk, const float *x, const float *scale, const float *shift, float *y);
// y <- x where x > 0, else slope x, slope being `first`; its derivative too where that is not NULL.
void celements_parametric_relu(const celements_walk *walk, const float *x, const float *slope, float *y,
                               float *derivative);
// y <- factor x, x being `first`.
void celements_copy(const celements_walk *walk, const float *x, float factor, float *y);

// --- reductions ---

typedef enum {
  celements_reduce_sum,
  celements_reduce_maximum,
  celements_reduce_minimum,
  celements_reduce_norm,
} celements_reduction;

// y, which is `first` and of which there are `count`, <- factor times the reduction of the elements of x that it stands for.
// `scratch` has room for `count` doubles, and lies as they must.
void celements_reduce(celements_reduction kind, const celements_walk *walk, const float *x, float factor, float *y,
                      size_t count, void *scratch);
// What a gradient with respect to y is multiplied by: of a maximum or minimum 1 over the number of elements that are it,
// or 0; of a norm x / y.
void celements_reduce_derivative(celements_reduction kind, const celements_walk *walk, const float *x, const float *y,
                                 float *derivative, size_t count, void *scratch);

// --- normalisations ---

// y <- (x - mean) / sqrt(variance + epsilon), `scale` <- 1 / that root; both of the `count` groups of `size` elements that
// `first` tells apart. `scratch` has room for 2 `count` doubles.
void celements_standardise(const celements_walk *walk, const float *x, double epsilon, float *y, float *scale,
                           size_t count, size_t size, void *scratch);
// r <- its gradient, y and scale being what it made.
void celements_standardise_back(const celements_walk *walk, const float *gradient, const float *y, const float *scale,
                                float *r, size_t count, size_t size, void *scratch);

// Along the middle one of three axes.
void celements_softmax(size_t outer, size_t count, size_t inner, const float *x, float *y);
void celements_softmax_back(size_t outer, size_t count, size_t inner, const float *gradient, const float *y, float *r);

// y <- x / base^exponent, base <- bias + scale / size times the sum of squares over `size` channels around,
// (size - 1) / 2 of them before.
void celements_local_response(size_t channels, size_t area, size_t size, float scale, float exponent, float bias,
                              const float *x, float *y, float *base);
// r <- its gradient; `scratch` has room for as many floats as x.
void celements_local_response_back(size_t channels, size_t area, size_t size, float scale, float exponent,
                                   const float *gradient, const float *x, const float *base, float *r, float *scratch);

// --- samplings ---

// Along the middle one of three axes: element i of y is the sum over starts[i] ..< starts[i + 1] of weights times elements
// of x, which has `extent` there.
typedef struct {
  size_t outer, extent, count, inner;
  const size_t *starts;
  const size_t *sources;
  const float *weights;
} celements_sampling;

void celements_sample(const celements_sampling *sampling, const float *x, float *y);
// The transpose.
void celements_sample_back(const celements_sampling *sampling, const float *gradient, float *r);

// --- layouts ---

// Channels `channels` ..< the end of their last block of `block` <- 0, of maps of `area` elements.
void celements_clear_tail(float *x, size_t channels, size_t area, size_t block);
