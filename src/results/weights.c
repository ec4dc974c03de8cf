/* Writes the weights of networks: as many rows at once as fit in memory, because the weights of one network may be
 * larger than all other numbers of a block. */
#include <string.h>
#include "results_internal.h"

enum isw_status isw_writer_put_weights(struct isw_writer *w, const struct isw_finished *finished, size_t row)
{
  const struct isw_results_head *head = w->head;
  if (!head->keep_initial && !head->keep_final) return ISW_OK;
  if ((head->keep_initial && !finished->weights_initial) || (head->keep_final && !finished->weights_final))
    return isw_writer_refuse_network(w, finished->number, "its weights were not kept");
  size_t offset = row * head->parameters_max * head->real_bytes;
  if (head->keep_initial)
    isw_writer_copy_reals(w, w->initial.rows + offset, finished->weights_initial, finished->parameters);
  if (head->keep_final) isw_writer_copy_reals(w, w->final.rows + offset, finished->weights_final, finished->parameters);
  w->parameters[row] = finished->parameters;
  return ISW_OK;
}

/* Writes the rows in memory, except chunks that contain only padding: unwritten chunks read as fill values. */
enum isw_status isw_writer_write_weights(struct isw_writer *w, const struct isw_weight_rows *weights, uint64_t first,
                                         size_t networks)
{
  if (!weights->rows) return ISW_OK;
  hsize_t all = w->head->parameters_max;
  enum isw_status status = ISW_OK;
  isw_hash_values(weights->digest, weights->rows, networks * all, w->head->real_bytes, false);
  for (size_t row = 0; row < networks && status == ISW_OK; row += w->weight_networks) {
    size_t rows = isw_smaller(w->weight_networks, networks - row);
    uint64_t most = 0;
    for (size_t i = 0; i < rows; i++) most = isw_larger(most, w->parameters[row + i]);
    if (most == 0) continue;
    hsize_t chunks = (most + w->weight_parameters - 1) / w->weight_parameters;
    hsize_t start[2] = {first + row, 0}, count[2] = {rows, isw_smaller(chunks * w->weight_parameters, all)};
    status =
        isw_writer_write_chunks(w, &weights->layout, start, count, weights->rows + row * all * w->head->real_bytes);
  }
  return status;
}

void isw_writer_clear_weights(struct isw_writer *w, size_t networks)
{
  const struct isw_weight_rows *both[] = {&w->initial, &w->final};
  for (size_t i = 0; i < 2; i++)
    if (both[i]->rows) isw_chunks_fill(both[i]->rows, networks * w->head->parameters_max, w->head->real_bytes, &w->nan);
  memset(w->parameters, 0, networks * sizeof *w->parameters);
}
