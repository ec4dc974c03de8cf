/** @file What the files of the sweep room share: values, axes, grids, the sweep itself, and its reader. */
#ifndef INITSWEEP_SWEEP_INTERNAL_H
#define INITSWEEP_SWEEP_INTERNAL_H
#include "grammar.h"
#include "initsweep/datasets.h"
#include "initsweep/hdf5.h"
#include "initsweep/yaml.h"

/* ---- values ------------------------------------------------------------------------------------------------------ */

/** A value that is more than a number: a choice, a list of widths, or factors. */
struct isw_item {
  size_t number; /**< from 0, over the whole sweep */
  uint64_t hash; /**< of its name and parameters, or its widths */
  struct isw_choice choice;
  unsigned given; /**< bit p: parameter p was written, not a default */
  size_t count;   /**< widths */
  const size_t *size;
  double factor[2]; /**< ISW_KIND_FACTORS: of weights, of biases */
};

/** A setting's value; the setting's kind determines which member is used. item is NULL if nothing was set. */
union isw_setting_value {
  uint64_t integer; /**< ISW_KIND_INTEGER and ISW_KIND_WORD */
  double number;    /**< ISW_KIND_NUMBER */
  const struct isw_item *item;
};

/** The values of one path of a grid, a zip or an exclude: `count` values, each of which sets `members` settings. */
struct isw_values {
  const char *name; /**< the path as the file spells it */
  size_t path;      /**< its setting: a row of the grammar or a slot */
  size_t members;
  const size_t *member; /**< [members] settings */
  size_t count;
  bool is_range; /**< value i is the whole number first + i * step; nothing is stored */
  int64_t first, step;
  union isw_setting_value *value; /**< [count][members] */
  bool *present;                  /**< [count][members] whether the file gives this one; NULL: all */
  struct isw_place *place;        /**< [count], while the sweep is read; NULL: all at `at` */
  struct isw_place key, at;
};

/** An axis: settings that vary together along one dimension of a grid. */
struct isw_grid_axis {
  const char *name; /**< paths, joined by '+' for a zip */
  size_t count;
  size_t parts;
  const struct isw_values **part;
  uint64_t stride; /**< cells from one value to the next */
};

/** The axis that sets a setting. */
struct isw_axis_binding {
  const struct isw_grid_axis *axis; /**< NULL: the base value is used */
  const struct isw_values *values;
  size_t member;
};

struct isw_grid {
  size_t axes, own, own_first; /**< number of axes; number and first of those that `grid` gives */
  struct isw_grid_axis *axis;  /**< the first varies slowest */
  uint64_t cells, first;       /**< first: cells of the grids before it */
  struct isw_axis_binding binding[ISW_SETTINGS_MAX];
};

/* ---- the setting `sample` (sample.c, sample_numbers.c, sobol.c) -------------------------------------------------- */

enum isw_design { ISW_DESIGN_RANDOM, ISW_DESIGN_SOBOL, ISW_DESIGN_LATIN_HYPERCUBE };
const char *isw_design_name(enum isw_design design);

/** How the value of a sampled axis follows from its coordinate u in [0, 1). */
struct isw_distribution {
  enum isw_distribution_kind {
    ISW_LISTED,      /**< one of a list, whose index is uniform on a .. b */
    ISW_UNIFORM,     /**< a + (b - a) u */
    ISW_LOG_UNIFORM, /**< a exp(log(b / a) u) */
    ISW_NORMAL,      /**< the quantile u of the normal distribution of mean a and standard deviation b */
    ISW_INTEGER      /**< a + floor((b - a + 1) u) */
  } kind;
  double a, b;
};
/** Its name in sweep files; not of ISW_LISTED. */
const char *isw_distribution_name(const struct isw_distribution *distribution);

/** An axis of a sample. */
struct isw_sampled {
  struct isw_distribution distribution;
  const struct isw_values *listed; /**< only of ISW_LISTED */
};

struct isw_sample {
  enum isw_design design;
  size_t points; /**< 0: the sweep has no sample */
  size_t axes;
  struct isw_sampled *axis;   /**< [axes] */
  struct isw_grid_axis joint; /**< the values of all axes at each point: the first axis of every grid */
};

enum { ISW_SOBOL_DIMENSIONS = 100, ISW_SOBOL_BITS = 32 };
/** Fills direction[ISW_SOBOL_BITS] for a dimension (from 0) of Sobol's sequence. */
void isw_sobol_directions(size_t dimension, uint32_t *direction);
/** Coordinate of a point, below 2^ISW_SOBOL_BITS, in [0, 1): a multiple of 2^-ISW_SOBOL_BITS. */
double isw_sobol_number(const uint32_t *direction, uint64_t point);

/** A conjunction of conditions: a cell matches if, for each path, it has any of the path's values. */
struct isw_exclude {
  struct isw_place place;
  size_t count;
  struct isw_values **condition;
};

struct isw_schedule_rule {
  enum { ISW_EVERY, ISW_GEOMSPACE, ISW_LIST, ISW_AT_ALL } kind; /**< ISW_AT_ALL: of a probe, at every record */
  uint64_t number;                                              /**< k or n */
  size_t count;
  const uint64_t *step; /**< ascending */
  struct isw_place place;
};

/** The dataset of a pair of choice and seed. */
struct isw_dataset_use {
  const struct isw_item *item;
  uint64_t seed;
  size_t data;
};

struct isw_schedule {
  uint64_t steps;
  size_t count;
  uint64_t *step;
  bool *due; /**< [probes][count] whether the probe is measured; NULL if all probes always are */
  size_t snapshots;
  uint64_t *snapshot; /**< [snapshots] steps of record.weights */
};

struct isw_column_private {
  struct isw_axis_column shown;
  size_t setting;
  enum {
    ISW_SHOW_NUMBER,
    ISW_SHOW_WORD,
    ISW_SHOW_NAME,
    ISW_SHOW_PARAMETER,
    ISW_SHOW_WIDTHS,
    ISW_SHOW_DEPTH,
    ISW_SHOW_WIDTH,
    ISW_SHOW_LEVEL,
    ISW_SHOW_POINT
  } show;
  const char *parameter;
  double *of_item; /**< [items] the value shown for an item */
  double nothing;  /**< shown where no item is set */
};

/** The setting `refine`, which requires a single grid. */
struct isw_refine {
  size_t levels; /**< 0: the whole grid is trained */
  /** Two axes of the grid, or parameters that one of them combines: index i is cell / stride % count. */
  struct isw_refined_axis {
    const char *name;
    size_t count;
    uint64_t stride;
  } along[2];
  double loss_below; /**< NaN: a boundary is where the status changes */
  size_t margin;
  struct isw_place place;
};

/** The layers that a setting of ISW_KIND_LAYERS names. */
struct isw_slots {
  size_t count;
  size_t layer[ISW_SLOTS_MAX]; /**< layer from 1; 0: output; or ISW_BRANCH_FIRST or _LAST */
  const char *path[ISW_SLOTS_MAX];
};

struct isw_sweep {
  struct isw_arena arena;
  const char *name, *about, *text, *settings, *plain_settings;
  enum isw_precision precision;
  struct isw_keep_weights keep;
  union isw_setting_value base[ISW_SETTINGS_MAX];
  bool given[ISW_SETTINGS_MAX];   /**< has a value, from the file or a default */
  bool written[ISW_SETTINGS_MAX]; /**< has a value from the file */
  struct isw_slots init_slots, rate_slots;
  size_t items;
  size_t grids, zips, excludes;
  struct isw_grid *grid;
  struct isw_grid_axis *zip;
  struct isw_exclude *exclude;
  struct isw_refine refine;
  struct isw_sample sample;
  uint64_t cells, networks;
  uint64_t *kept;        /**< one bit per cell; NULL: all are kept */
  uint64_t *kept_before; /**< cells kept before each block of ISW_KEPT_BLOCK words */
  size_t datasets;
  struct isw_data *data;
  size_t outsides;
  const char **outside; /**< paths of files that were read, as the sweep file names them, that leave its folder */
  size_t uses;
  struct isw_dataset_use *use; /**< sorted by item number and seed */
  struct isw_schedule_rule rule;
  size_t schedules;
  struct isw_schedule *schedule; /**< sorted by steps */
  size_t probes;
  const struct isw_probe **probe;       /**< [probes] */
  struct isw_schedule_rule *probe_rule; /**< [probes] */
  bool has_snapshots;                   /**< record.weights has steps: the last probe is that of the weights */
  size_t layers_max, parameters_max, records_max, snapshots_max;
  size_t columns;
  struct isw_column_private *column;
  uint64_t weights_hash; /**< of weights read from files, in the order of the settings; 0: none */
  uint64_t identity;
};

enum { ISW_KEPT_BLOCK = 8, ISW_AXES_MAX = 100 };
/** Layers of slots for the first and the last layer of every residual branch. */
enum { ISW_BRANCH_FIRST = 1 << 20, ISW_BRANCH_LAST };

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct isw_reader {
  struct isw_arena scratch;
  struct isw_report report;
  jmp_buf out_of_memory;
  const struct isw_sweep_source *from;
  struct isw_source *source; /**< the file, then the overrides */
  struct isw_sweep *sweep;
  struct isw_node *root;
  struct isw_node *leaf[ISW_SETTINGS]; /**< what the file gives */
  struct isw_node *leaf_key[ISW_SETTINGS];
  struct isw_place at[ISW_SETTINGS_MAX];          /**< position of a base value */
  union isw_setting_value standard[ISW_SETTINGS]; /**< defaults */
  bool broken[ISW_SETTINGS_MAX]; /**< a value of the setting is missing or invalid, which was reported */
  size_t most_layers;            /**< weight layers of the deepest network */
  bool has_branches;             /**< some network has a residual branch */
  bool has_solver;               /**< some network's optimiser solves for all weights together */
  bool grids_broken;             /**< the networks are not known: an error in a grid or an exclude was reported */
  struct isw_node *grid, *zip, *exclude, *refine, *sample;
  struct isw_node *empty; /**< used in place of a missing node */
  size_t outside_capacity;
  struct isw_error *error;                     /**< memory and machine failures */
  struct isw_text writing;                     /**< the text of the settings while it is written */
  bool writes_plainly;                         /**< as isw_sweep_plain_settings has it */
  struct isw_error loading;                    /**< a dataset's error, before it is added to the report */
  struct isw_array stored;                     /**< rows of stored weights that were read last */
  const char *stored_file, *stored_name;       /**< the dataset that they are of */
  const struct isw_read_weights *read_weights; /**< the last of all that were read */
  enum isw_status status;
};

/** The purpose of values: a base value, an axis, or a pattern that an exclusion matches. */
enum isw_expand { ISW_BASE, ISW_AXIS, ISW_PATTERN };

enum { ISW_VALUES_MAX = 1 << 20, ISW_LAYERS_MAX = 1000, ISW_RECORDS_MAX = 1 << 20 };

/* ---- words.c, numbers.c ---- */

/** Adds the hint "did you mean" if a candidate is similar to `word`, and `more` (NULL: nothing). */
void isw_suggest(struct isw_reader *reader, const char *word, const char *const *candidates, size_t count,
                 const char *more);
/** The path for which other libraries use a word, or the last part of a dotted one; NULL: none. *more is what else to
 *  say, "" or a sentence after a blank. */
const char *isw_synonym(const char *word, const char **more);
/** The index of a scalar among words, or -1 after an error was reported. */
int isw_read_word(struct isw_reader *reader, const char *what, const char *const *words, const struct isw_node *node);

/** The numbers that a setting allows. */
struct isw_number_rule {
  const char *what; /**< for messages */
  bool integer;
  double low, high;
  bool low_open, high_open;
  const char *word; /**< accepted as the number word_number; NULL: none */
  double word_number;
  bool counts;                    /**< {count: n} is accepted as the numbers 0 .. n - 1 */
  const char *instead_of_mapping; /**< hint where a mapping is given in place of a number; NULL: none */
};
/** Reads one number; false after an error was reported. */
bool isw_read_number(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                     double *number);
/** The numbers that a node gives. */
struct isw_numbers {
  size_t count;
  bool is_range; /**< number i is first + i * step; else value[i] */
  int64_t first, step;
  double *value;
  struct isw_place *place; /**< NULL: all at the node */
};
/** Reads one number or, with `several`, also a list of numbers or a generator. Invalid ones are reported and
 *  skipped. */
void isw_read_numbers(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                      bool several, struct isw_numbers *numbers);
double isw_number_at(const struct isw_numbers *numbers, size_t i);

/* ---- values.c, choices.c, weights.c, layers.c, expand.c ---- */

/** Values while they are collected. */
struct isw_values_builder {
  struct isw_values *values;
  size_t capacity, capacity_present, capacity_place;
};
/** Adds a value with all members absent; returns its index. */
size_t isw_add_value(struct isw_reader *reader, struct isw_values_builder *builder, struct isw_place place);
void isw_set_member(struct isw_values *values, size_t index, size_t member, union isw_setting_value value);
/** Stores an item and gives it a number. */
const struct isw_item *isw_new_item(struct isw_reader *reader, struct isw_item item);
/** The position of value `index` in the file. */
struct isw_place isw_place_at(const struct isw_values *values, size_t index);

/** The choices that a node gives. */
struct isw_choices {
  size_t count, capacity;
  struct isw_chosen {
    const struct isw_item *item;
    bool has_decay; /**< an optimiser's choice gives weight_decay too */
    double decay;
  } * list;
};
/** Reads a bare name, or {name: ..., parameter: ...} with lists inside. Invalid choices are reported and skipped. */
void isw_read_choice(struct isw_reader *reader, size_t setting, struct isw_node *node, enum isw_expand mode,
                     struct isw_choices *choices);
/** Reads the weights that a choice of the row `file` names, and makes their hash that of the item. False after a
 *  report. */
bool isw_load_weights(struct isw_reader *reader, const char *what, const struct isw_row *row, struct isw_item *item,
                      const struct isw_node *node);
/** Adds the files that a choice names to the sweep's list of files outside of its folder. */
void isw_note_outside(struct isw_reader *reader, const struct isw_row *row, const struct isw_choice *choice);
/** Adds the lists of widths that a node gives. */
void isw_expand_widths(struct isw_reader *reader, struct isw_values_builder *builder, struct isw_node *node,
                       enum isw_expand mode);
/** Adds the combinations of values of {layer: value, ...}. setting: of ISW_KIND_LAYERS */
void isw_read_layers(struct isw_reader *reader, struct isw_values_builder *builder, size_t setting,
                     struct isw_node *node, enum isw_expand mode);
/** Adds the factors that a node gives a slot of train.rate_by_layer. Invalid ones are reported and skipped. */
void isw_read_factors(struct isw_reader *reader, struct isw_node *node, enum isw_expand mode,
                      struct isw_choices *choices);
/** Adds a choice to the list. */
void isw_add_choice(struct isw_reader *reader, struct isw_choices *choices, struct isw_chosen chosen);
/** The slots of a setting of ISW_KIND_LAYERS, and the first one's number as a setting. */
struct isw_slots *isw_slots_of(struct isw_sweep *sweep, size_t setting, size_t *first);
/** The slot of a layer that a setting of ISW_KIND_LAYERS names; a new layer gets one. ISW_SETTINGS_MAX if the text is
 *  not a layer or there are too many. */
size_t isw_slot(struct isw_reader *reader, size_t setting, const char *text);
/** Assigns a slot to every layer that the file names anywhere, before the first value is read. */
void isw_find_slots(struct isw_reader *reader);
/** Reads the values that a node gives a setting. Invalid values are reported and skipped. */
struct isw_values *isw_expand(struct isw_reader *reader, size_t setting, const char *name, struct isw_node *key,
                              struct isw_node *node, enum isw_expand mode);
/** Reads the values of a path; NULL after an error of the path, which has been reported. */
struct isw_values *isw_read_path(struct isw_reader *reader, struct isw_node *key, struct isw_node *node,
                                 enum isw_expand mode);
/** The setting that a path names: a row, a slot or, where a parameter of a fixed choice is meant, that choice, and
 *  *node becomes the whole choice. ISW_SETTINGS_MAX after a reported error. */
size_t isw_resolve_path(struct isw_reader *reader, const struct isw_node *key, struct isw_node **node);

/* ---- the stages of reading, in this order; each reports what is wrong ---- */

/** Puts the value of override number `number` (from 1) into the tree. */
void isw_apply_override(struct isw_reader *reader, unsigned number);
/** Reports a section that is no mapping, its unknown keys, and those of the first `required` keys that it lacks.
 *  @return whether it is a mapping with all of these */
bool isw_check_keys(struct isw_reader *reader, const struct isw_node *map, const char *section, const char *const *keys,
                    size_t count, size_t required, const char *example, const char *known);
/** Reports a key that a section does not have; prefix: "" or the section's path. */
void isw_report_unknown_key(struct isw_reader *reader, const char *prefix, const struct isw_node *key);
/** Finds the settings of a mapping; prefix: "" or a section's path. */
void isw_read_section(struct isw_reader *reader, const char *prefix, struct isw_node *map);
void isw_read_base(struct isw_reader *reader);
void isw_read_sample(struct isw_reader *reader);
void isw_read_grids(struct isw_reader *reader);
void isw_check_grids(struct isw_reader *reader);
void isw_read_excludes(struct isw_reader *reader);
void isw_read_refine(struct isw_reader *reader);
void isw_load_datasets(struct isw_reader *reader);
void isw_read_record(struct isw_reader *reader);
void isw_apply_excludes(struct isw_reader *reader);
/** Removes the points of a sample that equal an earlier one. */
void isw_drop_equal_points(struct isw_reader *reader);
void isw_check_combinations(struct isw_reader *reader);
/** Checks what a network may have whose optimiser solves for all weights together. */
void isw_check_solvers(struct isw_reader *reader);
/** Whether the network's optimiser has a learning rate. */
bool isw_has_rates(const struct isw_sweep *sweep, const union isw_setting_value *settings);
/** Whether no network of the grid has a learning rate. */
bool isw_only_solves(const struct isw_sweep *sweep, const struct isw_grid *grid);
void isw_drop_duplicates(struct isw_reader *reader);
/** Whether no error has been reported for any of these settings, so that later stages may read their values. */
bool isw_all_usable(const struct isw_reader *reader, const size_t *settings, size_t count);
/** Reports settings that have no effect on any network. */
void isw_check_unused(struct isw_reader *reader);
/** Whether some network has the layer of a slot, as struct isw_slots gives it. */
bool isw_layer_exists(const struct isw_reader *reader, size_t layer);
/** Checks what `refine` requires of the probes and the grid. */
void isw_check_refine(struct isw_reader *reader);
void isw_measure(struct isw_reader *reader);
void isw_make_schedules(struct isw_reader *reader);
void isw_make_columns(struct isw_reader *reader);
void isw_write_settings(struct isw_reader *reader);

/** Reports values of an axis that equal an earlier one. */
void isw_check_distinct(struct isw_reader *reader, const struct isw_grid_axis *axis);
/** Marks the values of an axis that equal an earlier one in equal[count]; whether there are any. */
bool isw_find_equal(struct isw_reader *reader, const struct isw_grid_axis *axis, bool *equal);
/** Marks the settings of paths whose values are all invalid as given, so that they are not reported as missing, too. */
void isw_mark_given(struct isw_reader *reader, size_t parts, const struct isw_values **part);
/** The coordinates of an axis of the sample, [points], in the reader's scratch. */
double *isw_sample_coordinates(struct isw_reader *reader, size_t axis);
/** The number that a distribution gives a coordinate. */
double isw_sample_number(const struct isw_distribution *distribution, double u);
/** Adds the beginning of a probe's map, to which steps can be added: "{name: ...", and its parameter where that is not
 *  the default. ISW_FAILED if memory cannot be allocated. */
enum isw_status isw_write_probe_map(const struct isw_probe *probe, struct isw_text *text);
/** Reads the schedule rule of the setting or probe that `what` names; false after an error was reported. */
bool isw_read_schedule_rule(struct isw_reader *reader, const char *what, const struct isw_node *node,
                            struct isw_schedule_rule *rule);
/** Creates a bit for every cell, all set, if there are none yet. Call isw_count_kept after clearing some. */
void isw_keep_all(struct isw_reader *reader);
void isw_count_kept(struct isw_sweep *sweep);
/** The position in the file of a cell's value of a setting. */
struct isw_place isw_place_of_value(const struct isw_reader *reader, const struct isw_grid *grid, uint64_t cell,
                                    size_t setting);
/** The largest depth of a grid. */
size_t isw_largest_depth(const struct isw_sweep *sweep, const struct isw_grid *grid);

/* ---- cells, networks, classes ------------------------------------------------------------------------------------ */

size_t isw_all_settings(const struct isw_sweep *sweep);
/** "network.init", or a slot's path. */
const char *isw_path_of(const struct isw_sweep *sweep, size_t setting);
union isw_setting_value isw_value_at(const struct isw_values *values, size_t index, size_t member);
/** A hash of a value. With shape_only, values that networks of one pack may have together hash equally. */
uint64_t isw_value_hash(size_t setting, union isw_setting_value value, bool shape_only);
uint64_t isw_cell_of_number(const struct isw_sweep *sweep, uint64_t number);
uint64_t isw_number_of_cell(const struct isw_sweep *sweep, uint64_t cell);
bool isw_is_kept(const struct isw_sweep *sweep, uint64_t cell);
const struct isw_grid *isw_grid_of_cell(const struct isw_sweep *sweep, uint64_t cell);
/** Stores the value of every setting of a cell in settings[isw_all_settings]. */
void isw_cell_settings(const struct isw_sweep *sweep, uint64_t cell, union isw_setting_value *settings);
size_t isw_depth_of(const union isw_setting_value *settings);
/** The value of one setting of a cell of a grid. */
union isw_setting_value isw_setting_at(const struct isw_sweep *sweep, const struct isw_grid *grid, uint64_t cell,
                                       size_t setting);
size_t isw_data_of(const struct isw_sweep *sweep, const union isw_setting_value *settings);
/** Fills size[0 .. layers], layers = isw_depth_of + 1; the data must fit the loss. */
void isw_sizes_of(const struct isw_sweep *sweep, const union isw_setting_value *settings, size_t *size);
struct isw_parts isw_parts_of_settings(const union isw_setting_value *settings);
/** The initialiser of weight layer `layer` (from 1) of `layers`. */
const struct isw_item *isw_init_of(const struct isw_sweep *sweep, const union isw_setting_value *settings, size_t layer,
                                   size_t layers);
/** The factors of the learning rate of a weight layer; NULL: none were given, which are 1. */
const struct isw_item *isw_factors_of(const struct isw_sweep *sweep, const union isw_setting_value *settings,
                                      size_t layer, size_t layers);
/** Whether the networks of the sweep have isw_network.factors: all or none, so that any may share a pack. */
bool isw_has_factors(const struct isw_sweep *sweep);
uint64_t isw_identity_of(const struct isw_sweep *sweep, const union isw_setting_value *settings);

/** A grid's cells grouped by the values of some settings: per axis, its values in groups; a class is one group an
 *  axis. */
struct isw_grouped_axis {
  enum { ISW_ONE_GROUP, ISW_EACH_ITS_OWN, ISW_GROUPS } kind;
  size_t groups;
  uint32_t *start;  /**< ISW_GROUPS: [groups + 1] into member */
  uint32_t *member; /**< values, ascending within a group */
};
struct isw_grouping {
  const struct isw_sweep *sweep;
  const struct isw_grid *grid;
  struct isw_grouped_axis *axis;
  uint64_t classes;
};
/** @param[in] wanted [isw_all_settings] which settings tell classes apart
 *  @return false if memory cannot be allocated; call isw_grouping_clear in any case */
bool isw_grouping_make(const struct isw_sweep *sweep, const struct isw_grid *grid, const bool *wanted, bool shape_only,
                       struct isw_grouping *grouping);
void isw_grouping_clear(struct isw_grouping *grouping);

/** An iterator over the cells of a class in ascending order. */
struct isw_walk {
  const struct isw_grouping *grouping;
  uint64_t cell, left; /**< left: number of cells from this one on */
  size_t group[ISW_AXES_MAX], digit[ISW_AXES_MAX];
};
/** Starts at member `from` of class `class`. */
void isw_walk_start(struct isw_walk *walk, const struct isw_grouping *grouping, uint64_t class, uint64_t from);
void isw_walk_step(struct isw_walk *walk);
/** Calls visit for every class that has a network, with its first network's cell. The classes of all grids in turn.
 *  False if memory cannot be allocated. */
bool isw_visit_classes(const struct isw_sweep *sweep, const size_t *settings, size_t count,
                       void (*visit)(void *context, const struct isw_grid *grid, uint64_t cell), void *context);
#endif
