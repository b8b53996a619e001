#pragma once
#include <stddef.h>

/// A file of `Files/` as it was compiled in.
struct heatdrift_resource {
  /// "orl-manifest.sha256"
  const char *name;
  const unsigned char *bytes;
  size_t count;
};

/// The file of this name; null where there is none.
const struct heatdrift_resource *heatdrift_resource_named(const char *name);
