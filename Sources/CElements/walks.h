// How a walk is walked: its outer axes by counters, its last one as a line.
#pragma once
#include "CElements.h"

// Runs the block for each line, with: `place` of its first element among those that follow each other, its `length`, and of
// the other two arrays the places `first` and `second` and the strides `d_first` and `d_second` along the line.
#define FOR_EACH_LINE(walk, ...)                                                                   \
  {                                                                                                \
    const int last_axis = (walk)->rank - 1;                                                        \
    const size_t length = (walk)->extents[last_axis];                                              \
    const size_t d_first = (walk)->first[last_axis], d_second = (walk)->second[last_axis];         \
    size_t counters[celements_most_axes] = {0};                                                    \
    size_t place = 0, first = 0, second = 0;                                                       \
    for (;;) {                                                                                     \
      (void)first, (void)second, (void)d_first, (void)d_second;                                    \
      {__VA_ARGS__} place += length;                                                               \
      int axis = last_axis - 1;                                                                    \
      for (; axis >= 0; axis--) {                                                                  \
        first += (walk)->first[axis];                                                              \
        second += (walk)->second[axis];                                                            \
        if (++counters[axis] < (walk)->extents[axis]) break;                                       \
        first -= (walk)->first[axis] * (walk)->extents[axis];                                      \
        second -= (walk)->second[axis] * (walk)->extents[axis];                                    \
        counters[axis] = 0;                                                                        \
      }                                                                                            \
      if (axis < 0) break;                                                                         \
    }                                                                                              \
  }

// The block with strides that the compiler knows, DA and DB, so that it vectorises: two arrays along a line, each of which
// goes on by one or stands for all.
#define SPECIALISED(da, db, ...)                   \
  if ((da) == 1 && (db) == 1) {                    \
    enum { DA = 1, DB = 1 };                       \
    __VA_ARGS__                                    \
  } else if ((da) == 1 && (db) == 0) {             \
    enum { DA = 1, DB = 0 };                       \
    __VA_ARGS__                                    \
  } else if ((da) == 0 && (db) == 1) {             \
    enum { DA = 0, DB = 1 };                       \
    __VA_ARGS__                                    \
  } else if ((da) == 0 && (db) == 0) {             \
    enum { DA = 0, DB = 0 };                       \
    __VA_ARGS__                                    \
  } else {                                         \
    const size_t DA = (da), DB = (db);             \
    __VA_ARGS__                                    \
  }
