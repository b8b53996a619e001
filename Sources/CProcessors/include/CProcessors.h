// What the targets of C loops have in common.
#pragma once

#include <stddef.h>

// Writes a bit for each processor that this thread may run on. The mask must have room for all that the system could have,
// in whole words. Gives 0, or the system's code: EINVAL where the mask is too small.
int cprocessors_affinity(void *mask, size_t bytes);

#ifdef __clang__
// Vectors are handed to inlined functions only, so the calling convention that the warning is about is never used.
#pragma clang diagnostic ignored "-Wpsabi"
#endif

// Before a function: compiled for each kind of vector unit, the processor's own is chosen when the program starts: before
// main, and before a sanitizer that watches threads is ready for what chooses. Its build has the plain loops alone.
#if !defined(__x86_64__) || !defined(__clang__)
#define FOR_EACH_PROCESSOR
#elif __has_feature(thread_sanitizer)
#define FOR_EACH_PROCESSOR
#else
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif

// Before a helper of such a function, which becomes part of it and is compiled as it is.
#define INLINE static inline __attribute__((always_inline))
