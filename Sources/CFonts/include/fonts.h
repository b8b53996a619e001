#pragma once
#include <stddef.h>

/// A font file as it was compiled in.
struct heatdrift_font {
  /// "Inter-Regular.otf"
  const char *name;
  const unsigned char *bytes;
  size_t count;
};

/// One of the files of `Files/`, four faces of each family that layout names; null from their number on.
const struct heatdrift_font *heatdrift_font_at(size_t index);

/// An open file of these bytes that lies in memory, has no name, and cannot be changed by anyone.
/// Returns its descriptor, or -1 with `errno`.
int heatdrift_font_open(const struct heatdrift_font *font);
