#include "CElements.h"

#include <CProcessors.h>
#include <math.h>
#include <string.h>

#include "walks.h"

celements_walk celements_walk_of(int rank, const size_t *extents, const size_t *first, const size_t *second) {
  celements_walk walk = {.rank = 1, .extents = {1}};
  for (int axis = 0; axis < rank; axis++) {
    if (extents[axis] == 1) continue;
    const int last = walk.rank - 1;
    if (walk.extents[last] == 1) {
      walk.extents[last] = extents[axis], walk.first[last] = first[axis], walk.second[last] = second[axis];
    } else if (walk.first[last] == first[axis] * extents[axis] && walk.second[last] == second[axis] * extents[axis]) {
      // As one axis, so that lines are long.
      walk.extents[last] *= extents[axis], walk.first[last] = first[axis], walk.second[last] = second[axis];
    } else {
      walk.extents[last + 1] = extents[axis], walk.first[last + 1] = first[axis], walk.second[last + 1] = second[axis];
      walk.rank++;
    }
  }
  return walk;
}

// --- with broadcasting ---

#define COMBINE(NAME, EXPRESSION)                                                                                     \
  INLINE void NAME(const float *restrict a, size_t da, const float *restrict b, size_t db, float *restrict y, \
                          size_t count) {                                                                            \
    SPECIALISED(da, db, for (size_t i = 0; i < count; i++) {                                                         \
      const float p = a[i * DA], q = b[i * DB];                                                                      \
      y[i] = EXPRESSION;                                                                                             \
    })                                                                                                               \
  }

COMBINE(add, p + q)
COMBINE(subtract, p - q)
COMBINE(multiply, p *q)
COMBINE(divide, p / q)
// NaN of either stays NaN.
COMBINE(greater, p > q || p != p ? p : q)
COMBINE(smaller, p < q || p != p ? p : q)

FOR_EACH_PROCESSOR
void celements_combine(celements_arithmetic op, const celements_walk *walk, const float *a, const float *b, float *y) {
  FOR_EACH_LINE(walk, {
    const float *p = a + first, *q = b + second;
    switch (op) {
      case celements_sum: add(p, d_first, q, d_second, y + place, length); break;
      case celements_difference: subtract(p, d_first, q, d_second, y + place, length); break;
      case celements_product: multiply(p, d_first, q, d_second, y + place, length); break;
      case celements_quotient: divide(p, d_first, q, d_second, y + place, length); break;
      case celements_maximum: greater(p, d_first, q, d_second, y + place, length); break;
      case celements_minimum: smaller(p, d_first, q, d_second, y + place, length); break;
    }
  })
}

// Adds a line of shares to where they belong: to elements beside each other, or all to one, by lanes whose number does not
// depend on the processor.
#define ACCUMULATE(NAME, EXPRESSION)                                                                                 \
  INLINE void NAME(const float *restrict g, const float *restrict a, size_t da, const float *restrict b,     \
                          size_t db, float *restrict r, size_t dr, size_t count) {                                   \
    SPECIALISED(da, db, {                                                                                            \
      if (dr) {                                                                                                      \
        for (size_t i = 0; i < count; i++) {                                                                         \
          const float p = a[i * DA], q = b[i * DB];                                                                  \
          (void)p, (void)q;                                                                                          \
          r[i * dr] += g[i] * (EXPRESSION);                                                                          \
        }                                                                                                            \
      } else {                                                                                                       \
        float lanes[16] = {0};                                                                                       \
        size_t i = 0;                                                                                                \
        for (; i + 16 <= count; i += 16)                                                                             \
          for (size_t lane = 0; lane < 16; lane++) {                                                                 \
            const float p = a[(i + lane) * DA], q = b[(i + lane) * DB];                                              \
            (void)p, (void)q;                                                                                        \
            lanes[lane] += g[i + lane] * (EXPRESSION);                                                               \
          }                                                                                                          \
        for (size_t lane = 0; i < count; i++, lane++) {                                                              \
          const float p = a[i * DA], q = b[i * DB];                                                                  \
          (void)p, (void)q;                                                                                          \
          lanes[lane] += g[i] * (EXPRESSION);                                                                        \
        }                                                                                                            \
        for (size_t half = 8; half; half /= 2)                                                                       \
          for (size_t lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];                              \
        r[0] += lanes[0];                                                                                            \
      }                                                                                                              \
    })                                                                                                               \
  }

ACCUMULATE(pass, 1.0f)
ACCUMULATE(pass_negated, -1.0f)
ACCUMULATE(pass_second, q)
ACCUMULATE(pass_first, p)
ACCUMULATE(pass_divided, 1.0f / q)
ACCUMULATE(pass_divisor, -p / (q * q))
ACCUMULATE(pass_first_greater, p > q ? 1.0f : p == q ? 0.5f : 0.0f)
ACCUMULATE(pass_second_greater, q > p ? 1.0f : p == q ? 0.5f : 0.0f)

FOR_EACH_PROCESSOR
void celements_combine_back(celements_arithmetic op, bool of_second, const celements_walk *walk, const float *gradient,
                            const float *a, const float *b, float *r, size_t count) {
  memset(r, 0, count * sizeof *r);
  // A sum asks for no operands: whatever there is to point to.
  if (!a) a = gradient;
  if (!b) b = gradient;
  const bool reads = op != celements_sum && op != celements_difference;
  FOR_EACH_LINE(walk, {
    const float *g = gradient + place, *p = reads ? a + first : a, *q = reads ? b + second : b;
    const size_t dp = reads ? d_first : 0, dq = reads ? d_second : 0;
    float *to = r + (of_second ? second : first);
    const size_t step = of_second ? d_second : d_first;
    switch (op) {
      case celements_sum: pass(g, p, dp, q, dq, to, step, length); break;
      case celements_difference:
        of_second ? pass_negated(g, p, dp, q, dq, to, step, length) : pass(g, p, dp, q, dq, to, step, length);
        break;
      case celements_product:
        of_second ? pass_first(g, p, dp, q, dq, to, step, length) : pass_second(g, p, dp, q, dq, to, step, length);
        break;
      case celements_quotient:
        of_second ? pass_divisor(g, p, dp, q, dq, to, step, length) : pass_divided(g, p, dp, q, dq, to, step, length);
        break;
      case celements_maximum:
      case celements_minimum:
        // The smaller of two passes the first one's share where the greater would pass the second one's.
        of_second == (op == celements_maximum) ? pass_second_greater(g, p, dp, q, dq, to, step, length)
                                               : pass_first_greater(g, p, dp, q, dq, to, step, length);
        break;
    }
  })
}

INLINE void affine(const float *restrict x, const float *restrict a, size_t da, const float *restrict b,
                          size_t db, float *restrict y, size_t count) {
  SPECIALISED(da, db, for (size_t i = 0; i < count; i++) y[i] = x[i] * a[i * DA] + b[i * DB];)
}

FOR_EACH_PROCESSOR
void celements_affine(const celements_walk *walk, const float *x, const float *scale, const float *shift, float *y) {
  FOR_EACH_LINE(walk, affine(x + place, scale + first, d_first, shift + second, d_second, y + place, length);)
}

FOR_EACH_PROCESSOR
void celements_parametric_relu(const celements_walk *walk, const float *x, const float *slope, float *y,
                               float *derivative) {
  FOR_EACH_LINE(walk, {
    for (size_t i = 0; i < length; i++) {
      const float value = x[place + i], below = slope[first + i * d_first];
      y[place + i] = value > 0 ? value : below * value;
      if (derivative) derivative[place + i] = value > 0 ? 1 : below;
    }
  })
}

FOR_EACH_PROCESSOR
void celements_copy(const celements_walk *walk, const float *x, float factor, float *y) {
  FOR_EACH_LINE(walk, {
    for (size_t i = 0; i < length; i++) y[place + i] = factor * x[first + i * d_first];
  })
}

FOR_EACH_PROCESSOR
void celements_multiply(const float *restrict a, const float *restrict b, float *restrict y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = a[i] * b[i];
}

FOR_EACH_PROCESSOR
void celements_multiply_in_place(float *restrict a, const float *restrict b, size_t count) {
  for (size_t i = 0; i < count; i++) a[i] *= b[i];
}

// --- reductions ---

// Adds a line to sums in double precision: each to its own, or all to one.
#define TOTAL(NAME, EXPRESSION)                                                               \
  INLINE void NAME(const float *restrict x, const float *restrict z, double subtracted, double *restrict sums, \
                          size_t step, size_t count) {                                        \
    (void)z, (void)subtracted;                                                                \
    if (step) {                                                                               \
      for (size_t i = 0; i < count; i++) {                                                    \
        const double v = x[i];                                                                \
        sums[i * step] += EXPRESSION;                                                         \
      }                                                                                       \
      return;                                                                                 \
    }                                                                                         \
    double lanes[8] = {0};                                                                    \
    size_t i = 0;                                                                             \
    for (; i + 8 <= count; i += 8)                                                            \
      for (size_t lane = 0; lane < 8; lane++) {                                               \
        const double v = x[i + lane];                                                         \
        const size_t k = i + lane;                                                            \
        (void)k;                                                                              \
        lanes[lane] += LANE_##NAME;                                                           \
      }                                                                                       \
    for (size_t lane = 0; i < count; i++, lane++) {                                           \
      const double v = x[i];                                                                  \
      const size_t k = i;                                                                     \
      (void)k;                                                                                \
      lanes[lane] += LANE_##NAME;                                                             \
    }                                                                                         \
    for (size_t half = 4; half; half /= 2)                                                    \
      for (size_t lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];           \
    sums[0] += lanes[0];                                                                      \
  }

#define LANE_total v
#define LANE_total_of_squares v *v
#define LANE_total_of_products v *z[k]
#define LANE_total_of_deviations (v - subtracted) * (v - subtracted)
TOTAL(total, v)
TOTAL(total_of_squares, v *v)
TOTAL(total_of_products, v *z[i])
TOTAL(total_of_deviations, (v - subtracted) * (v - subtracted))

FOR_EACH_PROCESSOR
void celements_reduce(celements_reduction kind, const celements_walk *walk, const float *x, float factor, float *y,
                      size_t count, void *scratch) {
  double *sums = scratch;
  const bool greatest = kind == celements_reduce_maximum;
  if (greatest || kind == celements_reduce_minimum) {
    for (size_t i = 0; i < count; i++) y[i] = greatest ? -INFINITY : INFINITY;
    FOR_EACH_LINE(walk, {
      for (size_t i = 0; i < length; i++) {
        const float value = x[place + i];
        float *best = y + first + i * d_first;
        if ((greatest ? value > *best : value < *best) || value != value) *best = value;
      }
    })
    return;
  }
  memset(sums, 0, count * sizeof *sums);
  const bool squares = kind == celements_reduce_norm;
  FOR_EACH_LINE(walk, {
    if (squares)
      total_of_squares(x + place, NULL, 0, sums + first, d_first, length);
    else
      total(x + place, NULL, 0, sums + first, d_first, length);
  })
  for (size_t i = 0; i < count; i++) y[i] = (float)(factor * (squares ? sqrt(sums[i]) : sums[i]));
}

FOR_EACH_PROCESSOR
void celements_reduce_derivative(celements_reduction kind, const celements_walk *walk, const float *x, const float *y,
                                 float *derivative, size_t count, void *scratch) {
  double *sums = scratch;
  if (kind == celements_reduce_norm) {
    FOR_EACH_LINE(walk, {
      for (size_t i = 0; i < length; i++) {
        const float norm = y[first + i * d_first];
        derivative[place + i] = norm > 0 ? x[place + i] / norm : 0;
      }
    })
    return;
  }
  memset(sums, 0, count * sizeof *sums);
  FOR_EACH_LINE(walk, {
    for (size_t i = 0; i < length; i++) sums[first + i * d_first] += x[place + i] == y[first + i * d_first];
  })
  FOR_EACH_LINE(walk, {
    for (size_t i = 0; i < length; i++) {
      const size_t to = first + i * d_first;
      derivative[place + i] = x[place + i] == y[to] ? (float)(1 / sums[to]) : 0;
    }
  })
}

// --- normalisations ---

FOR_EACH_PROCESSOR
void celements_standardise(const celements_walk *walk, const float *x, double epsilon, float *y, float *scale,
                           size_t count, size_t size, void *scratch) {
  double *means = scratch, *variances = means + count;
  memset(scratch, 0, 2 * count * sizeof *means);
  FOR_EACH_LINE(walk, {
    total(x + place, NULL, 0, means + first, d_first, length);
  })
  for (size_t i = 0; i < count; i++) means[i] /= (double)size;
  FOR_EACH_LINE(walk, {
    if (d_first) {
      for (size_t i = 0; i < length; i++) {
        const double deviation = x[place + i] - means[first + i * d_first];
        variances[first + i * d_first] += deviation * deviation;
      }
    } else {
      total_of_deviations(x + place, NULL, means[first], variances + first, 0, length);
    }
  })
  for (size_t i = 0; i < count; i++) scale[i] = (float)(1 / sqrt(variances[i] / (double)size + epsilon));
  FOR_EACH_LINE(walk, {
    for (size_t i = 0; i < length; i++) {
      const size_t group = first + i * d_first;
      y[place + i] = (float)(x[place + i] - means[group]) * scale[group];
    }
  })
}

// dx = scale (g - mean(g) - y mean(g y)), the means over the group.
FOR_EACH_PROCESSOR
void celements_standardise_back(const celements_walk *walk, const float *gradient, const float *y, const float *scale,
                                float *r, size_t count, size_t size, void *scratch) {
  double *sums = scratch, *products = sums + count;
  memset(scratch, 0, 2 * count * sizeof *sums);
  FOR_EACH_LINE(walk, {
    total(gradient + place, NULL, 0, sums + first, d_first, length);
    total_of_products(gradient + place, y + place, 0, products + first, d_first, length);
  })
  FOR_EACH_LINE(walk, {
    for (size_t i = 0; i < length; i++) {
      const size_t group = first + i * d_first;
      const double mean = sums[group] / (double)size, product = products[group] / (double)size;
      r[place + i] = (float)(scale[group] * (gradient[place + i] - mean - y[place + i] * product));
    }
  })
}

FOR_EACH_PROCESSOR
void celements_softmax(size_t outer, size_t count, size_t inner, const float *x, float *y) {
  for (size_t o = 0; o < outer; o++)
    for (size_t i = 0; i < inner; i++) {
      const float *from = x + o * count * inner + i;
      float *to = y + o * count * inner + i;
      float greatest = from[0];
      for (size_t k = 1; k < count; k++)
        if (from[k * inner] > greatest) greatest = from[k * inner];
      double sum = 0;
      for (size_t k = 0; k < count; k++) sum += to[k * inner] = expf(from[k * inner] - greatest);
      for (size_t k = 0; k < count; k++) to[k * inner] = (float)(to[k * inner] / sum);
    }
}

FOR_EACH_PROCESSOR
void celements_softmax_back(size_t outer, size_t count, size_t inner, const float *gradient, const float *y, float *r) {
  for (size_t o = 0; o < outer; o++)
    for (size_t i = 0; i < inner; i++) {
      const size_t start = o * count * inner + i;
      double sum = 0;
      for (size_t k = 0; k < count; k++) sum += (double)gradient[start + k * inner] * y[start + k * inner];
      for (size_t k = 0; k < count; k++) {
        const size_t place = start + k * inner;
        r[place] = (float)(y[place] * (gradient[place] - sum));
      }
    }
}

// The channels whose squares count at `channel`.
static inline void around(size_t channel, size_t channels, size_t before, size_t behind, size_t *from, size_t *to) {
  *from = channel > before ? channel - before : 0;
  *to = behind < channels - channel ? channel + behind + 1 : channels;
}

FOR_EACH_PROCESSOR
void celements_local_response(size_t channels, size_t area, size_t size, float scale, float exponent, float bias,
                              const float *x, float *y, float *base) {
  const size_t before = (size - 1) / 2, behind = size - 1 - before;
  for (size_t c = 0; c < channels; c++) {
    size_t from, to;
    around(c, channels, before, behind, &from, &to);
    float *sums = base + c * area;
    memset(sums, 0, area * sizeof *sums);
    for (size_t k = from; k < to; k++)
      for (size_t i = 0; i < area; i++) sums[i] += x[k * area + i] * x[k * area + i];
    for (size_t i = 0; i < area; i++) {
      sums[i] = bias + scale / (float)size * sums[i];
      y[c * area + i] = x[c * area + i] * powf(sums[i], -exponent);
    }
  }
}

FOR_EACH_PROCESSOR
void celements_local_response_back(size_t channels, size_t area, size_t size, float scale, float exponent,
                                   const float *gradient, const float *x, const float *base, float *r, float *scratch) {
  const size_t before = (size - 1) / 2, behind = size - 1 - before;
  for (size_t i = 0; i < channels * area; i++) {
    const float power = powf(base[i], -exponent);
    r[i] = gradient[i] * power;
    scratch[i] = r[i] * x[i] / base[i];
  }
  const float factor = 2 * scale / (float)size * exponent;
  for (size_t c = 0; c < channels; c++) {
    size_t from, to;
    // Those that this channel is around.
    around(c, channels, behind, before, &from, &to);
    for (size_t k = from; k < to; k++)
      for (size_t i = 0; i < area; i++) r[c * area + i] -= factor * x[c * area + i] * scratch[k * area + i];
  }
}

// --- samplings ---

FOR_EACH_PROCESSOR
void celements_sample(const celements_sampling *s, const float *x, float *y) {
  for (size_t o = 0; o < s->outer; o++)
    for (size_t k = 0; k < s->count; k++) {
      float *to = y + (o * s->count + k) * s->inner;
      const size_t start = s->starts[k], end = s->starts[k + 1];
      if (end == start + 1 && s->weights[start] == 1) {
        memcpy(to, x + (o * s->extent + s->sources[start]) * s->inner, s->inner * sizeof *to);
        continue;
      }
      memset(to, 0, s->inner * sizeof *to);
      for (size_t t = start; t < end; t++) {
        const float *from = x + (o * s->extent + s->sources[t]) * s->inner;
        const float weight = s->weights[t];
        for (size_t i = 0; i < s->inner; i++) to[i] += weight * from[i];
      }
    }
}

FOR_EACH_PROCESSOR
void celements_sample_back(const celements_sampling *s, const float *gradient, float *r) {
  memset(r, 0, s->outer * s->extent * s->inner * sizeof *r);
  for (size_t o = 0; o < s->outer; o++)
    for (size_t k = 0; k < s->count; k++) {
      const float *from = gradient + (o * s->count + k) * s->inner;
      for (size_t t = s->starts[k]; t < s->starts[k + 1]; t++) {
        float *to = r + (o * s->extent + s->sources[t]) * s->inner;
        const float weight = s->weights[t];
        for (size_t i = 0; i < s->inner; i++) to[i] += weight * from[i];
      }
    }
}

// --- layouts ---

void celements_clear_tail(float *x, size_t channels, size_t area, size_t block) {
  const size_t used = channels % block;
  if (used == 0) return;
  float *last = x + channels / block * block * area;
  for (size_t i = 0; i < area; i++) memset(last + i * block + used, 0, (block - used) * sizeof *last);
}
