#include "CJPEG.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

struct failure {
  struct jpeg_error_mgr manager;
  jmp_buf place;
  char *message;
};

// Without this libjpeg would end the process.
static void fail(j_common_ptr common) {
  struct failure *failure = (struct failure *)common->err;
  common->err->format_message(common, failure->message);
  longjmp(failure->place, 1);
}

// Warnings would go to standard error.
static void keep_quiet(j_common_ptr common) { (void)common; }

_Static_assert(JMSG_LENGTH_MAX <= 200, "the caller's message is too short");

int cjpeg_compress(const uint8_t *rgb, int width, int height, int quality, int halvesChroma, uint8_t **data,
                   unsigned long *size, char *message) {
  struct jpeg_compress_struct jpeg;
  struct failure failure;
  // Room for whatever the pixels come to, so that libjpeg needs no other.
  unsigned long room = ((unsigned long)width + 15) / 16 * 16 * (((unsigned long)height + 15) / 16 * 16) * 6 + 4096;
  unsigned char *volatile own = width > 0 && height > 0 && width <= JPEG_MAX_DIMENSION && height <= JPEG_MAX_DIMENSION
    ? malloc(room) : NULL;
  unsigned char *written = own;
  unsigned long count = own ? room : 0;
  memset(&jpeg, 0, sizeof jpeg);
  jpeg.err = jpeg_std_error(&failure.manager);
  failure.manager.error_exit = fail;
  failure.manager.output_message = keep_quiet;
  failure.message = message;
  *data = NULL;
  *size = 0;
  if (setjmp(failure.place)) {
    jpeg_destroy_compress(&jpeg);
    free(own);
    return 1;
  }
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &written, &count);
  jpeg.image_width = (JDIMENSION)width;
  jpeg.image_height = (JDIMENSION)height;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg.dct_method = JDCT_ISLOW;
  jpeg.optimize_coding = TRUE;
  for (int component = 0; component < jpeg.num_components; component++) {
    // The first is lightness.
    int factor = component == 0 && halvesChroma ? 2 : 1;
    jpeg.comp_info[component].h_samp_factor = factor;
    jpeg.comp_info[component].v_samp_factor = factor;
  }
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = (JSAMPROW)(rgb + (size_t)jpeg.next_scanline * (size_t)width * 3);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  if (written != own) free(own);
  *data = written;
  *size = count;
  return 0;
}
