// OpenBLAS, loaded when it is first used. It starts a thread for each processor as soon as it is loaded, and these spin
// for a tenth of a second: a process that never multiplies with it should not pay for that.
#pragma once

// The C interface of the BLAS standard (https://www.netlib.org/blas/blast-forum/cinterface.pdf).
enum {
  copenblas_row_major = 101,
  copenblas_plain = 111,
  copenblas_transposed = 112,
};

typedef struct {
  void (*sgemm)(
      int order, int transposes_a, int transposes_b, int rows, int columns, int depth, float alpha, const float *a,
      int a_stride, const float *b, int b_stride, float beta, float *c, int c_stride);
  void (*sgemv)(
      int order, int transposes_a, int rows, int columns, float alpha, const float *a, int a_stride, const float *x,
      int x_step, float beta, float *y, int y_step);
  void (*set_num_threads)(int count);
  char *(*get_config)(void);
  char *(*get_corename)(void);
} copenblas_functions;

// Fills `functions` from the library of this file name. Returns NULL, or the loader's words where it or a function of it
// is missing; they are valid until the next call of the loader on the same thread.
const char *copenblas_load(const char *name, copenblas_functions *functions);
