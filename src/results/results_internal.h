/** @file Inner header of the results room: a file being written (struct isw_writer) and a file open for reading. */
#ifndef INITSWEEP_RESULTS_INTERNAL_H
#define INITSWEEP_RESULTS_INTERNAL_H
#include "initsweep/hdf5_handles.h"
#include "initsweep/results.h"
#include "results/schema.h"

/* ---- a file open for reading ---- */

struct dataset {
  struct isw_results_dataset view;
  hid_t id;
  char *name;
  bool has_fill;
  double fill;
};

struct isw_results {
  hid_t file;
  char *path;
  hobj_ref_t scales[ISW_DIMENSIONS]; /* HADDR_UNDEF: it has none */
  uint64_t networks, identity;
  unsigned bits_version;
  hsize_t length[ISW_DIMENSIONS], records, layers;
  struct dataset *datasets;
  size_t dataset_count, dataset_capacity;
  char **kept; /* texts handed out */
  size_t kept_count;
  char *last_text;
  void *values, *weights[2]; /* of the last isw_results_network */
};

/** The dataset of a name along `network`, or NULL. */
const struct dataset *isw_results_find(const struct isw_results *results, const char *name);

/* ---- hashes (hash.c) ---- */

enum { ISW_RANK_MAX = 3 };
/** The type of values: its name in hashes, and the HDF5 type of numbers in memory; 0: text. */
struct isw_value_type {
  const char *name;
  hid_t memory;
};
/** False if the format has no such type. */
bool isw_hash_type(hid_t type, struct isw_value_type *found);
void isw_hash_text(struct isw_digest *digest, const char *text);
/** Adds values of a dataset or attribute in order. item: bytes of a number. text: they are pointers to texts. */
void isw_hash_values(struct isw_digest *digest, const void *values, size_t count, size_t item, bool text);
/** Adds the attributes of a dataset or, with the name "", of the root group.
 *  @return ISW_BAD_INPUT if one cannot be read or has a type that the format does not have */
enum isw_status isw_hash_attributes(struct isw_digest *digest, hid_t object, const char *path, const char *name,
                                    struct isw_error *error);
/** Adds everything of a dataset that precedes its values.
 *  @param[in] scales  how datasets refer to the dimension scales */
enum isw_status isw_hash_head(struct isw_digest *digest, hid_t dataset, const char *path, const char *name,
                              const hobj_ref_t scales[ISW_DIMENSIONS], struct isw_error *error);
/** The hash of a dataset. */
struct isw_dataset_hash {
  const char *name;
  char text[ISW_DIGEST_SIZE];
};
/** Computes the hash of a whole file. Sorts the hashes of its datasets by name. */
enum isw_status isw_hash_whole(hid_t file, const char *path, struct isw_dataset_hash *hashes, size_t count,
                               char text[ISW_DIGEST_SIZE], struct isw_error *error);

/* ---- a file being written ---- */

/** The NaN that fills datasets of reals, in the sweep's precision. */
union isw_real_nan {
  float narrow;
  double wide;
};

/** A dataset: its types, shape and chunks. */
struct isw_output {
  struct isw_field field; /**< name NULL: the file does not have it, or not along `network` */
  hid_t file_type, memory_type;
  struct isw_chunk_layout layout; /**< dataset: of a writer; fill NULL: every number is set */
  size_t items;                   /**< numbers of a network */
  unsigned char *block;           /**< of a part maker: [networks][items] of a block or, of weights, a part */
};

/** The datasets of weights, which have parts of their own. */
enum { ISW_WEIGHTS_INITIAL, ISW_WEIGHTS_FINAL, ISW_WEIGHTS_SNAPSHOTS, ISW_WEIGHT_ARRAYS };

/** The datasets along `network` of a file, and the sizes of its chunks, blocks and parts: what a writer and all part
 *  makers know, without the file. */
struct isw_outline {
  const struct isw_results_head *head;
  const char *path;
  struct isw_error *error; /**< of the call in progress */
  hid_t text;
  union isw_real_nan nan;
  hsize_t dims[ISW_DIMENSIONS];
  size_t output_count;
  struct isw_output *outputs; /**< coordinates, then as enum isw_fixed_outputs counts from there, then quantities */
  struct isw_output weights[ISW_WEIGHT_ARRAYS];
  size_t block;           /**< networks of a block */
  hsize_t chunk_networks; /**< of quantities without layers */
  hsize_t chunk_records;
  hsize_t column_networks; /**< of datasets with one number per network */
  hsize_t weight_networks, weight_parameters;
  hsize_t weight_snapshots;
  size_t weight_rows; /**< networks whose initial weights precede their final ones in the file */
  size_t part_rows;   /**< networks of a part of weights: some weight_rows */
  bool is_small;      /**< incompressible chunks are stored uncompressed */
};

/** Makes parts: reads networks from an index into rows, and compresses the rows. */
struct isw_part_maker {
  struct isw_outline outline;
  uint64_t *parameters; /**< [part_rows] of the rows in memory */
  struct isw_chunk_compressor *compressor;
  struct isw_digest *digest;
  isw_part_sink *sink; /**< of the call in progress */
  void *context;
  uint32_t dataset;       /**< that is being compressed */
  enum isw_status status; /**< of the sink */
};

/** The file itself. */
struct isw_results_writer {
  struct isw_outline outline;
  char *path;
  char *temporary; /**< its name until it is complete */
  int problem;     /**< errno of the first failed write */
  hid_t driver;    /**< of the file, for as long as that is open */
  hid_t file;
  hid_t transfer; /**< properties of H5Dwrite */
  hid_t scales[ISW_DIMENSIONS];
  hobj_ref_t references[ISW_DIMENSIONS]; /**< to the scales, as datasets refer to them */
  struct isw_dataset_hash *hashes;       /**< [hash_count] of the datasets that are complete */
  size_t hash_count;
  struct isw_text coordinates;             /**< names for the attribute of that name */
  struct isw_chunk_compressor *compressor; /**< of the scales */
  unsigned char *states[ISW_PART_KINDS];   /**< of the hashes of the datasets of each kind of part, in order */
  size_t state_count[ISW_PART_KINDS];
  const char **texts; /**< [block] of a text coordinate */
};
/** Outputs of every file, after those of the coordinates. */
enum isw_fixed_outputs {
  ISW_OUT_FEATURES,
  ISW_OUT_LAYER_SIZE,
  ISW_OUT_ID,
  ISW_OUT_STATUS,
  ISW_OUT_STEPS_DONE,
  ISW_OUT_STEP,
  ISW_OUT_WEIGHTS_STEP, /**< only in files with snapshots, so no column of a row's size */
  ISW_FIXED_OUTPUTS
};

static inline size_t isw_smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

static inline size_t isw_larger(size_t a, size_t b)
{
  return a > b ? a : b;
}

/* outline.c */
/** Plans all datasets along `network`. isw_outline_clear releases it, also after an error. */
enum isw_status isw_outline_create(struct isw_outline *outline, const char *path, const struct isw_results_head *head,
                                   struct isw_error *error);
void isw_outline_clear(struct isw_outline *outline);
/** Plans a dataset with chunks of at most these sizes. */
struct isw_output isw_outline_plan(const struct isw_outline *outline, const struct isw_field *field,
                                   const hsize_t chunk[ISW_RANK_MAX]);
/** The types of a field's values, in the file and in memory. text: isw_hdf5_text_type; none is to be closed. */
void isw_field_types(const struct isw_field *field, size_t real_bytes, hid_t text, hid_t *file, hid_t *memory);
/** The fill value, in the type that it has in memory; NULL: the field has none. */
const void *isw_field_fill(const struct isw_field *field, const union isw_real_nan *nan);
union isw_real_nan isw_real_nan(size_t real_bytes);
/** Whether a file has datasets of weights. */
bool isw_has_weights(const struct isw_results_head *head);
/** Whether all of a coordinate's values are integers that int64 represents exactly. */
bool isw_coordinate_is_integer(const struct isw_results_head *head, size_t column);

/* chunk_sizes.c */
/** Chooses the sizes of chunks, blocks and parts. */
void isw_outline_choose_chunks(struct isw_outline *outline);
/** Number of networks of a smaller chunk, at most `most`, of which a block is a multiple as well. */
hsize_t isw_outline_part_of_chunk(const struct isw_outline *outline, size_t most);

/* errors.c */
/** Sets "PATH: the journal's network N does not fit the sweep: WHAT". */
enum isw_status isw_outline_refuse_network(const struct isw_outline *outline, uint64_t network, const char *what);
/** Sets "PATH: WHAT: REASON", the reason being the first write that failed, or else HDF5's. */
enum isw_status isw_writer_refuse(struct isw_results_writer *w, const char *what);

/* attributes.c */
/** Writes an attribute of `count` values; 0: one scalar. */
enum isw_status isw_writer_add_attribute(struct isw_results_writer *w, hid_t object, const char *name, hid_t file_type,
                                         hid_t memory_type, hsize_t count, const void *value);
/** Writes a text attribute, unless the text is NULL or empty. */
enum isw_status isw_writer_add_text(struct isw_results_writer *w, hid_t object, const char *name, const char *text);
/** The same in characters of fixed length, as CF wants what names coordinates; h5py reads it as bytes. */
enum isw_status isw_writer_add_characters(struct isw_results_writer *w, hid_t object, const char *name,
                                          const char *text);
/** The text attributes of the root group: texts[ISW_ROOT_FORMAT_VERSION], NULL or empty if a file has none.
 *  @param[out] identity  [17], to which texts points */
void isw_root_texts(const struct isw_results_head *head, char identity[17], const char *texts[ISW_ROOT_FORMAT_VERSION]);
enum isw_status isw_writer_add_root_attributes(struct isw_results_writer *w);
enum isw_status isw_writer_add_provenance(struct isw_results_writer *w);
/** Begins the hash of a dataset that has all its attributes and no values yet. */
enum isw_status isw_writer_begin_hash(struct isw_results_writer *w, hid_t dataset, const char *name,
                                      struct isw_digest **digest);
/** Stores the hash of a dataset whose values are complete. */
enum isw_status isw_writer_end_hash(struct isw_results_writer *w, hid_t dataset, const char *name,
                                    const struct isw_digest *digest);

/* datasets.c */
/** Adds the words of `flag_meanings`. ISW_FAILED if memory cannot be allocated. */
enum isw_status isw_add_status_names(struct isw_text *names);
/** Creates all datasets, with their attributes, and writes scales and the common schedule. */
enum isw_status isw_writer_make_datasets(struct isw_results_writer *w);

/* networks.c */
/** Reads networks into the rows of a block: what the sweep determines of each, and what the index has. */
enum isw_status isw_part_maker_read(struct isw_part_maker *m, const struct isw_part *part, struct isw_index *index);
/** Copies reals; every NaN becomes the canonical one. */
void isw_part_maker_copy_reals(const struct isw_part_maker *m, unsigned char *restrict to,
                               const unsigned char *restrict from, size_t count);

/* weights.c */
/** Reads the weights of networks into rows. */
enum isw_status isw_part_maker_read_weights(struct isw_part_maker *m, const struct isw_part *part,
                                            struct isw_index *index);
/** Passes the rows on, but no chunk of padding only: an unwritten one reads as fill values. */
enum isw_status isw_part_maker_compress_weights(struct isw_part_maker *m, const struct isw_part *part);

/* compress.c */
/** Compresses rows that begin with network `first`, and passes the chunks to the sink.
 *  @param[in] dataset  number of the dataset: an output, or output_count and 1 more for the weights */
enum isw_status isw_part_maker_compress(struct isw_part_maker *m, size_t dataset, const struct isw_chunk_layout *layout,
                                        const hsize_t *start, const hsize_t *count, const void *numbers);
#endif
