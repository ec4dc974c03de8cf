/** @file Every setting of a sweep file, in one table. The reader, the reference in docs/ and `initsweep list` read
 *  it. */
#ifndef INITSWEEP_SWEEP_GRAMMAR_H
#define INITSWEEP_SWEEP_GRAMMAR_H
#include "initsweep/sweep.h"

/** Settings in the table's order. Slots of network.init_by_layer and train.rate_by_layer, one per layer that the file
 *  names, come after the last. */
enum isw_setting_id {
  ISW_SET_SWEEP,
  ISW_SET_ABOUT,
  ISW_SET_SEED,
  ISW_SET_REPLICATE,
  ISW_SET_PRECISION,
  ISW_SET_DATASET,
  ISW_SET_DEPTH,
  ISW_SET_WIDTH,
  ISW_SET_HIDDEN,
  ISW_SET_ACTIVATION,
  ISW_SET_OUTPUT_ACTIVATION,
  ISW_SET_INIT,
  ISW_SET_BIAS,
  ISW_SET_BIAS_INIT,
  ISW_SET_INIT_BY_LAYER,
  ISW_SET_INIT_NOISE,
  ISW_SET_NOISE_OF,
  ISW_SET_INIT_SPARSITY,
  ISW_SET_MASK,
  ISW_SET_NORMALIZATION,
  ISW_SET_DROPOUT,
  ISW_SET_PARAMETRIZATION,
  ISW_SET_OUTPUT_SCALE,
  ISW_SET_RESIDUAL,
  ISW_SET_BRANCH_LAYERS,
  ISW_SET_BRANCH_SCALE,
  ISW_SET_TRAIN_SCALE,
  ISW_SET_ACTIVATION_AFTER,
  ISW_SET_LOSS,
  ISW_SET_OPTIMIZER,
  ISW_SET_LEARNING_RATE,
  ISW_SET_RATE_BY_LAYER,
  ISW_SET_WEIGHT_DECAY,
  ISW_SET_DECAY_BIASES,
  ISW_SET_SCHEDULE,
  ISW_SET_CLIP_NORM,
  ISW_SET_GRADIENT_NOISE,
  ISW_SET_BATCH_SIZE,
  ISW_SET_SHUFFLE,
  ISW_SET_STEPS,
  ISW_SET_STOP_LOSS_BELOW,
  ISW_SET_STOP_GRADIENT_BELOW,
  ISW_SET_STOP_LOSS_ABOVE,
  ISW_SET_STOP_ACCURACY_ABOVE,
  ISW_SET_PLATEAU_STEPS,
  ISW_SET_PLATEAU_RELATIVE,
  ISW_SET_RECORD_STEPS,
  ISW_SET_RECORD_PROBES,
  ISW_SET_RECORD_WEIGHTS,
  ISW_SET_ESCAPE_FRACTION,
  ISW_SETTINGS
};

/** Slots of a setting of ISW_KIND_LAYERS, and the first slot of each. */
enum {
  ISW_SLOTS_MAX = 64,
  ISW_INIT_SLOTS = ISW_SETTINGS,
  ISW_RATE_SLOTS = ISW_INIT_SLOTS + ISW_SLOTS_MAX,
  ISW_SETTINGS_MAX = ISW_RATE_SLOTS + ISW_SLOTS_MAX
};

#define ISW_LARGEST_INTEGER 9007199254740992.0 /* 2^53: float64 represents every smaller integer */
#define ISW_LARGEST_NUMBER 1e30                /* within the range of float32 */

enum isw_setting_kind {
  ISW_KIND_TEXT,
  ISW_KIND_INTEGER, /**< a whole number, at most 2^53 */
  ISW_KIND_NUMBER,
  ISW_KIND_WORD,     /**< one of `words`; its number is the word's index */
  ISW_KIND_CHOICE,   /**< a row of a table, with parameters */
  ISW_KIND_SIZES,    /**< a list of widths */
  ISW_KIND_FACTORS,  /**< a slot of train.rate_by_layer: a number or {weights: ..., biases: ...} */
  ISW_KIND_LAYERS,   /**< layer: the value of a slot */
  ISW_KIND_SECTION,  /**< settings of a section, which an axis or a pattern gives together; never a base value */
  ISW_KIND_SCHEDULE, /**< record.steps */
  ISW_KIND_PROBES
};

/** One setting. */
struct isw_setting {
  const char *path;
  enum isw_setting_kind kind;
  bool axis;           /**< may be swept */
  bool shape;          /**< networks of one pack must agree in it */
  bool required;       /**< has no default */
  bool implied;        /**< its default is not written into the text of the settings, nor into an identity, so that
                            sweeps older than the setting keep theirs: set it for every new setting */
  const char *initial; /**< the default as a sweep file would write it, NULL: none */
  double low, high;    /**< allowed numbers */
  bool low_open, high_open;
  const char *word; /**< a word that is accepted as the number word_number */
  double word_number;
  const char *const *words; /**< ISW_KIND_WORD: NULL-terminated */
  const char *table;        /**< ISW_KIND_CHOICE: isw_tables' name */
  const char *name_key;     /**< ISW_KIND_CHOICE: the key of the row's name; NULL: name */
  const char *type;         /**< type shown in the reference; NULL: derived from the row */
  const char *about;
};

/** A setting's row; that of a slot describes its values. */
const struct isw_setting *isw_setting(size_t id);
/** Finds a setting by its complete path; ISW_SETTINGS if there is none. */
size_t isw_setting_find(const char *path);
/** The key of a choice's name: "name" or the setting's own. */
const char *isw_setting_name_key(size_t id);
/** The table of a setting whose value is a choice. */
const struct isw_table_view *isw_setting_table(size_t id);
/** The numbers that a parameter of a row accepts: those of its row, within ISW_LARGEST_NUMBER or _INTEGER. */
void isw_parameter_range(const struct isw_parameter *parameter, double *low, double *high);
/** Describes a range in words, with both limits: "a whole number from 0 to 1000". */
void isw_describe_range(bool integer, double low, double high, bool low_open, bool high_open, char *text, size_t size);
/** Writes a number in the shortest form that reads back as the same number. */
void isw_write_number(double number, char *text, size_t size);
#endif
