#include "CProcessors.h"  // a target needs a file that is compiled
