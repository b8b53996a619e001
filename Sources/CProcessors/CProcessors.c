#define _GNU_SOURCE
#include "CProcessors.h"

#include <errno.h>
#include <sched.h>

int cprocessors_affinity(void *mask, size_t bytes) {
#ifdef __linux__
  return sched_getaffinity(0, bytes, mask) == 0 ? 0 : errno;
#else
  (void)mask, (void)bytes;
  return ENOSYS;
#endif
}
