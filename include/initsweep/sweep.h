/** @file The sweep room: turns the bytes of a sweep file into checked settings, axes, networks and packs. No list of
 *  networks is stored: network k is computed from k and the axes, so a sweep of 10^7 networks needs little memory. */
#ifndef INITSWEEP_SWEEP_H
#define INITSWEEP_SWEEP_H
#include <stdio.h>
#include "initsweep/base.h"
#include "initsweep/datasets.h"
#include "initsweep/model.h"
#include "initsweep/probes.h"
#include "initsweep/record.h"

/** Which weights the results file keeps. */
struct isw_keep_weights {
  bool initial, final;
};

struct isw_sweep;

/** The input of isw_sweep_read. */
struct isw_sweep_source {
  const char *file;   /**< name for messages */
  const char *folder; /**< base of relative paths of datasets */
  const char *bytes;  /**< the file's bytes, not NUL-terminated */
  size_t length;
  const char *const *overrides; /**< "path=value" of --set, in order */
  size_t override_count;
  const struct isw_data_memory *memory; /**< of large datasets, as isw_dataset_load takes it; NULL: their own */
  bool stored; /**< read from a results file or a run folder, which may be of an earlier version: settings without
                    effect are accepted */
};

/** Parses a sweep file, checks everything, loads the datasets and prepares the grid.
 *  @param[out] sweep  NULL after an error
 *  @return ISW_BAD_INPUT if the file is invalid. The message then lists every error, each with file, line and column,
 *          the line with a caret, what was expected and the nearest known word */
enum isw_status isw_sweep_read(const struct isw_sweep_source *source, struct isw_sweep **sweep,
                               struct isw_error *error);
void isw_sweep_destroy(struct isw_sweep *sweep);

#define ISW_SWEEP_NAME_RULE                                                                                            \
  "the results file is named after it: 1 to 100 bytes, without '/', control characters and marks of direction or "     \
  "zero "                                                                                                              \
  "width, not starting with '.' or '-'"
/** Whether a text can name a sweep: ISW_SWEEP_NAME_RULE, and UTF-8. */
bool isw_is_sweep_name(const char *text);
const char *isw_sweep_name(const struct isw_sweep *sweep);
const char *isw_sweep_about(const struct isw_sweep *sweep); /**< "" if the file has none */
uint64_t isw_sweep_seed(const struct isw_sweep *sweep);
enum isw_precision isw_sweep_precision(const struct isw_sweep *sweep);
struct isw_keep_weights isw_sweep_weights(const struct isw_sweep *sweep);
double isw_sweep_escape_fraction(const struct isw_sweep *sweep); /**< record.escape_fraction */
/** The sweep file's text as it was read, NUL-terminated. */
const char *isw_sweep_text(const struct isw_sweep *sweep);
/** Every setting after defaults and overrides, as a YAML sweep file that describes the same sweep. Readers of YAML 1.1
 *  and 1.2 find the same values: a number with an exponent has a point, a word like a number is in quotes. */
const char *isw_sweep_settings(const struct isw_sweep *sweep);
/** The same without that care: what version 0.1.0 wrote, and what the sweep's identity is a hash of. */
const char *isw_sweep_plain_settings(const struct isw_sweep *sweep);
/** The sweep's identity: a hash of everything that determines the results file outside /provenance. */
uint64_t isw_sweep_identity(const struct isw_sweep *sweep);

/** Number of datasets that the sweep's networks use. */
size_t isw_sweep_datasets(const struct isw_sweep *sweep);
const struct isw_data *isw_sweep_data(const struct isw_sweep *sweep, size_t dataset);
/** The name of its row. */
const char *isw_sweep_data_name(const struct isw_sweep *sweep, size_t dataset);

/** The files that were read and whose paths leave the sweep file's folder, each once, for datasets and initialisers.
 *  *paths is owned by the sweep. Returns their number. */
size_t isw_sweep_outside(const struct isw_sweep *sweep, const char *const **paths);

/* ---- networks --------------------------------------------------------------------------------------------------- */

/** Number of networks of the grid. */
uint64_t isw_sweep_networks(const struct isw_sweep *sweep);
/** Computes network number `number`; release it with isw_network_destroy. Thread-safe. */
enum isw_status isw_sweep_network(const struct isw_sweep *sweep, uint64_t number, struct isw_network **network,
                                  struct isw_error *error);
void isw_network_destroy(struct isw_network *network);
/** The maximum over all networks of the number of weight layers, of parameters, of records, and of snapshots. */
size_t isw_sweep_layers_max(const struct isw_sweep *sweep);
size_t isw_sweep_parameters_max(const struct isw_sweep *sweep);
size_t isw_sweep_records_max(const struct isw_sweep *sweep);
size_t isw_sweep_snapshots_max(const struct isw_sweep *sweep);
/** Whether the record schedule differs between networks. */
bool isw_sweep_schedule_varies(const struct isw_sweep *sweep);
/** Gets the record schedule of networks with `steps` steps: the recorded steps, ascending, from 0 to `steps` inclusive.
 *  *schedule is owned by the sweep. Returns the number of records. */
size_t isw_sweep_schedule(const struct isw_sweep *sweep, uint64_t steps, const uint64_t **schedule);
/** Gets those of these steps at which the weights are stored; 0 unless record.weights has steps. */
size_t isw_sweep_snapshots(const struct isw_sweep *sweep, uint64_t steps, const uint64_t **snapshot);
/** At which of these records a probe is measured: [records], or NULL if at all of them. `probe` is the probe's index in
 *  the sweep's order. */
const bool *isw_sweep_due(const struct isw_sweep *sweep, uint64_t steps, size_t probe);
/** The probes to record, in the sweep's order, then that of the weights if record.weights has steps; *probes is owned
 *  by the sweep. Returns their number. */
size_t isw_sweep_probes(const struct isw_sweep *sweep, const struct isw_probe *const **probes);
/** Whether two sweeps' probes are the same row with the same parameter. */
bool isw_sweep_same_probe(const struct isw_probe *a, const struct isw_probe *b);
/** Adds a probe as a sweep file spells it, without steps: its name, or {name: ..., parameter: ...}. ISW_FAILED if
 *  memory cannot be allocated. */
enum isw_status isw_sweep_write_probe(const struct isw_probe *probe, struct isw_text *text);

/* ---- refinement: which networks of the grid are trained, level by level ------------------------------------------ */

/** Number of levels beyond the coarsest grid; 0: no refinement, every network is trained. */
size_t isw_sweep_levels(const struct isw_sweep *sweep);
/** The level of a network: the first level whose grid contains it. Call it only if isw_sweep_levels is not 0. */
size_t isw_sweep_level(const struct isw_sweep *sweep, uint64_t number);
/** The loss at which refinement looks for a boundary; NaN: the boundary is where the status changes. */
double isw_sweep_loss_below(const struct isw_sweep *sweep);
/** Adds the networks of a level to `wanted`. Level 0 adds the whole coarsest grid; a later level adds the networks that
 *  divide the squares at a boundary. Time and memory are linear in the number of networks of the whole grid.
 *  @param[in]     level   0 .. isw_sweep_levels
 *  @param[in]     side    [networks] the side of the boundary on which a network lies; read only for networks in
 *                         `wanted`
 *  @param[in,out] wanted  one bit per network; in: the networks of the levels before
 *  @return false if memory cannot be allocated */
bool isw_sweep_refine(const struct isw_sweep *sweep, size_t level, const uint8_t *side, uint64_t *wanted);

/* ---- columns ----------------------------------------------------------------------------------------------------- */

/** A column: the values of a swept or always shown setting, which the results file stores as a coordinate. */
struct isw_axis_column {
  const char *name; /**< as the results file names it: init, init_value, activation, depth, ... */
  const char *path; /**< network.init, ... */
  const char *long_name;
  enum isw_column_type type;
  bool swept;               /**< whether it is an axis */
  const char *const *texts; /**< [text_count] ISW_COLUMN_TEXT: every text that occurs */
  size_t text_count;
};
size_t isw_sweep_columns(const struct isw_sweep *sweep);
const struct isw_axis_column *isw_sweep_column(const struct isw_sweep *sweep, size_t column);
/** The value of a column for a network: a number (integers as doubles; NaN if the choice has no such parameter), or for
 *  ISW_COLUMN_TEXT the index in texts. Thread-safe and cheap (index arithmetic). */
double isw_sweep_column_value(const struct isw_sweep *sweep, size_t column, uint64_t number);

/** The grids and, for each grid, its axes in order with their numbers of values, for `plan` and `show`. */
size_t isw_sweep_grids(const struct isw_sweep *sweep);
size_t isw_sweep_axes(const struct isw_sweep *sweep, size_t grid);
const char *isw_sweep_axis(const struct isw_sweep *sweep, size_t grid, size_t axis, size_t *values);

/* ---- packs ------------------------------------------------------------------------------------------------------ */

/** The packs of a sweep: groups of networks that agree in everything that shapes the computation. Packs of a class are
 *  consecutive, and the class with the most expensive packs comes first, so that a counter can serve as the queue. */
struct isw_packs;
/** Groups all networks into packs.
 *  @param[in] lanes  maximum number of networks per pack (isw_lanes) */
enum isw_status isw_packs_create(const struct isw_sweep *sweep, size_t lanes, struct isw_packs **packs,
                                 struct isw_error *error);
/** Groups only the networks in the bit set `subset` (isw_bits_has), which the caller keeps until isw_packs_destroy. */
enum isw_status isw_packs_create_of(const struct isw_sweep *sweep, const uint64_t *subset, size_t lanes,
                                    struct isw_packs **packs, struct isw_error *error);
void isw_packs_destroy(struct isw_packs *packs);
uint64_t isw_packs_count(const struct isw_packs *packs);
/** Gets the networks of a pack, ascending; returns their number, 1 .. lanes. Thread-safe.
 *  @param[out] numbers  [lanes] */
size_t isw_packs_networks(const struct isw_packs *packs, uint64_t pack, uint64_t *numbers);
/** One class of packs, as `plan` shows it. Classes have the order of their packs. */
struct isw_pack_class {
  uint64_t first_pack, packs, networks;
  enum isw_layout layout; /**< of its packs */
  size_t lanes;           /**< maximum number of networks per pack; 1 with units in lanes */
  size_t layers;
  const size_t *size; /**< [layers + 1] */
  struct isw_parts parts;
  bool has_factors;                                      /**< its networks have isw_network.factors */
  size_t activation, output_activation, loss, optimizer; /**< rows */
  bool drops;                                            /**< its networks have dropout */
  bool draws_noise;                                      /**< its first network has gradient_noise */
  bool checks_every_step;                                /**< of its first network, as in isw_pack_shape */
  bool has_mask;                                         /**< some weights of its networks stay 0 */
  bool scales_output;                                    /**< its first network has an output_scale other than 1 */
  size_t dataset, batch_size;                            /**< batch_size 0: full */
  size_t samples;                                        /**< samples of one step */
  uint64_t steps;
  size_t records;
  double frozen; /**< share of the products of a step that are not computed, because of layers that are frozen */
  double flops;  /**< of one network, all its steps (isw_step_flops), without the frozen ones */
  double cost;   /**< of one pack, which determines the order; flops until isw_packs_order */
};
size_t isw_packs_classes(const struct isw_packs *packs);
const struct isw_pack_class *isw_packs_class(const struct isw_packs *packs, size_t index);
/** Whether packs of a class can be merged when few of their networks are left: they have a network per lane, and are so
 *  small that a thread can hold several. */
bool isw_pack_class_is_mergeable(const struct isw_pack_class *class);
/** Gives networks a pack each, with units in lanes; isw_packs_create makes only packs with networks in lanes. A class
 *  of which some networks get one, but not all, becomes two.
 *  @param[in] alone  [classes] how many networks of each class, its last ones, in the present order of the classes */
enum isw_status isw_packs_set_alone(struct isw_packs *packs, const uint64_t *alone, struct isw_error *error);
/** Sorts the classes, and with them the packs, by other costs, the most expensive first; equal costs keep grid order.
 *  All ranks must pass the same numbers.
 *  @param[in] cost  [classes] cost of a pack of each class, in the present order of the classes; finite */
void isw_packs_order(struct isw_packs *packs, const double *cost);
/** Number of idle lanes, over all packs. */
uint64_t isw_packs_unfilled(const struct isw_packs *packs);

/* ---- tables and settings ----------------------------------------------------------------------------------------- */

/** A table of rows that sweep files may name and that `initsweep list` shows. */
struct isw_table_view {
  const char *name;      /**< "initializers" */
  const char *singular;  /**< "initializer" */
  const char *path;      /**< the settings that accept its rows: "network.init" */
  size_t (*count)(void); /**< number of rows, a function because only the table's own room knows it */
  const struct isw_row *(*row)(size_t index);
  /** Stores the facts of a row in fact[ISW_FACTS_MAX] and returns their number. NULL: rows have no facts. */
  size_t (*facts)(size_t index, struct isw_fact *fact);
};
/** The dotted path of a setting ("train.steps"), in the order of the reference; NULL past the last. */
const char *isw_sweep_setting_path(size_t index);
/** Writes the reference of the grammar (docs/sweep-file-reference.md): every setting, and the rows of the tables. */
void isw_sweep_write_reference(FILE *out, const struct isw_table_view *tables, size_t count);
enum { ISW_TABLES = 10 };
/** All tables of named rows; *count is ISW_TABLES. */
const struct isw_table_view *isw_tables(size_t *count);

/* ---- a sweep file on disk ---------------------------------------------------------------------------------------- */

/** The arguments of --set. */
struct isw_overrides {
  const char **text;
  size_t count;
};
/** Appends one argument, which the caller keeps. Returns false if memory cannot be allocated. */
bool isw_overrides_add(struct isw_overrides *overrides, const char *text);
enum { ISW_SWEEP_FILE_LIMIT = 16 << 20 }; /* bytes */
/** Gets the absolute path of the folder that a file is in, on the heap.
 *  @return ISW_BAD_INPUT if there is no such folder */
enum isw_status isw_absolute_folder_of(const char *path, char **folder, struct isw_error *error);
/** Chooses the kernels and calls isw_sweep_read.
 *  @param[in] folder  base of relative paths of data */
enum isw_status isw_load_sweep(const char *file, const char *folder, const char *bytes, size_t length,
                               const struct isw_overrides *overrides, struct isw_sweep **sweep,
                               struct isw_error *error);
/** The same for the settings of a results file or the sweep file of a run folder (isw_sweep_source.stored). */
/** The same as isw_load_sweep, with memory for large datasets that processes share (isw_dataset_load). */
enum isw_status isw_load_shared_sweep(const char *file, const char *folder, const char *bytes, size_t length,
                                      const struct isw_overrides *overrides, const struct isw_data_memory *memory,
                                      struct isw_sweep **sweep, struct isw_error *error);
enum isw_status isw_load_stored_sweep(const char *file, const char *folder, const char *bytes, size_t length,
                                      const struct isw_overrides *overrides, struct isw_sweep **sweep,
                                      struct isw_error *error);
/** Reads a sweep file from disk and calls isw_load_sweep, for commands that run in one process. */
enum isw_status isw_open_sweep(const char *file, const struct isw_overrides *overrides, struct isw_sweep **sweep,
                               struct isw_error *error);
/** The class of a pack. */
const struct isw_pack_class *isw_class_of(const struct isw_packs *packs, uint64_t pack);
#endif
