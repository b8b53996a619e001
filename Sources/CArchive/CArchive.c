#include "CArchive.h"

#include <dlfcn.h>
#include <string.h>

const char *carchive_load(const char *name, carchive_functions *functions) {
  const struct {
    const char *name;
    void *place;
  } symbols[] = {
    {"archive_read_new", &functions->read_new},
    {"archive_read_free", &functions->read_free},
    {"archive_read_open_filename", &functions->open_file},
    {"archive_read_next_header", &functions->next_header},
    {"archive_read_data", &functions->read_data},
    {"archive_error_string", &functions->error_string},
    {"archive_filter_bytes", &functions->filter_bytes},
    {"archive_entry_pathname", &functions->path},
    {"archive_entry_hardlink", &functions->hard_link},
    {"archive_entry_filetype", &functions->file_type},
    {"archive_entry_size", &functions->size},
    {"archive_version_string", &functions->version},
    {"archive_read_support_format_tar", &functions->support[0]},
    {"archive_read_support_format_zip", &functions->support[1]},
    {"archive_read_support_format_7zip", &functions->support[2]},
    {"archive_read_support_filter_gzip", &functions->support[3]},
    {"archive_read_support_filter_compress", &functions->support[4]},
    {"archive_read_support_filter_bzip2", &functions->support[5]},
    {"archive_read_support_filter_xz", &functions->support[6]},
    {"archive_read_support_filter_zstd", &functions->support[7]},
  };
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) return dlerror();
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    void *symbol = dlsym(library, symbols[i].name);
    if (!symbol) return dlerror();
    // POSIX lets `dlsym` give functions; ISO C has no cast for them.
    memcpy(symbols[i].place, &symbol, sizeof symbol);
  }
  return NULL;
}
