/* The cells of the grids: which are kept, and the settings of a cell, by index arithmetic. */
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

void isw_keep_all(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  if (sweep->kept) return;
  size_t words = isw_bits_words(sweep->cells), blocks = words / ISW_KEPT_BLOCK + 2;
  sweep->kept = isw_allocate(words, sizeof *sweep->kept);
  sweep->kept_before = isw_allocate(blocks, sizeof *sweep->kept_before);
  if (!sweep->kept || !sweep->kept_before) longjmp(reader->out_of_memory, 1);
  isw_bits_fill(sweep->kept, sweep->cells);
}

void isw_count_kept(struct isw_sweep *sweep)
{
  const uint64_t block_cells = 64 * ISW_KEPT_BLOCK;
  uint64_t sum = 0, block = 0;
  for (uint64_t cell = 0; cell < sweep->cells; cell += block_cells, block++) {
    sweep->kept_before[block] = sum;
    uint64_t left = sweep->cells - cell;
    sum += isw_bits_count(sweep->kept + cell / 64, left < block_cells ? left : block_cells);
  }
  sweep->kept_before[block] = sum;
  sweep->networks = sum;
}

bool isw_is_kept(const struct isw_sweep *sweep, uint64_t cell)
{
  return !sweep->kept || isw_bits_has(sweep->kept, cell);
}

uint64_t isw_number_of_cell(const struct isw_sweep *sweep, uint64_t cell)
{
  if (!sweep->kept) return cell;
  uint64_t block = cell / 64 / ISW_KEPT_BLOCK, word = block * ISW_KEPT_BLOCK;
  return sweep->kept_before[block] + isw_bits_count(sweep->kept + word, cell - 64 * word);
}

uint64_t isw_cell_of_number(const struct isw_sweep *sweep, uint64_t number)
{
  if (!sweep->kept) return number;
  uint64_t low = 0, high = (isw_bits_words(sweep->cells) + ISW_KEPT_BLOCK - 1) / ISW_KEPT_BLOCK;
  while (high - low > 1) { /* the last block with at most `number` cells before it */
    uint64_t middle = low + (high - low) / 2;
    if (sweep->kept_before[middle] <= number)
      low = middle;
    else
      high = middle;
  }
  uint64_t word = low * ISW_KEPT_BLOCK;
  return 64 * word + isw_bits_select(sweep->kept + word, number - sweep->kept_before[low]);
}

const struct isw_grid *isw_grid_of_cell(const struct isw_sweep *sweep, uint64_t cell)
{
  size_t low = 0, high = sweep->grids;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (sweep->grid[middle].first <= cell)
      low = middle;
    else
      high = middle;
  }
  return &sweep->grid[low];
}

void isw_cell_settings(const struct isw_sweep *sweep, uint64_t cell, union isw_setting_value *settings)
{
  memcpy(settings, sweep->base, isw_all_settings(sweep) * sizeof *settings);
  const struct isw_grid *grid = isw_grid_of_cell(sweep, cell);
  uint64_t rest = cell - grid->first;
  for (size_t a = 0; a < grid->axes; a++) {
    const struct isw_grid_axis *axis = &grid->axis[a];
    size_t index = (size_t)(rest / axis->stride);
    rest -= index * axis->stride;
    for (size_t p = 0; p < axis->parts; p++)
      for (size_t m = 0; m < axis->part[p]->members; m++)
        settings[axis->part[p]->member[m]] = isw_value_at(axis->part[p], index, m);
  }
}

union isw_setting_value isw_setting_at(const struct isw_sweep *sweep, const struct isw_grid *grid, uint64_t cell,
                                       size_t setting)
{
  const struct isw_axis_binding *binding = &grid->binding[setting];
  if (!binding->axis) return sweep->base[setting];
  size_t index = (size_t)((cell - grid->first) / binding->axis->stride % binding->axis->count);
  return isw_value_at(binding->values, index, binding->member);
}

struct isw_place isw_place_of_value(const struct isw_reader *reader, const struct isw_grid *grid, uint64_t cell,
                                    size_t setting)
{
  const struct isw_axis_binding *binding = &grid->binding[setting];
  if (!binding->axis) return reader->at[setting];
  return isw_place_at(binding->values, (size_t)((cell - grid->first) / binding->axis->stride % binding->axis->count));
}
