/* The sizes of chunks, blocks and parts of networks of a results file, from the sizes of the sweep. */
#include <math.h>
#include "results_internal.h"

enum {
  THRIFTY_BYTES = 64 << 20,     /* in smaller files, incompressible chunks are stored uncompressed */
  CHUNK_STEP = 64,              /* networks per chunk are a multiple of it, or all */
  BLOCK_BYTES = 64 << 20,       /* numbers of networks in memory at a time */
  CHUNK_BYTES = 128 << 10,      /* of a quantity without layers */
  ROWS_BYTES = 1 << 20,         /* initial weights that precede the same networks' final ones */
  PART_BYTES = 8 << 20,         /* of a part of weights, if those of a network are fewer */
  SMALL_CHUNK_BYTES = 64 << 10, /* smaller chunks are made longer in records; also the weights' size */
  NETWORK_CHUNK = 16384,        /* of datasets with one number per network */
  RECORD_PIECES = 16,           /* a network's trajectory is in at most this many chunks */
  FEWEST_RECORDS = 4            /* minimum, of a chunk */
};

static size_t power_below(size_t number)
{
  size_t power = 1;
  while (power <= number / 2) power *= 2;
  return power;
}

hsize_t isw_outline_part_of_chunk(const struct isw_outline *o, size_t most)
{
  size_t chunk = (size_t)o->chunk_networks, part = power_below(most);
  if (most >= chunk) return chunk;
  while (chunk % part != 0 && chunk < o->head->networks) part /= 2;
  return part;
}

/* A chunk size that is no larger and gives the same number of chunks, with little padding after the last network. */
static size_t evened(size_t networks, size_t chunk)
{
  size_t pieces = (networks + chunk - 1) / chunk, even = (networks + pieces - 1) / pieces;
  return isw_smaller(chunk, (even + CHUNK_STEP - 1) / CHUNK_STEP * CHUNK_STEP);
}

/* A trajectory is in at most RECORD_PIECES chunks, and a record of all networks in about 1 / RECORD_PIECES of them. */
void isw_outline_choose_chunks(struct isw_outline *o)
{
  const struct isw_results_head *head = o->head;
  size_t real = head->real_bytes, networks = isw_larger(1, head->networks), records = isw_larger(1, head->records_max);
  size_t row = (head->coordinate_count + ISW_OUT_WEIGHTS_STEP) * sizeof(double) + head->layers_max * sizeof(int32_t) +
               (head->records_max + head->snapshots_max) * sizeof(int64_t);
  for (size_t q = 0; q < head->quantity_count; q++)
    row += isw_quantity_records(&head->quantities[q], head->records_max, 0) * /* snapshots are not of a block */
           isw_quantity_width(&head->quantities[q], head->layers_max, head->parameters_max) * real;
  size_t block = power_below(isw_larger(1, BLOCK_BYTES / row));
  size_t pieces = isw_larger((records + RECORD_PIECES - 1) / RECORD_PIECES, isw_smaller(records, FEWEST_RECORDS));
  size_t chunk = isw_smaller(block, power_below(isw_larger(1, CHUNK_BYTES / (pieces * real))));
  if (chunk >= networks) { /* few networks: more records per chunk instead */
    chunk = networks;
    pieces = isw_larger(pieces, isw_smaller(records, SMALL_CHUNK_BYTES / (chunk * real)));
  } else {
    chunk = evened(networks, chunk);
  }
  o->chunk_networks = chunk;
  o->chunk_records = pieces;
  o->block = chunk * power_below(isw_larger(1, block / chunk)); /* whole chunks of every dataset */
  o->column_networks = chunk;
  while (o->column_networks < o->block && 2 * o->column_networks <= NETWORK_CHUNK) o->column_networks *= 2;
  size_t parameters = isw_smaller(isw_larger(1, head->parameters_max), SMALL_CHUNK_BYTES / real);
  size_t one = parameters * real, snapshots = isw_larger(1, head->snapshots_max);
  size_t all = isw_larger(1, head->parameters_max) * real * snapshots; /* of the largest array of weights */
  o->weight_parameters = parameters;
  o->weight_networks = isw_outline_part_of_chunk(o, isw_larger(1, SMALL_CHUNK_BYTES / one));
  o->weight_snapshots = isw_smaller(snapshots, isw_larger(1, SMALL_CHUNK_BYTES / (o->weight_networks * one)));
  o->weight_rows = o->weight_networks * isw_larger(1, ROWS_BYTES / (o->weight_networks * all));
  o->part_rows = o->weight_rows * isw_larger(1, PART_BYTES / (o->weight_rows * all));
  o->block = isw_smaller(o->block, networks);
  o->part_rows = isw_smaller(o->part_rows, o->block);
  size_t kept = (head->keep_initial ? 1 : 0) + (head->keep_final ? 1 : 0);
  double bytes =
      (double)networks * ((double)row + (double)((kept + head->snapshots_max) * head->parameters_max * real));
  o->is_small = bytes < THRIFTY_BYTES;
}

double isw_part_maker_bytes(double networks, double numbers, double largest, double weights)
{
  double rows = largest > 0 ? fmin(networks, fmax(1, PART_BYTES / largest)) : 0;
  return fmin(networks * numbers, fmax(numbers, BLOCK_BYTES)) + rows * weights;
}
