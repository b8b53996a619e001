#include "CResources.h"
#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char cmyk_jpg[] = {
#embed "Files/cmyk.jpg"
};
static const unsigned char engine_golden_json[] = {
#embed "Files/engine-golden.json"
};
static const unsigned char imagenet_classes_tsv[] = {
#embed "Files/imagenet-classes.tsv"
};
static const unsigned char interlaced_rgba_16_png[] = {
#embed "Files/interlaced-rgba-16.png"
};
static const unsigned char orl_manifest_sha256[] = {
#embed "Files/orl-manifest.sha256"
};
static const unsigned char palette_4_transparent_png[] = {
#embed "Files/palette-4-transparent.png"
};
static const unsigned char report_css[] = {
#embed "Files/report.css"
};
static const unsigned char report_js[] = {
#embed "Files/report.js"
};
static const unsigned char watch_js[] = {
#embed "Files/watch.js"
};
static const unsigned char rgb_420_jpg[] = {
#embed "Files/rgb-420.jpg"
};
static const unsigned char rgb_progressive_jpg[] = {
#embed "Files/rgb-progressive.jpg"
};

static const struct heatdrift_resource resources[] = {
    {"cmyk.jpg", cmyk_jpg, sizeof cmyk_jpg},
    {"engine-golden.json", engine_golden_json, sizeof engine_golden_json},
    {"imagenet-classes.tsv", imagenet_classes_tsv, sizeof imagenet_classes_tsv},
    {"interlaced-rgba-16.png", interlaced_rgba_16_png, sizeof interlaced_rgba_16_png},
    {"orl-manifest.sha256", orl_manifest_sha256, sizeof orl_manifest_sha256},
    {"palette-4-transparent.png", palette_4_transparent_png, sizeof palette_4_transparent_png},
    {"report.css", report_css, sizeof report_css},
    {"report.js", report_js, sizeof report_js},
    {"watch.js", watch_js, sizeof watch_js},
    {"rgb-420.jpg", rgb_420_jpg, sizeof rgb_420_jpg},
    {"rgb-progressive.jpg", rgb_progressive_jpg, sizeof rgb_progressive_jpg},
};

const struct heatdrift_resource *heatdrift_resource_named(const char *name) {
  for (size_t index = 0; index < sizeof resources / sizeof resources[0]; index++)
    if (strcmp(resources[index].name, name) == 0) return &resources[index];
  return NULL;
}
