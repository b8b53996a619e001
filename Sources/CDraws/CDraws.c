#include "CDraws.h"

#include <CProcessors.h>

FOR_EACH_PROCESSOR
void cdraws_sums(const double *restrict rows, const uint16_t *restrict drawn, size_t count, double *restrict sums) {
  double own[CDRAWS_LANES] = {0};
  for (size_t i = 0; i < count; i++) {
    const double *row = rows + CDRAWS_LANES * (size_t)drawn[i];
    for (size_t lane = 0; lane < CDRAWS_LANES; lane++) own[lane] += row[lane];
  }
  for (size_t lane = 0; lane < CDRAWS_LANES; lane++) sums[lane] = own[lane];
}
