// What stands before and behind the products, for one kind of vector unit. Included behind WinogradProducts.h.

// Of one vector of a group's outputs, for one square, at the first point.
INLINE const float *NAME(sum_of)(const struct sums *sums, size_t row, size_t vector) {
  const size_t together = outputs_at_once(sums->vectors, vector / 2 * 2);
  return sums->at + vector / 2 * sums->group + (row * together + vector % 2) * LANES;
}

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
INLINE void NAME(enter_square)(const cwinograd_convolution *c, const float *source, size_t channels, ptrdiff_t row,
                               ptrdiff_t column, float *points, size_t stride, const int tile) {
  const ptrdiff_t extent = tile + 2, height = (ptrdiff_t)c->height, width = (ptrdiff_t)c->width;
  vec square[most_points], half[most_points], line[6];
  if (row >= 0 && column >= 0 && row + extent <= height && column + extent <= width && channels == LANES) {
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
            isInside ? load_part(source + (size_t)y * c->source.row + (size_t)x * c->source.column, channels) : (vec){0};
      }
  }
  for (ptrdiff_t j = 0; j < extent; j++) NAME(enter_line)(half + j, extent, square + j, extent, tile);
  for (ptrdiff_t i = 0; i < extent; i++) {
    NAME(enter_line)(line, 1, half + i * extent, 1, tile);
    for (ptrdiff_t j = 0; j < extent; j++) store(points + (size_t)(i * extent + j) * stride, line[j]);
  }
}

// Sums of one vector of outputs at the points of a square to its results, as far as these lie in the map.
INLINE void NAME(leave_square)(const cwinograd_convolution *c, const float *sums, size_t stride, vec bias, const float *addend,
                               float *destination, size_t channels, size_t row, size_t column, bool rectified,
                               const int tile) {
  const size_t extent = (size_t)tile + 2;
  vec at[most_points], half[4 * 6], results[4 * 4];
  for (size_t point = 0; point < extent * extent; point++) at[point] = load(sums + point * stride);
  for (size_t j = 0; j < extent; j++) NAME(leave_line)(half + j, extent, at + j, extent, tile);
  for (size_t i = 0; i < (size_t)tile; i++)
    NAME(leave_line)(results + i * tile, 1, half + i * extent, 1, tile);
  const size_t rows = smaller(c->result_height - row, tile), columns = smaller(c->result_width - column, tile);
  const size_t start = row * c->destination.row + column * c->destination.column;
  for (size_t i = 0; i < (size_t)tile; i++)
    for (size_t j = 0; j < (size_t)tile; j++) {
      if (i >= rows || j >= columns) continue;
      const size_t place = start + i * c->destination.row + j * c->destination.column;
      NAME(finish)(destination + place, addend ? addend + place : NULL, results[i * tile + j] + bias, rectified, channels);
    }
}

// Memory is walked through as it lies: a vector of channels of all squares first, or all channels of a square.
INLINE void NAME(enter_squares)(const cwinograd_convolution *c, const struct call *call, const struct place *places,
                                size_t count, float *points, size_t stride, const int tile) {
  const bool channels_last = c->source.vector == LANES;
  const size_t outer = channels_last ? count : c->inputs, inner = channels_last ? c->inputs : count;
  for (size_t o = 0; o < outer; o++)
    for (size_t i = 0; i < inner; i++) {
      const size_t input = channels_last ? i : o, s = channels_last ? o : i;
      NAME(enter_square)(c, call->sources[places[s].image] + input * c->source.vector,
                         input + 1 == c->inputs ? c->source.last : LANES,
                         (ptrdiff_t)places[s].row * tile - (ptrdiff_t)c->padding_above,
                         (ptrdiff_t)places[s].column * tile - (ptrdiff_t)c->padding_left,
                         points + (input * count + s) * LANES, stride, tile);
    }
}

INLINE void NAME(leave_squares)(const cwinograd_convolution *c, const struct call *call, const struct place *places,
                                size_t count, const struct sums *sums, const int tile) {
  const bool channels_last = c->destination.vector == LANES;
  const size_t outer = channels_last ? count : sums->vectors, inner = channels_last ? sums->vectors : count;
  for (size_t o = 0; o < outer; o++)
    for (size_t i = 0; i < inner; i++) {
      const size_t vector = channels_last ? i : o, s = channels_last ? o : i;
      const size_t output = sums->first + vector, start = output * c->destination.vector;
      NAME(leave_square)(c, NAME(sum_of)(sums, s, vector), sums->point, load(call->bias + output * LANES),
                         call->addends ? call->addends[places[s].image] + start : NULL,
                         call->destinations[places[s].image] + start,
                         output + 1 == c->outputs ? c->destination.last : LANES, places[s].row * tile,
                         places[s].column * tile, call->rectified, tile);
    }
}

INLINE void NAME(convolve_by)(const cwinograd_convolution *c, const struct call *call, float *scratch, const int tile) {
  const size_t points = points_of(tile);
  struct place places[squares_at_once];
  struct part part = {.across = (c->result_width + tile - 1) / tile};
  part.of_image = part.across * ((c->result_height + tile - 1) / tile);
  const size_t all = part.of_image * call->images, parts = (all + squares_at_once - 1) / squares_at_once;
  for (size_t number = 0; number < parts; number++) {
    part.first = all * number / parts;
    part.count = all * (number + 1) / parts - part.first;
    for (size_t index = 0; index < part.count; index++) places[index] = place_of(&part, index);
    const size_t entering = padded(part.count * c->inputs * LANES + 16);
    NAME(enter_squares)(c, call, places, part.count, scratch, entering, tile);
    float *const at = scratch + points * entering;
    const float *filters = call->arranged;
    if (outputs_first(c)) {
      const size_t together = outputs_together(c), leaving = padded(part.count * 2 * LANES + 16);
      for (size_t first = 0; first < c->outputs; first += together) {
        const struct sums sums = {at, leaving, points * leaving, first, smaller(c->outputs - first, together)};
        for (size_t vector = 0; vector < sums.vectors; vector += 2)
          for (size_t point = 0; point < points; point++)
            filters = NAME(multiply_outputs)(c->inputs, outputs_at_once(sums.vectors, vector), filters,
                                             scratch + point * entering, part.count,
                                             at + vector / 2 * sums.group + point * leaving);
        NAME(leave_squares)(c, call, places, part.count, &sums, tile);
      }
    } else {
      const size_t leaving = padded(part.count * c->outputs * LANES + 16);
      const struct sums sums = {at, leaving, 2 * part.count * LANES, 0, c->outputs};
      for (size_t point = 0; point < points; point++)
        for (size_t vector = 0; vector < c->outputs; vector += 2)
          filters = NAME(multiply_outputs)(c->inputs, outputs_at_once(c->outputs, vector), filters, scratch + point * entering,
                                           part.count, at + vector / 2 * sums.group + point * leaving);
      NAME(leave_squares)(c, call, places, part.count, &sums, tile);
    }
  }
}

static void NAME(convolve)(const cwinograd_convolution *c, const struct call *call, float *scratch) {
  if (c->tile == 4)
    NAME(convolve_by)(c, call, scratch, 4);
  else
    NAME(convolve_by)(c, call, scratch, 2);
}
