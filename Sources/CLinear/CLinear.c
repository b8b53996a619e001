#include "CLinear.h"

#include <CProcessors.h>
#include <string.h>

// Lanes of a partial sum; their number, not the processor's, fixes the order of additions.
typedef float lanes __attribute__((vector_size(32)));
enum { lane_count = 8 };

enum {
  most_rows = 8,          // beside each other, with AVX-512 all in registers
  forward_block = 4096,   // inputs; all rows of a block stay in the second-level cache
  backward_block = 2048,  // inputs; the same for sums
  backward_outputs = 4,   // weight rows read beside each other
};

INLINE lanes load(const float *p) {
  lanes v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(float *p, lanes v) { memcpy(p, &v, sizeof v); }

INLINE float sum(lanes v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

// Adds the products of one block of inputs to the destinations, for two outputs at a time.
INLINE void forward_rows(const float *weights, size_t inputs, size_t outputs, size_t start, size_t count,
                         const float *const *sources, float *const *destinations, const int rows) {
  size_t o = 0;
  for (; o + 2 <= outputs; o += 2) {
    const float *first = weights + o * inputs + start, *second = first + inputs;
    lanes a[most_rows] = {0}, b[most_rows] = {0};
    size_t i = 0;
    for (; i + lane_count <= count; i += lane_count) {
      lanes wa = load(first + i), wb = load(second + i);
      for (int r = 0; r < rows; r++) {
        lanes x = load(sources[r] + start + i);
        a[r] += wa * x;
        b[r] += wb * x;
      }
    }
    for (int r = 0; r < rows; r++) {
      float sa = sum(a[r]), sb = sum(b[r]);
      for (size_t rest = i; rest < count; rest++) {
        sa += first[rest] * sources[r][start + rest];
        sb += second[rest] * sources[r][start + rest];
      }
      destinations[r][o] += sa;
      destinations[r][o + 1] += sb;
    }
  }
  for (; o < outputs; o++) {
    const float *row = weights + o * inputs + start;
    for (int r = 0; r < rows; r++) {
      lanes a = {0};
      size_t i = 0;
      for (; i + lane_count <= count; i += lane_count) a += load(row + i) * load(sources[r] + start + i);
      float s = sum(a);
      for (; i < count; i++) s += row[i] * sources[r][start + i];
      destinations[r][o] += s;
    }
  }
}

FOR_EACH_PROCESSOR
static void forward_some(const float *weights, size_t inputs, size_t outputs, const float *const *sources,
                         float *const *destinations, int rows) {
  for (size_t start = 0; start < inputs; start += forward_block) {
    size_t count = inputs - start < forward_block ? inputs - start : forward_block;
    switch (rows) {
      case 1: forward_rows(weights, inputs, outputs, start, count, sources, destinations, 1); break;
      case 2: forward_rows(weights, inputs, outputs, start, count, sources, destinations, 2); break;
      case 3: forward_rows(weights, inputs, outputs, start, count, sources, destinations, 3); break;
      case 4: forward_rows(weights, inputs, outputs, start, count, sources, destinations, 4); break;
      case 5: forward_rows(weights, inputs, outputs, start, count, sources, destinations, 5); break;
      case 6: forward_rows(weights, inputs, outputs, start, count, sources, destinations, 6); break;
      case 7: forward_rows(weights, inputs, outputs, start, count, sources, destinations, 7); break;
      default: forward_rows(weights, inputs, outputs, start, count, sources, destinations, 8); break;
    }
  }
}

void clinear_forward(const float *weights, const float *bias, size_t inputs, size_t outputs, const float *const *sources,
                     float *const *destinations, size_t rows, bool relu) {
  for (size_t r = 0; r < rows; r++) memcpy(destinations[r], bias, outputs * sizeof *bias);
  for (size_t r = 0; r < rows; r += most_rows)
    forward_some(weights, inputs, outputs, sources + r, destinations + r,
                 (int)(rows - r < most_rows ? rows - r : most_rows));
  if (relu)
    for (size_t r = 0; r < rows; r++)
      for (size_t o = 0; o < outputs; o++) destinations[r][o] = destinations[r][o] < 0 ? 0 : destinations[r][o];
}

// Adds some weight rows, each times its gradient, to one block of the sums.
INLINE void backward_rows(const float *weights, size_t inputs, const size_t *chosen, const int outputs, size_t start,
                          size_t count, const float *const *gradients, float *const *sums, const int rows) {
  const float *row[backward_outputs];
  float factor[most_rows][backward_outputs];
  for (int o = 0; o < outputs; o++) {
    row[o] = weights + chosen[o] * inputs + start;
    for (int r = 0; r < rows; r++) factor[r][o] = gradients[r][chosen[o]];
  }
  size_t i = 0;
  for (; i + 2 * lane_count <= count; i += 2 * lane_count) {
    lanes wa[backward_outputs], wb[backward_outputs];
    for (int o = 0; o < outputs; o++) {
      wa[o] = load(row[o] + i);
      wb[o] = load(row[o] + i + lane_count);
    }
    for (int r = 0; r < rows; r++) {
      float *sum = sums[r] + start + i;
      lanes a = load(sum), b = load(sum + lane_count);
      for (int o = 0; o < outputs; o++) {
        a += factor[r][o] * wa[o];
        b += factor[r][o] * wb[o];
      }
      store(sum, a);
      store(sum + lane_count, b);
    }
  }
  for (; i < count; i++)
    for (int r = 0; r < rows; r++) {
      float s = sums[r][start + i];
      for (int o = 0; o < outputs; o++) s += factor[r][o] * row[o][i];
      sums[r][start + i] = s;
    }
}

INLINE void backward_block_of(const float *weights, size_t inputs, size_t outputs, size_t start, size_t count,
                              const float *const *gradients, float *const *sums, const int rows) {
  // Weights that every gradient multiplies by 0 are not read: behind a ReLU that is about half of them, and behind a
  // single class's score all rows but one.
  size_t chosen[backward_outputs];
  int found = 0;
  for (size_t o = 0; o < outputs; o++) {
    bool isUsed = false;
    for (int r = 0; r < rows; r++) isUsed |= gradients[r][o] != 0;
    if (!isUsed) continue;
    chosen[found++] = o;
    if (found < backward_outputs) continue;
    backward_rows(weights, inputs, chosen, backward_outputs, start, count, gradients, sums, rows);
    found = 0;
  }
  for (int o = 0; o < found; o++) backward_rows(weights, inputs, chosen + o, 1, start, count, gradients, sums, rows);
}

FOR_EACH_PROCESSOR
static void backward_some(const float *weights, size_t inputs, size_t outputs, const float *const *gradients,
                          float *const *sums, int rows) {
  for (size_t start = 0; start < inputs; start += backward_block) {
    size_t count = inputs - start < backward_block ? inputs - start : backward_block;
    switch (rows) {
      case 1: backward_block_of(weights, inputs, outputs, start, count, gradients, sums, 1); break;
      case 2: backward_block_of(weights, inputs, outputs, start, count, gradients, sums, 2); break;
      case 3: backward_block_of(weights, inputs, outputs, start, count, gradients, sums, 3); break;
      case 4: backward_block_of(weights, inputs, outputs, start, count, gradients, sums, 4); break;
      case 5: backward_block_of(weights, inputs, outputs, start, count, gradients, sums, 5); break;
      case 6: backward_block_of(weights, inputs, outputs, start, count, gradients, sums, 6); break;
      case 7: backward_block_of(weights, inputs, outputs, start, count, gradients, sums, 7); break;
      default: backward_block_of(weights, inputs, outputs, start, count, gradients, sums, 8); break;
    }
  }
}

void clinear_backward(const float *weights, size_t inputs, size_t outputs, const float *const *destination_gradients,
                      float *const *source_gradients, size_t rows) {
  for (size_t r = 0; r < rows; r++) memset(source_gradients[r], 0, inputs * sizeof(float));
  for (size_t r = 0; r < rows; r += most_rows)
    backward_some(weights, inputs, outputs, destination_gradients + r, source_gradients + r,
                  (int)(rows - r < most_rows ? rows - r : most_rows));
}

// Ten sums beside each other hide the latency of the additions.
#define MULTIPLY_ADD_ROUNDS(name, processor, bytes)                                           \
  __attribute__((target(processor))) static double name(size_t rounds) {                      \
    typedef float wide __attribute__((vector_size(bytes)));                                   \
    wide s0 = {1}, s1 = {2}, s2 = {3}, s3 = {4}, s4 = {5}, s5 = {6}, s6 = {7}, s7 = {8}, s8 = {9}, s9 = {10}; \
    wide x = {0}, y = {0};                                                                    \
    __asm__ volatile("" : "+x"(x), "+x"(y));                                                  \
    for (size_t i = 0; i < rounds; i++) {                                                     \
      s0 += x * y; s1 += x * y; s2 += x * y; s3 += x * y; s4 += x * y;                        \
      s5 += x * y; s6 += x * y; s7 += x * y; s8 += x * y; s9 += x * y;                        \
      __asm__ volatile("" : "+x"(s0), "+x"(s1), "+x"(s2), "+x"(s3), "+x"(s4), "+x"(s5), "+x"(s6), "+x"(s7), \
                            "+x"(s8), "+x"(s9));                                              \
    }                                                                                         \
    return 2.0 * 10 * (bytes / 4) * (double)rounds;                                           \
  }

#if defined(__x86_64__)
MULTIPLY_ADD_ROUNDS(rounds_of_16, "avx512f", 64)
MULTIPLY_ADD_ROUNDS(rounds_of_8, "avx2,fma", 32)
MULTIPLY_ADD_ROUNDS(rounds_of_4, "sse2", 16)

double clinear_multiply_add_rounds(size_t rounds) {
  if (__builtin_cpu_supports("avx512f")) return rounds_of_16(rounds);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return rounds_of_8(rounds);
  return rounds_of_4(rounds);
}
#else
double clinear_multiply_add_rounds(size_t rounds) {
  volatile float x = 1;
  float s = 0;
  for (size_t i = 0; i < rounds; i++) s += x * x;
  return s < 0 ? 0 : 2.0 * (double)rounds;
}
#endif
