/** @file What the parts of the summary room share while a results file is read. */
#ifndef SUMMARY_INTERNAL_H
#define SUMMARY_INTERNAL_H
#include "initsweep/summary.h"

enum {
  ISW_BLOCK_NETWORKS = 65536, /**< networks read at once */
  ISW_SLAB_NUMBERS = 1 << 20, /**< numbers of a slab of networks and records */
  ISW_CLASSES_SHOWN = 8       /**< of packs, in a plan */
};

/** The median of numbers without NaN; NaN if there are none. Reorders them. Linear on average. */
double isw_median(double *values, size_t count);
/** Reorders the numbers. */
struct isw_summary_spread isw_spread(double *values, size_t count);

#define ISW_NO_CODE UINT32_MAX
/** The code of a key: 0, 1, 2, ... in order of appearance. ISW_NO_CODE if memory cannot be allocated. */
uint32_t isw_code_of(struct isw_table *codes, uint64_t key);
/** Sorts networks by their code in linear time: those of code c are order[start[c]] .. order[start[c + 1] - 1],
 *  ascending.
 *  @param[in]  code   [networks] 0 .. count - 1
 *  @param[out] order  [networks]
 *  @return start, on the heap, [count + 1]; NULL if memory cannot be allocated */
uint64_t *isw_sort_by_code(const uint32_t *code, uint64_t networks, size_t count, uint32_t *order);

/** A summary while it is being read, and memory that its parts share. */
struct isw_summary_reader {
  struct isw_summary *summary;
  uint32_t *cell;  /**< [networks] code of the network's cell */
  uint32_t *order; /**< [networks] */
  double *block;   /**< [ISW_SLAB_NUMBERS] */
  double *scratch; /**< [networks] */
};
/** Networks in the block that begins with `first`. */
static inline uint64_t isw_block_networks(const struct isw_summary *summary, uint64_t first)
{
  return summary->networks - first < ISW_BLOCK_NETWORKS ? summary->networks - first : ISW_BLOCK_NETWORKS;
}
/** The dataset of the file with a name; NULL if there is none. */
const struct isw_results_dataset *isw_summary_dataset(const struct isw_summary *summary, const char *name);
/** Whether a dataset can rank cells: one number per network or per record. dataset may be NULL. */
bool isw_can_rank(const struct isw_results_dataset *dataset);
/** Compares numbers for qsort and bsearch, in ascending order. */
int isw_compare_numbers(const void *a, const void *b);

/** The axes, and the code of each network's cell. */
enum isw_status isw_summary_read_axes(struct isw_summary_reader *reader, struct isw_error *error);
void isw_summary_clear_axis(struct isw_summary_axis *axis);
/** The final values: loss, accuracy and `by`, as far as the file has them. */
enum isw_status isw_summary_read_finals(struct isw_summary_reader *reader, const char *by, struct isw_error *error);
/** Groups by one axis. Needs axes and finals. */
enum isw_status isw_summary_make_groups(struct isw_summary_reader *reader, struct isw_error *error);
/** The best and worst `top` cells with their trajectories. Needs axes and finals. */
enum isw_status isw_summary_make_cells(struct isw_summary_reader *reader, size_t top, struct isw_error *error);

/** A value of an axis, "none" if it has none; a number is formatted in the buffer. */
const char *isw_summary_value_text(const struct isw_summary_axis *axis, size_t index, char number[ISW_NUMBER_SIZE]);
/** The table of groups as text. */
void isw_summary_write_groups(const struct isw_summary *summary, const struct isw_summary_page *page);
/** Appends how the networks ended: "500 completed, 0 stopped by a rule, 40 diverged, 0 missing". */
void isw_summary_describe_ends(const struct isw_summary *summary, struct isw_text *text);
/** Appends to an empty text the settings that a network shares with its cell: "init=constant, init_value=0.5". */
void isw_summary_describe_cell(const struct isw_summary *summary, uint64_t network, struct isw_text *text);
/** The best and worst cells as text. */
void isw_summary_write_cells(const struct isw_summary *summary, const struct isw_summary_page *page);
/** "" or the escape sequence for bold, red, or plain text. */
const char *isw_page_bold(const struct isw_summary_page *page);
const char *isw_page_red(const struct isw_summary_page *page);
const char *isw_page_plain(const struct isw_summary_page *page);
/** The provenance entry with an index, in the order shown, and its name; NULL past the last. "" if the file lacks
 *  it. */
const char *isw_summary_provenance(const struct isw_summary *summary, size_t index, const char **name);
/** The number of classes of packs that a plan shows. */
size_t isw_plan_classes_shown(const struct isw_estimate *estimate, bool all_classes);
#endif
