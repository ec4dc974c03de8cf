/** @file The sweep room: bytes of a sweep file -> checked settings -> axes -> networks and packs, by index arithmetic.
 *  A sweep of 10^7 networks holds its axes, not its networks: network k is computed from k. */
#ifndef INITSWEEP_SWEEP_H
#define INITSWEEP_SWEEP_H
#include <stdio.h>
#include "initsweep/base.h"
#include "initsweep/model.h"
#include "initsweep/probes.h"
#include "initsweep/record.h"

/** Which weights the results file keeps. */
struct isw_keep_weights {
  bool initial, final;
};

struct isw_sweep;

/** What `isw_sweep_read` reads. */
struct isw_sweep_source {
  const char *file;   /**< name for messages */
  const char *folder; /**< where relative paths of datasets start */
  const char *bytes;  /**< the file's bytes, not NUL-terminated */
  size_t length;
  const char *const *overrides; /**< "path=value" of --set, in order */
  size_t override_count;
};

/** Parses, checks everything (datasets are loaded), and prepares the grid.
 *  On ISW_BAD_INPUT the message holds every error, each with file, line and column, the line with a caret, what was
 *  expected and the nearest known word. *sweep is NULL after an error. */
enum isw_status isw_sweep_read(const struct isw_sweep_source *source, struct isw_sweep **sweep,
                               struct isw_error *error);
void isw_sweep_destroy(struct isw_sweep *sweep);

const char *isw_sweep_name(const struct isw_sweep *sweep);
const char *isw_sweep_about(const struct isw_sweep *sweep); /**< "" where the file has none */
uint64_t isw_sweep_seed(const struct isw_sweep *sweep);
enum isw_precision isw_sweep_precision(const struct isw_sweep *sweep);
struct isw_keep_weights isw_sweep_weights(const struct isw_sweep *sweep);
double isw_sweep_escape_fraction(const struct isw_sweep *sweep); /**< record.escape_fraction */
/** The sweep file's text as it was read, NUL-terminated. */
const char *isw_sweep_text(const struct isw_sweep *sweep);
/** Every setting after defaults and overrides, as a YAML sweep file that describes the same sweep. */
const char *isw_sweep_settings(const struct isw_sweep *sweep);
/** Hash of everything that decides the results file outside /provenance. */
uint64_t isw_sweep_identity(const struct isw_sweep *sweep);

/** Datasets that the sweep's networks name. */
size_t isw_sweep_datasets(const struct isw_sweep *sweep);
const struct isw_data *isw_sweep_data(const struct isw_sweep *sweep, size_t dataset);

/* ---- networks --------------------------------------------------------------------------------------------------- */

uint64_t isw_sweep_networks(const struct isw_sweep *sweep);
/** Computes network number `number`; release with isw_network_destroy. Thread-safe. */
enum isw_status isw_sweep_network(const struct isw_sweep *sweep, uint64_t number, struct isw_network **network,
                                  struct isw_error *error);
void isw_network_destroy(struct isw_network *network);
/** The largest number of weight layers and of weights and biases over all networks, and of records. */
size_t isw_sweep_layers_max(const struct isw_sweep *sweep);
size_t isw_sweep_parameters_max(const struct isw_sweep *sweep);
size_t isw_sweep_records_max(const struct isw_sweep *sweep);
/** Whether the schedule differs between networks. */
bool isw_sweep_schedule_varies(const struct isw_sweep *sweep);
/** The recorded steps of networks with `steps` steps: ascending from 0 to steps, both included.
 *  *schedule stays owned by the sweep; returns their number. */
size_t isw_sweep_schedule(const struct isw_sweep *sweep, uint64_t steps, const uint64_t **schedule);
/** At which of these records a probe is measured: [records], or NULL where at all of them. probe: its place in the
 *  sweep's order. */
const bool *isw_sweep_due(const struct isw_sweep *sweep, uint64_t steps, size_t probe);
/** The probes to record, in the sweep's order; *probes is owned by the sweep. Returns their number. */
size_t isw_sweep_probes(const struct isw_sweep *sweep, const struct isw_probe *const **probes);

/* ---- refinement: which networks of the grid are trained, level by level ------------------------------------------ */

/** Levels beyond the coarsest grid; 0: no refinement, every network is trained. */
size_t isw_sweep_levels(const struct isw_sweep *sweep);
/** The level of a network: the first whose grid has it. Only where isw_sweep_levels is not 0. */
size_t isw_sweep_level(const struct isw_sweep *sweep, uint64_t number);
/** The loss that a boundary lies at; NaN where it lies where the status changes. */
double isw_sweep_loss_below(const struct isw_sweep *sweep);
/** Adds to `wanted` the networks of a level: level 0 all of the coarsest grid, else what divides the cells at a
 *  boundary.
 *  @param[in]     level   0 .. isw_sweep_levels
 *  @param[in]     side    [networks] on which side a network lies; read where `wanted` has a bit
 *  @param[in,out] wanted  a bit a network: those of the levels before
 *  False where memory ran out. Time and memory: a few operations a network of the whole grid. */
bool isw_sweep_refine(const struct isw_sweep *sweep, size_t level, const uint8_t *side, uint64_t *wanted);

/* ---- columns: one a swept or always-shown setting ---------------------------------------------------------------- */

struct isw_axis_column {
  const char *name; /**< as the results file names it: init, init_value, activation, depth, ... */
  const char *path; /**< network.init, ... */
  const char *long_name;
  enum isw_column_type type;
  bool swept;               /**< whether it is an axis */
  const char *const *texts; /**< ISW_COLUMN_TEXT: every text that occurs, [text_count] */
  size_t text_count;
};
size_t isw_sweep_columns(const struct isw_sweep *sweep);
const struct isw_axis_column *isw_sweep_column(const struct isw_sweep *sweep, size_t column);
/** The value of a column for a network: a number (NaN where the choice has no such parameter; integers as doubles), or
 *  for ISW_COLUMN_TEXT the index in texts. Thread-safe and cheap (index arithmetic). */
double isw_sweep_column_value(const struct isw_sweep *sweep, size_t column, uint64_t number);

/** Axes for `plan` and `show`: each grid's axes in order, with the number of values. */
size_t isw_sweep_grids(const struct isw_sweep *sweep);
size_t isw_sweep_axes(const struct isw_sweep *sweep, size_t grid);
const char *isw_sweep_axis(const struct isw_sweep *sweep, size_t grid, size_t axis, size_t *values);

/* ---- packs ------------------------------------------------------------------------------------------------------ */

/** Groups of networks that are alike in all that shapes the computation: class by class, the class whose packs cost
 *  most first, so that the queue is a counter. */
struct isw_packs;
enum isw_status isw_packs_create(const struct isw_sweep *sweep, size_t lanes, struct isw_packs **packs,
                                 struct isw_error *error);
/** The same of some networks only, those in the bit set subset (isw_bits_has). subset is kept by the caller until
 *  isw_packs_destroy. */
enum isw_status isw_packs_create_of(const struct isw_sweep *sweep, const uint64_t *subset, size_t lanes,
                                    struct isw_packs **packs, struct isw_error *error);
void isw_packs_destroy(struct isw_packs *packs);
uint64_t isw_packs_count(const struct isw_packs *packs);
/** The networks of pack `pack`, ascending; returns how many, 1 .. lanes. Thread-safe. */
size_t isw_packs_networks(const struct isw_packs *packs, uint64_t pack, uint64_t *numbers);
/** One class of packs: what `plan` shows. Classes stand in the packs' order. */
struct isw_pack_class {
  uint64_t first_pack, packs, networks;
  size_t layers;
  const size_t *size;                                    /**< [layers + 1] */
  size_t branch_layers;                                  /**< as in isw_residual */
  size_t activation, output_activation, loss, optimizer; /**< rows */
  bool uses_gradient_norm;    /**< its first network has clip_norm or a stop rule for the gradient */
  size_t dataset, batch_size; /**< batch_size 0: full */
  size_t samples;             /**< samples of one step */
  uint64_t steps;
  size_t records;
  double flops; /**< of one network, all its steps (isw_step_flops) */
  double cost;  /**< of one pack, which the order goes by: flops until isw_packs_order */
};
size_t isw_packs_classes(const struct isw_packs *packs);
const struct isw_pack_class *isw_packs_class(const struct isw_packs *packs, size_t index);
/** Puts the classes, and with them the packs, in the order of other costs, the dearest first; equal ones in grid order.
 *  All ranks must give the same numbers. cost: of a pack of each class as they stand now, [classes], finite. */
void isw_packs_order(struct isw_packs *packs, const double *cost);
/** Lanes that hold no network, over all packs. */
uint64_t isw_packs_unfilled(const struct isw_packs *packs);

/* ---- words ------------------------------------------------------------------------------------------------------ */

/** A table of named rows: what sweep files may name and `initsweep list` shows. */
struct isw_table_view {
  const char *name;      /**< "initializers" */
  const char *singular;  /**< "initializer" */
  const char *path;      /**< the settings that take it: "network.init" */
  size_t (*count)(void); /**< rows; only the table's own room knows their number */
  const struct isw_row *(*row)(size_t index);
  /** What else a row says of itself, into fact[ISW_FACTS_MAX]; returns how many facts. NULL: nothing */
  size_t (*facts)(size_t index, struct isw_fact *fact);
};
/** The dotted path of a setting ("train.steps"), in the order of the reference; NULL past the last. */
const char *isw_sweep_setting_path(size_t index);
/** Writes the grammar's reference (docs/sweep-file-reference.md): every setting, and the rows of the tables. */
void isw_sweep_write_reference(FILE *out, const struct isw_table_view *tables, size_t count);
enum { ISW_TABLES = 7 };
/** All tables of named rows; *count is ISW_TABLES. */
const struct isw_table_view *isw_tables(size_t *count);

/* ---- a sweep file from disk ---- */

/* The texts of --set. */
struct isw_overrides {
  const char **text;
  size_t count;
};
/* Keeps one more; false where memory ran out. */
bool isw_overrides_add(struct isw_overrides *overrides, const char *text);
enum { ISW_SWEEP_FILE_LIMIT = 16 << 20 }; /* bytes */
/* The folder that a path is in, absolute, on the heap. ISW_BAD_INPUT where there is none. */
enum isw_status isw_absolute_folder_of(const char *path, char **folder, struct isw_error *error);
/* isw_sweep_read after choosing the kernels. folder: where relative paths of data start. */
enum isw_status isw_load_sweep(const char *file, const char *folder, const char *bytes, size_t length,
                               const struct isw_overrides *overrides, struct isw_sweep **sweep,
                               struct isw_error *error);
/* Both, for commands that run alone. */
enum isw_status isw_open_sweep(const char *file, const struct isw_overrides *overrides, struct isw_sweep **sweep,
                               struct isw_error *error);
/* The class of a pack. */
const struct isw_pack_class *isw_class_of(const struct isw_packs *packs, uint64_t pack);
#endif
