#include <CProcessors.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CElements.h"

static inline __attribute__((always_inline)) float from_bits(int32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline __attribute__((always_inline)) int32_t bits_of(float value) {
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// exp(x) to 2 units in the last place, from 0 to infinity, without a branch, so that loops of it become vector code: 2^n
// exp(r) with |r| <= log(2) / 2, by the Taylor polynomial of degree 7, whose remainder is below 6e-9.
static inline __attribute__((always_inline)) float exponential(float x) {
  // Beyond these it is 0 or infinity; NaN is neither greater nor smaller.
  x = x > 89 ? 89 : x;
  x = x < -104 ? -104 : x;
  // Adding 1.5 2^23 leaves the nearest integer in the lowest bits.
  const float magic = 12582912.0f;
  const float shifted = x * 1.44269504f + magic;
  const int32_t n = bits_of(shifted) - bits_of(magic);
  const float whole = shifted - magic;
  // log(2) in two parts, the first of few bits, so that the product is exact.
  const float r = (x - whole * 0.693359375f) - whole * -2.12194440e-4f;
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

static inline __attribute__((always_inline)) float sigmoid(float x) { return 1 / (1 + exponential(-x)); }

// Of sigmoid: small where either end is near, without cancellation.
static inline __attribute__((always_inline)) float sigmoid_slope(float x) {
  const float e = exponential(-fabsf(x));
  return e / ((1 + e) * (1 + e));
}

static const float pi = 3.14159265358979f;

#define LOOP(VALUE, SLOPE)                                  \
  if (derivative)                                           \
    for (size_t i = 0; i < count; i++) {                    \
      const float v = x[i];                                 \
      derivative[i] = SLOPE;                                \
    }                                                       \
  for (size_t i = 0; i < count; i++) {                      \
    const float v = x[i];                                   \
    y[i] = VALUE;                                           \
  }                                                         \
  break;

// x tanh(log(1 + e^x)): with m = e^x (e^x + 2) that is x m / (m + 2), which is x long before m overflows.
static inline __attribute__((always_inline)) float mish(float x) {
  const float e = exponential(x > 20 ? 20 : x), m = e * (e + 2);
  return x * (m / (m + 2));
}

static inline __attribute__((always_inline)) float mish_slope(float x) {
  const float e = exponential(x > 20 ? 20 : x), m = e * (e + 2);
  return m / (m + 2) + x * (4 * (m + 1) / ((m + 2) * (m + 2))) * sigmoid(x);
}

// What the sigmoid of GELU's approximation is of: 2 sqrt(2 / pi) (x + 0.044715 x^3), for 1 + tanh(u) = 2 sigmoid(2 u).
static inline __attribute__((always_inline)) float bent(float x) { return 1.59576912f * (x + 0.044715f * x * x * x); }
static inline __attribute__((always_inline)) float bent_slope(float x) { return 1.59576912f * (1 + 3 * 0.044715f * x * x); }

FOR_EACH_PROCESSOR
void celements_apply(celements_function f, float a, float b, const float *restrict x, float *restrict y,
                     float *restrict derivative, size_t count) {
  switch (f) {
    case celements_leaky_relu: LOOP(v > 0 ? v : a * v, v > 0 ? 1 : a)
    case celements_clip: LOOP(v < a ? a : v > b ? b : v, v > a && v < b ? 1 : 0)
    case celements_sigmoid: LOOP(sigmoid(v), sigmoid_slope(v))
    case celements_hard_sigmoid: {
      LOOP(a * v + b < 0 ? 0 : a * v + b > 1 ? 1 : a * v + b, a * v + b > 0 && a * v + b < 1 ? a : 0)
    }
    case celements_hard_swish: LOOP(v * (v < -3 ? 0 : v > 3 ? 1 : v / 6 + 0.5f), v < -3 ? 0 : v > 3 ? 1 : v / 3 + 0.5f)
    case celements_silu: LOOP(v * sigmoid(v), sigmoid(v) + v * sigmoid_slope(v))
    case celements_mish: LOOP(mish(v), mish_slope(v))
    case celements_gelu:
      LOOP(0.5f * v * erfcf(v * -0.707106781f),
           0.5f * erfcf(v * -0.707106781f) + v * exponential(-0.5f * v * v) * 0.398942280f)
    case celements_tanh_gelu:
      LOOP(v * sigmoid(bent(v)), sigmoid(bent(v)) + v * sigmoid_slope(bent(v)) * bent_slope(v))
    case celements_tanh: LOOP(tanhf(v), 4 * sigmoid_slope(2 * v))
    case celements_elu: LOOP(b * (v > 0 ? v : a * expm1f(v)), b * (v > 0 ? 1 : a * exponential(v)))
    case celements_celu: LOOP(v > 0 ? v : a * expm1f(v / a), v > 0 ? 1 : exponential(v / a))
    case celements_softplus: LOOP((v > 0 ? v : 0) + log1pf(exponential(-fabsf(v))), sigmoid(v))
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
    case celements_error_function: LOOP(erff(v), 2 / sqrtf(pi) * exponential(-v * v))
  }
}
