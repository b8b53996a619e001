#include "COpenBLAS.h"

#include <dlfcn.h>
#include <string.h>

// POSIX lets `dlsym` give functions; ISO C has no cast for them.
static const char *find(void *library, const char *name, void *function) {
  void *symbol = dlsym(library, name);
  if (!symbol) return dlerror();
  memcpy(function, &symbol, sizeof symbol);
  return NULL;
}

const char *copenblas_load(const char *name, copenblas_functions *functions) {
  // Stays loaded: its threads would outlive its code.
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) return dlerror();
  const char *missing = find(library, "cblas_sgemm", &functions->sgemm);
  if (!missing) missing = find(library, "cblas_sgemv", &functions->sgemv);
  if (!missing) missing = find(library, "openblas_set_num_threads", &functions->set_num_threads);
  if (!missing) missing = find(library, "openblas_get_config", &functions->get_config);
  if (!missing) missing = find(library, "openblas_get_corename", &functions->get_corename);
  return missing;
}
