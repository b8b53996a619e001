// libarchive, loaded when an archive is opened: it brings libraries of its own, which no other command should wait for.
#pragma once
#include <stddef.h>
#include <stdint.h>

// As archive.h and archive_entry.h of libarchive 3 define them; part of its binary interface.
enum {
  carchive_end = 1,
  carchive_ok = 0,
  carchive_warning = -20,
  carchive_file_type_mask = 0170000,
  carchive_regular_file = 0100000,
};

typedef struct {
  void *(*read_new)(void);
  int (*read_free)(void *archive);
  int (*open_file)(void *archive, const char *path, size_t block_size);
  int (*next_header)(void *archive, void **entry);
  ptrdiff_t (*read_data)(void *archive, void *buffer, size_t size);
  const char *(*error_string)(void *archive);
  int64_t (*filter_bytes)(void *archive, int filter);
  const char *(*path)(void *entry);
  const char *(*hard_link)(void *entry);
  unsigned (*file_type)(void *entry);
  int64_t (*size)(void *entry);
  // Of "libarchive 3.6.2".
  const char *(*version)(void);
  // Formats and compressions that are read without calling other programs.
  int (*support[8])(void *archive);
} carchive_functions;

// Fills `functions` from the library of this file name. Returns NULL, or the loader's words where it or a function of it
// is missing; they are valid until the next call of the loader on the same thread.
const char *carchive_load(const char *name, carchive_functions *functions);
