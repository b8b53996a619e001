// What the targets of C loops have in common.
#pragma once

#ifdef __clang__
// Vectors are handed to inlined functions only, so the calling convention that the warning is about is never used.
#pragma clang diagnostic ignored "-Wpsabi"
#endif

// Before a function: compiled for each kind of vector unit, the processor's own is chosen when the program starts.
#if defined(__x86_64__) && defined(__clang__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif
