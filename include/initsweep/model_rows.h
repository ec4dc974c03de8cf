/** @file Rows of tables: a name, parameters with their ranges, a formula and a source. A named choice is a row with
 *  values of its parameters. The sweep-file check, `initsweep list`, the docs and the tests read the tables, so a new
 *  row is available everywhere. */
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
  ISW_WORD,  /**< one of `words`; isw_value.number is the word's index */
  ISW_TEXT   /**< any text, stored in isw_value.text */
};

/** One parameter of a named choice, as sweep files give it: `{name: constant, value: 0.1}`. */
struct isw_parameter {
  const char *name;
  enum isw_parameter_type type;
  double initial;           /**< the default number (for ISW_WORD the index) */
  const char *initial_text; /**< the default of ISW_TEXT; NULL: the parameter is required */
  double low, high;         /**< range of allowed numbers */
  bool low_open, high_open; /**< whether the end itself is excluded */
  const char *const *words; /**< ISW_WORD: NULL-terminated */
  const char *word;         /**< ISW_REAL: a word that is accepted as the number word_number; NULL: none */
  double word_number;
  const char *about; /**< one clause for docs and errors */
  bool is_path;      /**< ISW_TEXT: path of a user's file */
};

/** The common head of every table's rows. */
struct isw_row {
  const char *name;                                    /**< as sweep files spell it */
  struct isw_parameter parameters[ISW_PARAMETERS_MAX]; /**< a NULL name ends them */
  const char *formula;                                 /**< the definition, for docs and `initsweep list` */
  const char *source;                                  /**< paper and equation, or what defines it */
};

/** A real parameter. open_high: 1 if `high` itself is excluded. */
#define ISW_REAL_PARAMETER(parameter, standard, lowest, highest, open_high, clause)                                    \
  {                                                                                                                    \
    .name = parameter, .type = ISW_REAL, .initial = standard, .low = lowest, .high = highest, .high_open = open_high,  \
    .about = clause                                                                                                    \
  }

/** An integer parameter. */
#define ISW_COUNT_PARAMETER(parameter, standard, lowest, highest, clause)                                              \
  {                                                                                                                    \
    .name = parameter, .type = ISW_COUNT, .initial = standard, .low = lowest, .high = highest, .about = clause         \
  }

/** A parameter whose value is one of several words; the first is the default. */
#define ISW_WORD_PARAMETER(parameter, list, clause)                                                                    \
  {                                                                                                                    \
    .name = parameter, .type = ISW_WORD, .words = list, .about = clause                                                \
  }

/** A text parameter; standard NULL: required. */
#define ISW_TEXT_PARAMETER(parameter, standard, clause)                                                                \
  {                                                                                                                    \
    .name = parameter, .type = ISW_TEXT, .initial_text = standard, .about = clause                                     \
  }

/** The path of a user's file; standard NULL: required. */
#define ISW_PATH_PARAMETER(parameter, standard, clause)                                                                \
  {                                                                                                                    \
    .name = parameter, .type = ISW_TEXT, .initial_text = standard, .about = clause, .is_path = true                    \
  }

/* The argument PARAMETERS of a .def row: none, one, three or four real parameters. */
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

#define ISW_FOUR(name0, standard0, low0, high0, open0, about0, name1, standard1, low1, high1, open1, about1, name2,    \
                 standard2, low2, high2, open2, about2, name3, standard3, low3, high3, open3, about3)                  \
  {                                                                                                                    \
    ISW_REAL_PARAMETER(name0, standard0, low0, high0, open0, about0),                                                  \
        ISW_REAL_PARAMETER(name1, standard1, low1, high1, open1, about1),                                              \
        ISW_REAL_PARAMETER(name2, standard2, low2, high2, open2, about2),                                              \
        ISW_REAL_PARAMETER(name3, standard3, low3, high3, open3, about3)                                               \
  }

struct isw_value {
  double number;
  const char *text; /**< ISW_TEXT only, else NULL; owned by the sweep */
};

/** Weights and biases of a network, read from a file, in the layout of format 1: layer after layer, weight
 *  [fan_out][fan_in] row-major, then bias. */
struct isw_weights {
  size_t count;
  const double *value; /**< [count], or of two rows of a file [2 count]; finite */
  uint64_t hash;       /**< of the numbers */
};

/** A row with values for its parameters, in the row's order. */
struct isw_choice {
  size_t row; /**< index in its table */
  struct isw_value value[ISW_PARAMETERS_MAX];
  const struct isw_weights *weights; /**< only for a row that needs ISW_START_FILE, else NULL; owned by the sweep */
};

enum { ISW_FACTS_MAX = 8 };
/** A property of a row, for `list` and the docs. All rows of a table have the same facts in the same order. */
struct isw_fact {
  const char *key, *name; /**< for programs ("value_at_0") and for people ("g(0)") */
  double number;          /**< NaN: none */
  bool truth;             /**< number is a truth value: 0 or 1 */
};

/** The number of parameters of a row. */
size_t isw_row_parameters(const struct isw_row *row);
/** A choice of `row`, which has this index in its table, with every parameter at its default. */
struct isw_choice isw_choice_default(const struct isw_row *row, size_t index);

/** Another library's name for a row. */
struct isw_alias {
  const char *table, *name, *row; /**< "initializers", "ones", "constant" */
  size_t presets;
  double preset[ISW_PARAMETERS_MAX]; /**< [presets] values of the first parameters that the name implies */
  const char *source;                /**< the library that uses the name */
};
/** All aliases; *count is their number. */
const struct isw_alias *isw_aliases(size_t *count);
/** Finds an alias of a table by name; NULL if there is none. */
const struct isw_alias *isw_alias_find(const char *table, const char *name);
#endif
