#include "Calls.h"

#include <stdint.h>

enum {
  // Pixels that are convolved together: enough to make a reading of some filters worth while.
  pixels_at_once = 64,
  // Vectors of outputs whose sums stand in registers beside each other.
  most_outputs = 8,
  // Filters that are used together stay in half of the first-level cache: floats.
  filters_at_once = 4096,
  // Channels whose values are gathered together.
  most_channels = 64,
};

// Outputs go in groups that differ by a vector at most.
INLINE size_t groups_of(const czeroskipping_convolution *c) { return (c->outputs + most_outputs - 1) / most_outputs; }
INLINE size_t first_of(const czeroskipping_convolution *c, size_t group) { return c->outputs * group / groups_of(c); }

// Vectors of inputs that are used together.
INLINE size_t depth_of(const czeroskipping_convolution *c) {
  const size_t widest = (c->outputs + groups_of(c) - 1) / groups_of(c);
  return smaller(filters_at_once / (widest * c->lanes * c->lanes), most_channels / c->lanes);
}

// A value that is not 0, and where its row of filters starts.
struct item {
  float value;
  uint32_t row;  // bytes from the first
};

// Room for all items of a part, and a vector more.
INLINE size_t items_of(const czeroskipping_convolution *c) { return pixels_at_once * most_channels + c->lanes; }

#if defined(__x86_64__) && defined(__clang__)

#include <immintrin.h>

// Whether so many values that are not 0 are few enough to be gathered.
INLINE bool is_worth(size_t found, size_t of_all) { return found * 4 < of_all * 3; }

// Some results that follow each other: rows first, then images.
struct part {
  size_t count;
  // Where each one's filter starts: its image, and rows and columns in it.
  const float *images[pixels_at_once];
  ptrdiff_t rows[pixels_at_once], columns[pixels_at_once];
  const float *added[pixels_at_once];
  float *to[pixels_at_once];
  // What a tap reads; null beside the map.
  const float *from[pixels_at_once];
  // Items of each one.
  const struct item *items[pixels_at_once];
  size_t counts[pixels_at_once];
  // All of them by how many items they have, and how many of them have none.
  unsigned char order[pixels_at_once];
  size_t empty;
};

// Pixels in the order of how many items they have: a loop that ends where it ended before is foreseen by the processor.
static void order_pixels(struct part *part) {
  unsigned char starts[most_channels + 2] = {0};
  for (size_t pixel = 0; pixel < part->count; pixel++) starts[part->counts[pixel] + 1]++;
  part->empty = starts[1];
  for (size_t count = 0; count < most_channels; count++) starts[count + 1] += starts[count];
  for (size_t pixel = 0; pixel < part->count; pixel++) part->order[starts[part->counts[pixel]]++] = (unsigned char)pixel;
}

// What comes into the second-level cache while other sums are made, a share with every pixel.
struct next {
  const float *filters;
  // Lines of memory of each pixel, or null.
  const float *const *pixels;
  size_t from, step;  // floats behind where a pixel starts, and from line to line
};

enum { line = 16 };  // floats

INLINE void fetch(const struct next *next, size_t pixel, const int lines) {
  for (int i = 0; i < filters_at_once / line / pixels_at_once; i++)
    __builtin_prefetch(next->filters + (pixel * filters_at_once / pixels_at_once + (size_t)i * line), 0, 2);
  if (next->pixels && next->pixels[pixel])
    for (int i = 0; i < lines; i++)
      __builtin_prefetch(next->pixels[pixel] + next->from + (size_t)i * next->step, 0, 2);
}

static void find_results(const czeroskipping_convolution *c, const struct call *call, size_t first, size_t count,
                         struct part *part) {
  part->count = count;
  for (size_t pixel = 0; pixel < count; pixel++) {
    const size_t number = first + pixel, of_image = c->result_height * c->result_width;
    const size_t image = number / of_image, row = number % of_image / c->result_width, column = number % c->result_width;
    const size_t at = c->first + row * c->destination.row + column * c->destination.column;
    part->images[pixel] = call->sources[image];
    part->rows[pixel] = (ptrdiff_t)(row * c->row_stride);
    part->columns[pixel] = (ptrdiff_t)(column * c->column_stride);
    part->added[pixel] = call->addends ? call->addends[image] + at : NULL;
    part->to[pixel] = call->destinations[image] + at;
  }
}

// Finds what a tap reads, and says whether all of it is within the map.
static bool find_sources(const czeroskipping_convolution *c, const czeroskipping_tap *tap, struct part *part) {
  bool within = true;
  for (size_t pixel = 0; pixel < part->count; pixel++) {
    const ptrdiff_t row = part->rows[pixel] + tap->row, column = part->columns[pixel] + tap->column;
    const bool is_within = row >= 0 && column >= 0 && row < (ptrdiff_t)c->height && column < (ptrdiff_t)c->width;
    const size_t at = (size_t)row * c->source.row + (size_t)column * c->source.column;
    part->from[pixel] = is_within ? part->images[pixel] + at : NULL;
    within = within && is_within;
  }
  return within;
}

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), apply_to = function)
#define LANES 16
#define SUMS 24
#define NAME(name) name##_16
#include "Vectors.h"

// Writes the items of some channels of a pixel, and gives what is behind them, where up to a vector of others may be written.
INLINE struct item *NAME(gather)(const float *values, size_t channels, uint32_t row, uint32_t step, struct item *to) {
  const __m512 all = _mm512_maskz_loadu_ps((__mmask16)(0xffffu >> (16 - channels)), values);
  const __mmask16 found = _mm512_cmp_ps_mask(all, _mm512_setzero_ps(), _CMP_NEQ_UQ);
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i rows = _mm512_add_epi32(_mm512_mullo_epi32(lanes, _mm512_set1_epi32((int)step)), _mm512_set1_epi32((int)row));
  const __m512i kept = _mm512_castps_si512(_mm512_maskz_compress_ps(found, all));
  const __m512i at = _mm512_maskz_compress_epi32(found, rows);
  const __m512i low = _mm512_unpacklo_epi32(kept, at), high = _mm512_unpackhi_epi32(kept, at);
  _mm512_storeu_si512(to, _mm512_permutex2var_epi64(low, _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), high));
  _mm512_storeu_si512(to + 8, _mm512_permutex2var_epi64(low, _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15), high));
  return to + __builtin_popcount(found);
}

INLINE size_t NAME(count)(const float *values, size_t channels) {
  const __m512 all = _mm512_maskz_loadu_ps((__mmask16)(0xffffu >> (16 - channels)), values);
  return (size_t)__builtin_popcount(_mm512_cmp_ps_mask(all, _mm512_setzero_ps(), _CMP_NEQ_UQ));
}

#include "ZeroSkippingProducts.h"
#undef LANES
#undef SUMS
#undef NAME
#pragma clang attribute pop

// By mask: the lanes that are set, a byte each.
static uint64_t set_lanes[256];

__attribute__((constructor)) static void find_set_lanes(void) {
  for (unsigned mask = 0; mask < 256; mask++) {
    unsigned count = 0;
    for (uint64_t lane = 0; lane < 8; lane++)
      if (mask >> lane & 1) set_lanes[mask] |= lane << 8 * count++;
  }
}

#pragma clang attribute push(__attribute__((target("avx2,fma,popcnt"))), apply_to = function)
#define LANES 8
#define SUMS 12
#define NAME(name) name##_8
#include "Vectors.h"

INLINE __m256 NAME(values)(const float *values, size_t channels) {
  if (channels == 8) return _mm256_loadu_ps(values);
  float some[8] = {0};
  memcpy(some, values, channels * sizeof *values);
  return _mm256_loadu_ps(some);
}

INLINE unsigned NAME(found)(__m256 values) {
  return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(values, _mm256_setzero_ps(), _CMP_NEQ_UQ));
}

INLINE struct item *NAME(gather)(const float *values, size_t channels, uint32_t row, uint32_t step, struct item *to) {
  const __m256 all = NAME(values)(values, channels);
  const unsigned found = NAME(found)(all);
  const __m256i lanes = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)set_lanes[found]));
  const __m256i at = _mm256_add_epi32(_mm256_mullo_epi32(lanes, _mm256_set1_epi32((int)step)), _mm256_set1_epi32((int)row));
  const __m256i kept = _mm256_castps_si256(_mm256_permutevar8x32_ps(all, lanes));
  const __m256i low = _mm256_unpacklo_epi32(kept, at), high = _mm256_unpackhi_epi32(kept, at);
  _mm256_storeu_si256((__m256i *)to, _mm256_permute2x128_si256(low, high, 0x20));
  _mm256_storeu_si256((__m256i *)(to + 4), _mm256_permute2x128_si256(low, high, 0x31));
  return to + __builtin_popcount(found);
}

INLINE size_t NAME(count)(const float *values, size_t channels) {
  return (size_t)__builtin_popcount(NAME(found)(NAME(values)(values, channels)));
}

#include "ZeroSkippingProducts.h"
#undef LANES
#undef SUMS
#undef NAME
#pragma clang attribute pop

void czeroskipping_convolve(const czeroskipping_convolution *c, const czeroskipping_tap *taps, const float *arranged,
                            const float *bias, const float *const *sources, const float *const *addends,
                            float *const *destinations, size_t images, bool rectified, float *scratch) {
  const struct call call = {arranged, bias, sources, addends, destinations, images, rectified};
  const size_t results = images * c->result_height * c->result_width;
  for (size_t first = 0; first < results; first += pixels_at_once) {
    struct part part;
    find_results(c, &call, first, smaller(results - first, pixels_at_once), &part);
    if (c->lanes == 16)
      convolve_16(c, taps, &call, &part, scratch);
    else
      convolve_8(c, taps, &call, &part, scratch);
  }
}

#else

void czeroskipping_convolve(const czeroskipping_convolution *c, const czeroskipping_tap *taps, const float *arranged,
                            const float *bias, const float *const *sources, const float *const *addends,
                            float *const *destinations, size_t images, bool rectified, float *scratch) {
  (void)c, (void)taps, (void)arranged, (void)bias, (void)sources, (void)addends, (void)destinations, (void)images;
  (void)rectified, (void)scratch;
}

#endif

size_t czeroskipping_filter_count(const czeroskipping_convolution *c) {
  return c->taps * c->inputs * c->outputs * c->lanes * c->lanes;
}

size_t czeroskipping_scratch_count(const czeroskipping_convolution *c) {
  return pixels_at_once * c->outputs * c->lanes + items_of(c) * sizeof(struct item) / sizeof(float);
}

// (taps, inputs / depth, groups, channels of so many inputs, vectors of a group, lane).
void czeroskipping_arrange(const czeroskipping_convolution *c, const czeroskipping_tap *taps, const float *given,
                           size_t outputs, size_t inputs, size_t output_stride, size_t input_stride, float *arranged) {
  const size_t lanes = c->lanes, depth = depth_of(c);
  for (const czeroskipping_tap *tap = taps; tap < taps + c->taps; tap++)
    for (size_t first = 0; first < c->inputs; first += depth) {
      const size_t channels = smaller(c->inputs - first, depth) * lanes;
      for (size_t group = 0; group < groups_of(c); group++)
        for (size_t channel = 0; channel < channels; channel++)
          for (size_t output = first_of(c, group) * lanes; output < first_of(c, group + 1) * lanes; output++) {
            const size_t input = first * lanes + channel;
            *arranged++ = output < outputs && input < inputs
                              ? given[output * output_stride + input * input_stride + tap->element]
                              : 0;
          }
    }
}
