// Products for one kind of vector unit. Included once for each, behind Vectors.h, with
//   LANES  floats of a vector;
//   SUMS   vectors of sums that stand in registers beside each other where no zeros are passed over;
//   NAME   that makes a name of its own for each kind;
//   gather and count, of the values of a pixel that are not 0.

INLINE vec NAME(fused)(float value, vec filter, vec sum) {
#if LANES == 16
  return (vec)_mm512_fmadd_ps(_mm512_set1_ps(value), (__m512)filter, (__m512)sum);
#else
  return (vec)_mm256_fmadd_ps(_mm256_set1_ps(value), (__m256)filter, (__m256)sum);
#endif
}

INLINE void NAME(add_item)(const float *filters, const struct item *item, vec *sum, const int outputs) {
  const float *row = (const float *)((const char *)filters + item->row);
  for (int k = 0; k < outputs; k++) sum[k] = NAME(fused)(item->value, load(row + k * LANES), sum[k]);
}

// Adds the products of some pixels' items. Two pixels at a time where one has too few sums to keep the units busy.
INLINE void NAME(multiply_items)(const float *filters, const struct part *part, float *sums, bool begins,
                                 const struct next *next, const int outputs) {
  size_t index = begins ? 0 : part->empty;
  if (outputs <= 4)
    for (; index + 2 <= part->count; index += 2) {
      const size_t first = part->order[index], second = part->order[index + 1];
      fetch(next, first, outputs);
      fetch(next, second, outputs);
      float *const of_first = sums + first * outputs * LANES, *const of_second = sums + second * outputs * LANES;
      vec one[4], two[4];
      for (int k = 0; k < outputs; k++) {
        one[k] = begins ? (vec){0} : load(of_first + k * LANES);
        two[k] = begins ? (vec){0} : load(of_second + k * LANES);
      }
      // The second one has as many, or more.
      const struct item *a = part->items[first], *b = part->items[second];
      const struct item *const end = a + part->counts[first], *const last = b + part->counts[second];
      for (; a < end; a++, b++) {
        NAME(add_item)(filters, a, one, outputs);
        NAME(add_item)(filters, b, two, outputs);
      }
      for (; b < last; b++) NAME(add_item)(filters, b, two, outputs);
      for (int k = 0; k < outputs; k++) {
        store(of_first + k * LANES, one[k]);
        store(of_second + k * LANES, two[k]);
      }
    }
  for (; index < part->count; index++) {
    const size_t pixel = part->order[index];
    fetch(next, pixel, outputs);
    float *const own = sums + pixel * outputs * LANES;
    vec sum[most_outputs];
    for (int k = 0; k < outputs; k++) sum[k] = begins ? (vec){0} : load(own + k * LANES);
    const struct item *const first = part->items[pixel], *const end = first + part->counts[pixel];
    for (const struct item *item = first; item < end; item++) NAME(add_item)(filters, item, sum, outputs);
    for (int k = 0; k < outputs; k++) store(own + k * LANES, sum[k]);
  }
}

// Adds the products of some pixels' values with some vectors of outputs, which are `stride` floats apart from one channel to the
// next and from one pixel's sums to the next.
INLINE void NAME(multiply_rows)(const float *filters, const float *const *pixels, size_t from, size_t vector, size_t inputs,
                                size_t last, size_t stride, float *sums, bool begins, const int rows, const int outputs) {
  vec sum[SUMS];
  for (int r = 0; r < rows; r++)
    for (int k = 0; k < outputs; k++)
      sum[r * outputs + k] = begins ? (vec){0} : load(sums + (size_t)r * stride + k * LANES);
  for (size_t input = 0; input < inputs; input++) {
    const size_t channels = input + 1 < inputs ? LANES : last;
    for (size_t lane = 0; lane < channels; lane++, filters += stride)
      for (int k = 0; k < outputs; k++) {
        const vec filter = load(filters + k * LANES);
        for (int r = 0; r < rows; r++)
          sum[r * outputs + k] = NAME(fused)(pixels[r][from + input * vector + lane], filter, sum[r * outputs + k]);
      }
  }
  for (int r = 0; r < rows; r++)
    for (int k = 0; k < outputs; k++) store(sums + (size_t)r * stride + k * LANES, sum[r * outputs + k]);
}

// Of all pixels of a part.
INLINE void NAME(multiply_all)(const float *filters, const float *const *pixels, size_t from, size_t count, size_t vector,
                               size_t inputs, size_t last, size_t stride, float *sums, bool begins, const struct next *next,
                               const int outputs) {
  const int rows = SUMS / outputs < 6 ? SUMS / outputs : 6;
  size_t pixel = 0;
  for (; pixel + rows <= count; pixel += rows) {
    for (int r = 0; r < rows; r++) fetch(next, pixel + (size_t)r, outputs);
    NAME(multiply_rows)(filters, pixels + pixel, from, vector, inputs, last, stride, sums + pixel * stride, begins, rows,
                        outputs);
  }
  for (; pixel < count; pixel++)
    NAME(multiply_rows)(filters, pixels + pixel, from, vector, inputs, last, stride, sums + pixel * stride, begins, 1, outputs);
}

// Not inlined: among other loops the sums would not all stay in registers.
__attribute__((noinline)) static void NAME(add_items)(const float *filters, const struct part *part, float *sums, bool begins,
                                                      const struct next *next, size_t outputs) {
#define COUNT(k)                                                \
  case k:                                                       \
    NAME(multiply_items)(filters, part, sums, begins, next, k); \
    break;
  switch (outputs) { COUNT(1) COUNT(2) COUNT(3) COUNT(4) COUNT(5) COUNT(6) COUNT(7) COUNT(8) default : break; }
#undef COUNT
}

__attribute__((noinline)) static void NAME(add_values)(const float *filters, const float *const *pixels, size_t from,
                                                       size_t count, size_t vector, size_t inputs, size_t last, size_t stride,
                                                       float *sums, bool begins, const struct next *next, size_t outputs) {
#define COUNT(k)                                                                                           \
  case k:                                                                                                  \
    NAME(multiply_all)(filters, pixels, from, count, vector, inputs, last, stride, sums, begins, next, k); \
    break;
  switch (outputs) {
    COUNT(1)
    COUNT(2)
    COUNT(3)
    COUNT(4)
#if SUMS == 24
    COUNT(5)
    COUNT(6)
    COUNT(7)
    COUNT(8)
#endif
    default: break;
  }
#undef COUNT
}

// Adds what is added to the sums of a group of outputs, and writes them.
static void NAME(write)(const czeroskipping_convolution *c, const struct call *call, const struct part *part, size_t first,
                         size_t outputs, const float *sums) {
  for (size_t k = 0; k < outputs; k++) {
    const size_t output = first + k, at = output * c->destination.vector;
    const size_t channels = output + 1 < c->outputs ? LANES : c->destination.last;
    const vec bias = load(call->bias + output * LANES);
    for (size_t pixel = 0; pixel < part->count; pixel++) {
      const vec result = load(sums + (pixel * outputs + k) * LANES) + bias;
      NAME(finish)(part->to[pixel] + at, call->addends ? part->added[pixel] + at : NULL, result, call->rectified, channels);
    }
  }
}

// Gathers the values of all pixels in some vectors of inputs, and says how many there are.
static size_t NAME(gather_all)(const czeroskipping_convolution *c, struct part *part, size_t first, size_t inputs, size_t last,
                               size_t outputs, struct item *to) {
  const struct item *const begin = to;
  const size_t row = outputs * LANES * sizeof(float);
  for (size_t pixel = 0; pixel < part->count; pixel++) {
    part->items[pixel] = to;
    if (part->from[pixel])
      for (size_t input = 0; input < inputs; input++)
        to = NAME(gather)(part->from[pixel] + (first + input) * c->source.vector, input + 1 < inputs ? LANES : last,
                          (uint32_t)(input * LANES * row), (uint32_t)row, to);
    part->counts[pixel] = (size_t)(to - part->items[pixel]);
  }
  order_pixels(part);
  return (size_t)(to - begin);
}

// Whether few values of some vectors of inputs are 0, as far as every fourth pixel tells.
static bool NAME(are_dense)(const czeroskipping_convolution *c, const struct part *part, size_t first, size_t inputs,
                            size_t last) {
  size_t found = 0, looked_at = 0;
  for (size_t pixel = 0; pixel < part->count; pixel += 4, looked_at += inputs * LANES)
    for (size_t input = 0; input < inputs; input++)
      found += NAME(count)(part->from[pixel] + (first + input) * c->source.vector, input + 1 < inputs ? LANES : last);
  return !is_worth(found, looked_at);
}

static void NAME(convolve)(const czeroskipping_convolution *c, const czeroskipping_tap *taps, const struct call *call,
                           struct part *part, float *scratch) {
  const size_t depth = depth_of(c), groups = groups_of(c), count = part->count;
  struct item *const items = (struct item *)(scratch + pixels_at_once * c->outputs * LANES);
  const float *filters = call->arranged;
  bool begins = true, dense = false;
  if (c->taps == 0) memset(scratch, 0, count * c->outputs * LANES * sizeof *scratch);
  for (const czeroskipping_tap *tap = taps; tap < taps + c->taps; tap++) {
    const bool within = find_sources(c, tap, part);
    for (size_t first = 0; first < c->inputs; first += depth, begins = false) {
      const size_t inputs = smaller(c->inputs - first, depth);
      const size_t last = first + inputs == c->inputs ? c->source.last : LANES;
      const bool ends = tap + 1 == taps + c->taps && first + inputs == c->inputs;
      // What lies beside the map has no values.
      dense = dense && within && NAME(are_dense)(c, part, first, inputs, last);
      size_t gathered = 0;
      for (size_t group = 0; group < groups; group++) {
        const size_t before = first_of(c, group), outputs = first_of(c, group + 1) - before;
        float *sums = scratch + count * before * LANES;
        // Where rows start depends on how many outputs there are beside each other.
        if (!dense && gathered != outputs) {
          dense = !is_worth(NAME(gather_all)(c, part, first, inputs, last, outputs, items), count * inputs * LANES) && within;
          gathered = outputs;
        }
        // Values of the next inputs are needed, then what the sums are added to, or replace.
        struct next next = {.filters = filters + inputs * LANES * outputs * LANES};
        if (ends)
          next = (struct next){next.filters, call->addends ? part->added : (const float *const *)part->to,
                               before * c->destination.vector, c->destination.vector};
        else if (group == 0)
          next = (struct next){next.filters, part->from, (first + inputs) * c->source.vector, c->source.vector};
        if (!dense)
          NAME(add_items)(filters, part, sums, begins, &next, outputs);
        else
          // At most as many vectors of outputs as leave sums of some pixels beside each other.
          for (size_t some = 0; some < outputs; some += SUMS / 3)
            NAME(add_values)(filters + some * LANES, part->from, first * c->source.vector, count, c->source.vector, inputs,
                             last, outputs * LANES, sums + some * LANES, begins, &next,
                             smaller(outputs - some, SUMS / 3));
        filters += inputs * LANES * outputs * LANES;
      }
    }
  }
  for (size_t group = 0; group < groups; group++) {
    const size_t before = first_of(c, group), outputs = first_of(c, group + 1) - before;
    NAME(write)(c, call, part, before, outputs, scratch + count * before * LANES);
  }
}
