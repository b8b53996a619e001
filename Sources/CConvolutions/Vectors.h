// Vectors of one kind of vector unit. Included once for each, with
//   LANES  floats of a vector;
//   NAME   that makes a name of its own for each kind.

typedef float NAME(vec) __attribute__((vector_size(4 * LANES)));
typedef int NAME(mask) __attribute__((vector_size(4 * LANES)));
#define vec NAME(vec)
#define load NAME(load)
#define store NAME(store)
#define load_part NAME(load_part)
#define store_part NAME(store_part)

INLINE vec load(const float *p) {
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(float *p, vec v) { memcpy(p, &v, sizeof v); }

// The first channels of a vector, and zeros for the rest.
INLINE vec load_part(const float *p, size_t channels) {
  if (channels == LANES) return load(p);
  vec v = (vec){0};
  memcpy(&v, p, channels * sizeof *p);
  return v;
}

INLINE void store_part(float *p, vec v, size_t channels) {
  if (channels == LANES)
    store(p, v);
  else
    memcpy(p, &v, channels * sizeof *p);
}

// Adds what is added to a result, and writes it.
INLINE void NAME(finish)(float *destination, const float *addend, vec result, bool rectified, size_t channels) {
  if (addend) result += load_part(addend, channels);
  // What is no number stays none, so that an overflow is seen.
  if (rectified) result = (vec)((NAME(mask))result & ~(result < (vec){0}));
  store_part(destination, result, channels);
}
