// The loops for one kind of vector unit. Included once for each, with
//   LANES  floats of a vector;
//   ROWS   squares whose sums stand in registers beside each other, for two vectors of outputs;
//   DEPTH  input channels whose filters, for those outputs, stay in the first-level cache;
//   NAME   that makes a name of its own for each kind.

typedef float NAME(vec) __attribute__((vector_size(4 * LANES)));
typedef int NAME(mask) __attribute__((vector_size(4 * LANES)));
#define vec NAME(vec)
#define load NAME(load)
#define store NAME(store)

INLINE vec load(const float *p) {
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(float *p, vec v) { memcpy(p, &v, sizeof v); }

// --- products ---

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

static void NAME(multiply_some)(const float *filters, const float *squares, size_t inputs, size_t stride, float *sums,
                                bool begins, const float *next, size_t lines, size_t rows, size_t vectors) {
#define ROW_COUNT(r)                                                                              \
  case r:                                                                                         \
    if (vectors == 2)                                                                             \
      NAME(multiply)(filters, squares, inputs, stride, sums, begins, next, lines, r, 2);          \
    else                                                                                          \
      NAME(multiply)(filters, squares, inputs, stride, sums, begins, next, lines, r, 1);          \
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

// One point: its squares, (inputs, squares, lane), times its filters, (outputs, channels, one or two vectors).
static const float *NAME(multiply_point)(const cwinograd_convolution *c, const float *filters, const float *squares,
                                         size_t count, float *sums) {
  const size_t groups = (count + ROWS - 1) / ROWS;
  for (size_t output = 0; output < c->outputs;) {
    const size_t vectors = outputs_at_once(c->outputs, output);
    for (size_t input = 0; input < c->inputs; input += DEPTH / LANES) {
      const size_t inputs = smaller(c->inputs - input, DEPTH / LANES);
      const size_t panel = inputs * LANES * vectors * LANES;
      // Every group of squares asks for its share of the next panel. It is the same size, or the last one, which is no larger.
      const size_t lines = (LANES * LANES * vectors / 16 + groups - 1) / groups;
      for (size_t group = 0; group < groups; group++) {
        const size_t from = count * group / groups, to = count * (group + 1) / groups;
        NAME(multiply_some)(filters, squares + (input * count + from) * LANES, inputs, count * LANES,
                            sums + (output * count + from * vectors) * LANES, input == 0,
                            filters + panel + group * lines * 16 * inputs, lines, to - from, vectors);
      }
      filters += panel;
    }
    output += vectors;
  }
  return filters;
}

// --- transforms ---

// A line of a square at the points: for 4 x 4 with zeros at 0, +-a, +-b.
INLINE void NAME(enter_line)(vec *to, const size_t step, const vec *d, const size_t from, const int tile) {
  if (tile == 4) {
    const vec even_a = d[4 * from] - b2 * d[2 * from], odd_a = d[3 * from] - b2 * d[from];
    const vec even_b = d[4 * from] - a2 * d[2 * from], odd_b = d[3 * from] - a2 * d[from];
    to[0] = d[4 * from] - (a2 + b2) * d[2 * from] + a2 * b2 * d[0];
    to[step] = even_a + a1 * odd_a;
    to[2 * step] = even_a - a1 * odd_a;
    to[3 * step] = even_b + b1 * odd_b;
    to[4 * step] = even_b - b1 * odd_b;
    to[5 * step] = d[5 * from] - (a2 + b2) * d[3 * from] + a2 * b2 * d[from];
  } else {
    to[0] = d[2 * from] - d[0];
    to[step] = d[2 * from] + d[from];
    to[2 * step] = d[2 * from] - d[from];
    to[3 * step] = d[3 * from] - d[from];
  }
}

// A line of results from its points.
INLINE void NAME(leave_line)(vec *to, const size_t step, const vec *m, const size_t from, const int tile) {
  if (tile == 4) {
    const vec sum_a = m[from] + m[2 * from], difference_a = m[from] - m[2 * from];
    const vec sum_b = m[3 * from] + m[4 * from], difference_b = m[3 * from] - m[4 * from];
    to[0] = m[0] + sum_a + sum_b;
    to[step] = a1 * difference_a + b1 * difference_b;
    to[2 * step] = a2 * sum_a + b2 * sum_b;
    to[3 * step] = a1 * a2 * difference_a + b1 * b2 * difference_b + m[5 * from];
  } else {
    to[0] = m[0] + m[from] + m[2 * from];
    to[step] = m[from] - m[2 * from] + m[3 * from];
  }
}

// A square of one vector of channels, whose first row and column may lie in the padding, to its points.
INLINE void NAME(enter)(const cwinograd_convolution *c, const float *source, ptrdiff_t row, ptrdiff_t column, float *points,
                        size_t stride, const int tile) {
  const ptrdiff_t extent = tile + 2, height = (ptrdiff_t)c->height, width = (ptrdiff_t)c->width;
  vec square[most_points], half[most_points], line[6];
  if (row >= 0 && column >= 0 && row + extent <= height && column + extent <= width) {
    const float *at = source + (size_t)row * c->source.row + (size_t)column * c->source.column;
    for (ptrdiff_t i = 0; i < extent; i++)
      for (ptrdiff_t j = 0; j < extent; j++)
        square[i * extent + j] = load(at + (size_t)i * c->source.row + (size_t)j * c->source.column);
  } else {
    for (ptrdiff_t i = 0; i < extent; i++)
      for (ptrdiff_t j = 0; j < extent; j++) {
        const ptrdiff_t y = row + i, x = column + j;
        const bool isInside = y >= 0 && x >= 0 && y < height && x < width;
        square[i * extent + j] =
            isInside ? load(source + (size_t)y * c->source.row + (size_t)x * c->source.column) : (vec){0};
      }
  }
  for (ptrdiff_t j = 0; j < extent; j++) NAME(enter_line)(half + j, extent, square + j, extent, tile);
  for (ptrdiff_t i = 0; i < extent; i++) {
    NAME(enter_line)(line, 1, half + i * extent, 1, tile);
    for (ptrdiff_t j = 0; j < extent; j++) store(points + (size_t)(i * extent + j) * stride, line[j]);
  }
}

// Sums of one vector of outputs at the points of a square to its results, as far as these lie in the map.
INLINE void NAME(leave)(const cwinograd_convolution *c, const float *sums, size_t stride, vec bias, const float *addend,
                        float *destination, size_t row, size_t column, bool rectified, const int tile) {
  const size_t extent = (size_t)tile + 2;
  vec at[most_points], half[4 * 6], results[4 * 4];
  for (size_t point = 0; point < extent * extent; point++) at[point] = load(sums + point * stride);
  for (size_t j = 0; j < extent; j++) NAME(leave_line)(half + j, extent, at + j, extent, tile);
  for (size_t i = 0; i < (size_t)tile; i++) NAME(leave_line)(results + i * tile, 1, half + i * extent, 1, tile);
  const size_t rows = smaller(c->result_height - row, tile), columns = smaller(c->result_width - column, tile);
  const size_t start = row * c->destination.row + column * c->destination.column;
  for (size_t i = 0; i < (size_t)tile; i++)
    for (size_t j = 0; j < (size_t)tile; j++) {
      if (i >= rows || j >= columns) continue;
      const size_t place = start + i * c->destination.row + j * c->destination.column;
      vec result = results[i * tile + j] + bias;
      if (addend) result += load(addend + place);
      // What is no number stays none, so that an overflow is seen.
      if (rectified) result = (vec)((NAME(mask))result & ~(result < (vec){0}));
      store(destination + place, result);
    }
}

INLINE void NAME(convolve)(const cwinograd_convolution *c, const struct call *call, float *scratch, const int tile) {
  const size_t points = ((size_t)tile + 2) * ((size_t)tile + 2);
  struct tiles tiles = {.across = (c->result_width + tile - 1) / tile};
  tiles.of_image = tiles.across * ((c->result_height + tile - 1) / tile);
  const size_t all = tiles.of_image * call->images, parts = (all + tiles_at_once - 1) / tiles_at_once;
  for (size_t part = 0; part < parts; part++) {
    tiles.first = all * part / parts;
    tiles.count = all * (part + 1) / parts - tiles.first;
    const size_t entering = padded(tiles.count * c->inputs * LANES + 16);
    const size_t leaving = padded(tiles.count * c->outputs * LANES + 16);
    float *const sums = scratch + points * entering;
    for (size_t input = 0; input < c->inputs; input++)
      for (size_t t = 0; t < tiles.count; t++) {
        const struct place at = place_of(&tiles, t, tile);
        NAME(enter)(c, call->sources[at.image] + input * c->source.vector, (ptrdiff_t)at.row - (ptrdiff_t)c->padding_above,
                    (ptrdiff_t)at.column - (ptrdiff_t)c->padding_left, scratch + (input * tiles.count + t) * LANES, entering,
                    tile);
      }
    const float *filters = call->arranged;
    for (size_t point = 0; point < points; point++)
      filters = NAME(multiply_point)(c, filters, scratch + point * entering, tiles.count, sums + point * leaving);
    for (size_t first = 0; first < c->outputs;) {
      const size_t vectors = outputs_at_once(c->outputs, first);
      for (size_t output = first; output < first + vectors; output++)
        for (size_t t = 0; t < tiles.count; t++) {
          const struct place at = place_of(&tiles, t, tile);
          NAME(leave)(c, sums + (first * tiles.count + t * vectors + output - first) * LANES, leaving,
                      load(call->bias + output * LANES),
                      call->addends ? call->addends[at.image] + output * c->destination.vector : NULL,
                      call->destinations[at.image] + output * c->destination.vector, at.row, at.column, call->rectified, tile);
        }
      first += vectors;
    }
  }
}

static void NAME(convolve_by_4)(const cwinograd_convolution *c, const struct call *call, float *scratch) {
  NAME(convolve)(c, call, scratch, 4);
}

static void NAME(convolve_by_2)(const cwinograd_convolution *c, const struct call *call, float *scratch) {
  NAME(convolve)(c, call, scratch, 2);
}

#undef vec
#undef load
#undef store
