#include "CConvolutions.h"

bool cconvolutions_has_lanes(size_t lanes) {
#if defined(__x86_64__) && defined(__clang__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return false;
  return lanes == 8 || (lanes == 16 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"));
#else
  (void)lanes;
  return false;
#endif
}
