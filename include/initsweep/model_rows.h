/** @file Named rows: a name, parameters with their ranges, a formula and a source; a choice is a row with values. The
 *  sweep-file check, `initsweep list`, the docs and the tests read the tables, so a new row is a new feature
 *  everywhere. */
#ifndef INITSWEEP_MODEL_ROWS_H
#define INITSWEEP_MODEL_ROWS_H
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ISW_PARAMETERS_MAX = 12 };

enum isw_parameter_type {
  ISW_REAL,  /**< a finite number */
  ISW_COUNT, /**< a whole number */
  ISW_WORD,  /**< one of words; its value's number is the word's index */
  ISW_TEXT   /**< any text; its value's text holds it */
};

/** One parameter of a named choice, as sweep files give it: `{name: constant, value: 0.1}`. */
struct isw_parameter {
  const char *name;
  enum isw_parameter_type type;
  double initial;           /**< the default's number (for ISW_WORD the index) */
  const char *initial_text; /**< the default of ISW_TEXT; NULL: the parameter must be given */
  double low, high;         /**< allowed numbers */
  bool low_open, high_open; /**< whether the ends themselves are not allowed */
  const char *const *words; /**< ISW_WORD: NULL-terminated */
  const char *word;         /**< ISW_REAL: a word that may stand for the number word_number; NULL: none */
  double word_number;
  const char *about; /**< one clause for docs and errors */
  bool is_path;      /**< ISW_TEXT: names a file of the user's */
};

/** What every table's row begins with. */
struct isw_row {
  const char *name;                                    /**< as sweep files spell it */
  struct isw_parameter parameters[ISW_PARAMETERS_MAX]; /**< a NULL name ends them */
  const char *formula;                                 /**< the definition, for docs and `initsweep list` */
  const char *source;                                  /**< paper and equation, or what defines it */
};

/** One real parameter. open_high: 1 where `high` itself is not allowed. */
#define ISW_REAL_PARAMETER(parameter, standard, lowest, highest, open_high, clause)                                    \
  {                                                                                                                    \
    .name = parameter, .type = ISW_REAL, .initial = standard, .low = lowest, .high = highest, .high_open = open_high,  \
    .about = clause                                                                                                    \
  }

/** One integer. */
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

/** The path of a user's file; standard NULL: it must be given. */
#define ISW_PATH_PARAMETER(parameter, standard, clause)                                                                \
  {                                                                                                                    \
    .name = parameter, .type = ISW_TEXT, .initial_text = standard, .about = clause, .is_path = true                    \
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

struct isw_value {
  double number;
  const char *text; /**< ISW_TEXT only, else NULL; owned by the sweep */
};

/** Weights and biases of a network that a file gave, in format 1's layout: layer after layer, weight [fan_out][fan_in]
 *  row-major, then bias. */
struct isw_weights {
  size_t count;
  const double *value; /**< [count], finite */
  uint64_t hash;       /**< of the numbers */
};

/** A row with values for its parameters, in the row's order. */
struct isw_choice {
  size_t row; /**< index in its table */
  struct isw_value value[ISW_PARAMETERS_MAX];
  const struct isw_weights *weights; /**< of a row that needs ISW_START_FILE, else NULL; owned by the sweep */
};

enum { ISW_FACTS_MAX = 8 };
/** What a row says of itself beside its words, for `list` and the docs. A table's rows have the same facts in the same
 *  order. */
struct isw_fact {
  const char *key, *name; /**< for programs ("value_at_0") and for people ("g(0)") */
  double number;          /**< NaN: none */
  bool truth;             /**< number is 0 or 1 and stands for no or yes */
};

/** The number of parameters of a row. */
size_t isw_row_parameters(const struct isw_row *row);
/** A choice of table row `row` with every parameter at its default. */
struct isw_choice isw_choice_default(const struct isw_row *row, size_t index);

/** A name that another library has for a row. */
struct isw_alias {
  const char *table, *name, *row; /**< "initializers", "ones", "constant" */
  size_t presets;
  double preset[ISW_PARAMETERS_MAX]; /**< [presets] defaults of the first parameters under this name */
  const char *source;                /**< whose name it is */
};
/** All aliases; *count is their number. */
const struct isw_alias *isw_aliases(size_t *count);
/** The alias of a table that is called name, or NULL. */
const struct isw_alias *isw_alias_find(const char *table, const char *name);
#endif
