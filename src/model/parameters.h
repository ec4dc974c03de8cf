/** @file Parameters of a row, as the tables and the .def files write them. */
#ifndef INITSWEEP_MODEL_PARAMETERS_H
#define INITSWEEP_MODEL_PARAMETERS_H
#include <math.h>
#include "initsweep/model.h"

/** One real parameter. open_high: 1 where `high` itself is not allowed. */
#define ISW_REAL_PARAMETER(parameter, standard, lowest, highest, open_high, clause)                                    \
  {                                                                                                                    \
    .name = parameter, .type = ISW_REAL, .initial = standard, .low = lowest, .high = highest, .high_open = open_high,  \
    .about = clause                                                                                                    \
  }

/** One whole number. */
#define ISW_COUNT_PARAMETER(parameter, standard, lowest, highest, clause)                                              \
  {                                                                                                                    \
    .name = parameter, .type = ISW_COUNT, .initial = standard, .low = lowest, .high = highest, .about = clause         \
  }

/** One of words, the first by default. */
#define ISW_WORD_PARAMETER(parameter, list, clause)                                                                    \
  {                                                                                                                    \
    .name = parameter, .type = ISW_WORD, .words = list, .about = clause                                                \
  }

/** One text; standard NULL: it must be given. */
#define ISW_TEXT_PARAMETER(parameter, standard, clause)                                                                \
  {                                                                                                                    \
    .name = parameter, .type = ISW_TEXT, .initial_text = standard, .about = clause                                     \
  }

/* What a .def row has in the place of PARAMETERS. */
#define ISW_NONE                                                                                                       \
  {                                                                                                                    \
    {                                                                                                                  \
      .name = NULL                                                                                                     \
    }                                                                                                                  \
  }
#define ISW_ONE(name, standard, low, high, open_high, about)                                                           \
  {                                                                                                                    \
    ISW_REAL_PARAMETER(name, standard, low, high, open_high, about)                                                    \
  }
#define ISW_THREE(name0, standard0, low0, high0, open0, about0, name1, standard1, low1, high1, open1, about1, name2,   \
                  standard2, low2, high2, open2, about2)                                                               \
  {                                                                                                                    \
    ISW_REAL_PARAMETER(name0, standard0, low0, high0, open0, about0),                                                  \
        ISW_REAL_PARAMETER(name1, standard1, low1, high1, open1, about1),                                              \
        ISW_REAL_PARAMETER(name2, standard2, low2, high2, open2, about2)                                               \
  }
#endif
