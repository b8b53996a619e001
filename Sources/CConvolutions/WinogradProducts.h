// Products of matrices, for one kind of vector unit. Included once for each, behind Vectors.h, with
//   LANES  floats of a vector;
//   ROWS   squares whose sums stand in registers beside each other, for two vectors of outputs;
//   DEPTH  input channels whose filters, for those outputs, stay in the first-level cache;
//   NAME   that makes a name of its own for each kind.

// Adds, for some squares, the products of some vectors of inputs with one or two vectors of outputs. Meanwhile it asks for
// some lines of the filters that come next, which would otherwise be waited for: all filters of a layer fill no cache.
INLINE void NAME(multiply)(const float *filters, const float *squares, size_t inputs, size_t stride, float *sums, bool begins,
                           const float *next, size_t lines, const int rows, const int vectors) {
  vec sum[ROWS][2];
  for (int r = 0; r < rows; r++)
    for (int k = 0; k < vectors; k++) sum[r][k] = begins ? (vec){0} : load(sums + (r * vectors + k) * LANES);
  for (size_t input = 0; input < inputs; input++, squares += stride) {
    for (size_t line = 0; line < lines; line++, next += 16) __builtin_prefetch(next, 0, 2);
#pragma clang loop unroll_count(2)
    for (int lane = 0; lane < LANES; lane++, filters += vectors * LANES) {
      vec filter[2];
      for (int k = 0; k < vectors; k++) filter[k] = load(filters + k * LANES);
      for (int r = 0; r < rows; r++)
        for (int k = 0; k < vectors; k++) sum[r][k] += squares[r * LANES + lane] * filter[k];
    }
  }
  for (int r = 0; r < rows; r++)
    for (int k = 0; k < vectors; k++) store(sums + (r * vectors + k) * LANES, sum[r][k]);
}

// Not inlined: among other loops the sums would not all stay in registers.
__attribute__((noinline)) static void NAME(multiply_some)(const float *filters, const float *squares, size_t inputs,
                                                          size_t stride, float *sums, bool begins, const float *next,
                                                          size_t lines, size_t rows, size_t vectors) {
#define ROW_COUNT(r)                                                                     \
  case r:                                                                                \
    if (vectors == 2)                                                                    \
      NAME(multiply)(filters, squares, inputs, stride, sums, begins, next, lines, r, 2); \
    else                                                                                 \
      NAME(multiply)(filters, squares, inputs, stride, sums, begins, next, lines, r, 1); \
    break;
  switch (rows) {
    ROW_COUNT(1)
    ROW_COUNT(2)
    ROW_COUNT(3)
    ROW_COUNT(4)
    ROW_COUNT(5)
    ROW_COUNT(6)
#if ROWS == 12
    ROW_COUNT(7)
    ROW_COUNT(8)
    ROW_COUNT(9)
    ROW_COUNT(10)
    ROW_COUNT(11)
    ROW_COUNT(12)
#endif
    default: break;
  }
#undef ROW_COUNT
}

// One point's squares, (inputs, squares, lane), times the filters of one or two vectors of outputs, (channels, vectors).
static const float *NAME(multiply_outputs)(size_t all_inputs, size_t vectors, const float *filters, const float *squares,
                                           size_t count, float *sums) {
  const size_t groups = (count + ROWS - 1) / ROWS;
  for (size_t input = 0; input < all_inputs; input += DEPTH / LANES) {
    const size_t inputs = smaller(all_inputs - input, DEPTH / LANES);
    const size_t panel = inputs * LANES * vectors * LANES;
    // Every group of squares asks for its share of the next panel. It is the same size, or the last one, which is no larger.
    const size_t lines = (LANES * LANES * vectors / 16 + groups - 1) / groups;
    for (size_t group = 0; group < groups; group++) {
      const size_t from = count * group / groups, to = count * (group + 1) / groups;
      NAME(multiply_some)(filters, squares + (input * count + from) * LANES, inputs, count * LANES,
                          sums + from * vectors * LANES, input == 0, filters + panel + group * lines * 16 * inputs, lines,
                          to - from, vectors);
    }
    filters += panel;
  }
  return filters;
}
