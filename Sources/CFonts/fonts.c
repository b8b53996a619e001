#define _GNU_SOURCE
#include "fonts.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char serif[] = {
#embed "Files/LinLibertine_R.otf"
};
static const unsigned char serif_italic[] = {
#embed "Files/LinLibertine_RI.otf"
};
static const unsigned char serif_bold[] = {
#embed "Files/LinLibertine_RB.otf"
};
static const unsigned char serif_bold_italic[] = {
#embed "Files/LinLibertine_RBI.otf"
};
static const unsigned char sans[] = {
#embed "Files/Inter-Regular.otf"
};
static const unsigned char sans_italic[] = {
#embed "Files/Inter-Italic.otf"
};
static const unsigned char sans_bold[] = {
#embed "Files/Inter-Bold.otf"
};
static const unsigned char sans_bold_italic[] = {
#embed "Files/Inter-BoldItalic.otf"
};
static const unsigned char mono[] = {
#embed "Files/DejaVuSansMono.ttf"
};
static const unsigned char mono_oblique[] = {
#embed "Files/DejaVuSansMono-Oblique.ttf"
};
static const unsigned char mono_bold[] = {
#embed "Files/DejaVuSansMono-Bold.ttf"
};
static const unsigned char mono_bold_oblique[] = {
#embed "Files/DejaVuSansMono-BoldOblique.ttf"
};

static const struct heatdrift_font fonts[] = {
    {"LinLibertine_R.otf", serif, sizeof serif},
    {"LinLibertine_RI.otf", serif_italic, sizeof serif_italic},
    {"LinLibertine_RB.otf", serif_bold, sizeof serif_bold},
    {"LinLibertine_RBI.otf", serif_bold_italic, sizeof serif_bold_italic},
    {"Inter-Regular.otf", sans, sizeof sans},
    {"Inter-Italic.otf", sans_italic, sizeof sans_italic},
    {"Inter-Bold.otf", sans_bold, sizeof sans_bold},
    {"Inter-BoldItalic.otf", sans_bold_italic, sizeof sans_bold_italic},
    {"DejaVuSansMono.ttf", mono, sizeof mono},
    {"DejaVuSansMono-Oblique.ttf", mono_oblique, sizeof mono_oblique},
    {"DejaVuSansMono-Bold.ttf", mono_bold, sizeof mono_bold},
    {"DejaVuSansMono-BoldOblique.ttf", mono_bold_oblique, sizeof mono_bold_oblique},
};

const struct heatdrift_font *heatdrift_font_at(size_t index) {
  return index < sizeof fonts / sizeof fonts[0] ? &fonts[index] : NULL;
}

int heatdrift_font_open(const struct heatdrift_font *font) {
  int file = memfd_create(font->name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) return -1;
  size_t written = 0;
  while (written < font->count) {
    ssize_t count = write(file, font->bytes + written, font->count - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      int error = count < 0 ? errno : EIO;
      close(file);
      errno = error;
      return -1;
    }
    written += (size_t)count;
  }
  // Where seals are not known the file is still nobody's but ours.
  fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  return file;
}
