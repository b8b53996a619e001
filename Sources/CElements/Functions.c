#include <CProcessors.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CElements.h"

INLINE float from_bits(int32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

INLINE int32_t bits_of(float value) {
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// exp(x + low) to 2 units in the last place, from 0 to infinity, without a branch, so that loops of it become vector code: 2^n
// exp(r) with |r| <= log(2) / 2, by the Taylor polynomial of degree 7, whose remainder is below 6e-9. `low` is what x was
// rounded by.
INLINE float exponential_of_two(float x, float low) {
  // Beyond these it is 0 or infinity; NaN is neither greater nor smaller.
  x = x > 89 ? 89 : x;
  x = x < -104 ? -104 : x;
  // Adding 1.5 2^23 leaves the nearest integer in the lowest bits.
  const float magic = 12582912.0f;
  const float shifted = x * 1.44269504f + magic;
  const int32_t n = bits_of(shifted) - bits_of(magic);
  const float whole = shifted - magic;
  // log(2) in two parts, the first of few bits, so that the product is exact.
  const float r = (x - whole * 0.693359375f) - whole * -2.12194440e-4f + low;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r * r + r + 1;
  // In two steps: 2^n may be too small or too great for one.
  const int32_t half = n >> 1;
  return p * from_bits((127 + half) << 23) * from_bits((127 + n - half) << 23);
}

INLINE float exponential(float x) { return exponential_of_two(x, 0); }

// A value and the derivative there.
typedef struct {
  float value, slope;
} pair;

// Of one exponential, that of what is negative, so that neither is lost where the other is near 1.
INLINE pair sigmoid(float x) {
  const float e = exponential(-fabsf(x)), r = 1 / (1 + e);
  return (pair){x < 0 ? e * r : r, e * r * r};
}

INLINE pair silu(float x) {
  const pair s = sigmoid(x);
  return (pair){x * s.value, s.value + x * s.slope};
}

// x tanh(log(1 + e^x)): with m = e^x (e^x + 2) that is x m / (m + 2), which is x long before m overflows.
INLINE pair mish(float x) {
  const float e = exponential(x > 20 ? 20 : x), m = e * (e + 2), r = 1 / (m + 2);
  return (pair){x * (m * r), m * r + x * (4 * (m + 1) * r * r) * (e / (1 + e))};
}

// x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3), for 1 + tanh(u) = 2 sigmoid(2 u).
INLINE pair tanh_gelu(float x) {
  const pair s = sigmoid(1.59576912f * (x + 0.044715f * x * x * x));
  return (pair){x * s.value, s.value + x * s.slope * (1.59576912f * (1 + 3 * 0.044715f * x * x))};
}

// x Phi(x), of the normal distribution. Its tail Phi(-|x|) is exp(-x^2 / 2) times a function that varies slowly, erfcx(z) / 2
// of z = |x| / sqrt(2): t times a polynomial in t = 1 / (1 + z / 2), fitted over 0 <= z <= 14 by Scripts/goldens/normal_tail.py.
INLINE pair gelu(float x) {
  const float distance = fabsf(x) > 15 ? 15 : fabsf(x);
  // The square in two parts, the first of which is exact: what is lost of an exponent is lost of the whole result.
  const float coarse = from_bits(bits_of(distance) & ~0xFFF);
  const float e = exponential_of_two(-0.5f * coarse * coarse, -0.5f * (distance - coarse) * (distance + coarse));
  const float t = 1 / (1 + 0.353553391f * distance);
  const float s = (t - 0.5625f) * 2.28571429f;
  float p = -8.02538197604008e-05f;
  p = p * s + 5.808076821267605e-05f;
  p = p * s + 0.0007729416829533875f;
  p = p * s - 0.0010279803536832333f;
  p = p * s - 0.0072591910138726234f;
  p = p * s + 0.008310484699904919f;
  p = p * s + 0.11140023916959763f;
  p = p * s + 0.3318704664707184f;
  p = p * s + 0.555955171585083f;
  const float tail = 0.5f * e * t * p;
  const float phi = x < 0 ? tail : 1 - tail;
  return (pair){x * phi, phi + x * e * 0.398942280f};
}

static const float two_over_root_pi = 1.12837917f;

// Value and derivative of a pair, or of two expressions; the value has the same bits whether the derivative is asked for.
#define PAIR(FUNCTION)                           \
  if (derivative)                                \
    for (size_t i = 0; i < count; i++) {         \
      const pair found = FUNCTION(x[i]);         \
      derivative[i] = found.slope;               \
      y[i] = found.value;                        \
    }                                            \
  else                                           \
    for (size_t i = 0; i < count; i++) y[i] = FUNCTION(x[i]).value; \
  break;

#define LOOP(VALUE, SLOPE)                 \
  if (derivative)                          \
    for (size_t i = 0; i < count; i++) {   \
      const float v = x[i];                \
      derivative[i] = SLOPE;               \
    }                                      \
  for (size_t i = 0; i < count; i++) {     \
    const float v = x[i];                  \
    y[i] = VALUE;                          \
  }                                        \
  break;

// `x` and `y` may be the same.
INLINE void apply(celements_function f, float a, float b, const float *x, float *y,
                                                        float *restrict derivative, size_t count) {
  switch (f) {
    case celements_leaky_relu: LOOP(v > 0 ? v : a * v, v > 0 ? 1 : a)
    case celements_clip: LOOP(v < a ? a : v > b ? b : v, v > a && v < b ? 1 : 0)
    case celements_sigmoid: PAIR(sigmoid)
    case celements_hard_sigmoid:
      LOOP(a * v + b < 0 ? 0 : a * v + b > 1 ? 1 : a * v + b, a * v + b > 0 && a * v + b < 1 ? a : 0)
    case celements_hard_swish: LOOP(v * (v < -3 ? 0 : v > 3 ? 1 : v / 6 + 0.5f), v < -3 ? 0 : v > 3 ? 1 : v / 3 + 0.5f)
    case celements_silu: PAIR(silu)
    case celements_mish: PAIR(mish)
    case celements_gelu: PAIR(gelu)
    case celements_tanh_gelu: PAIR(tanh_gelu)
    case celements_tanh: LOOP(tanhf(v), 4 * sigmoid(2 * v).slope)
    case celements_elu: LOOP(b * (v > 0 ? v : a * expm1f(v)), b * (v > 0 ? 1 : a * exponential(v)))
    case celements_celu: LOOP(v > 0 ? v : a * expm1f(v / a), v > 0 ? 1 : exponential(v / a))
    case celements_softplus: LOOP((v > 0 ? v : 0) + log1pf(exponential(-fabsf(v))), sigmoid(v).value)
    case celements_softsign: LOOP(v / (1 + fabsf(v)), 1 / ((1 + fabsf(v)) * (1 + fabsf(v))))
    case celements_exponential: LOOP(exponential(v), exponential(v))
    case celements_logarithm: LOOP(logf(v), 1 / v)
    case celements_square_root: LOOP(sqrtf(v), 0.5f / sqrtf(v))
    case celements_power:
      if (a == 2) {
        LOOP(v * v, 2 * v)
      }
      LOOP(powf(v, a), a == 0 ? 0 : a * powf(v, a - 1))
    case celements_absolute: LOOP(fabsf(v), v > 0 ? 1 : v < 0 ? -1 : 0)
    case celements_reciprocal: LOOP(1 / v, -1 / (v * v))
    case celements_error_function: LOOP(erff(v), two_over_root_pi * exponential(-v * v))
  }
}

// So many at a time: where the derivative is a pass of its own, x is still in the nearest cache.
enum { piece = 2048 };

FOR_EACH_PROCESSOR
void celements_apply(celements_function f, float a, float b, const float *restrict x, float *restrict y,
                     float *restrict derivative, size_t count) {
  for (size_t i = 0; i < count; i += piece)
    apply(f, a, b, x + i, y + i, derivative ? derivative + i : NULL, count - i < piece ? count - i : piece);
}

FOR_EACH_PROCESSOR
void celements_apply_in_place(celements_function f, float a, float b, float *restrict x, float *restrict derivative,
                              size_t count) {
  for (size_t i = 0; i < count; i += piece)
    apply(f, a, b, x + i, x + i, derivative ? derivative + i : NULL, count - i < piece ? count - i : piece);
}
