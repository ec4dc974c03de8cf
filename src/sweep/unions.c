/* A list of grids is a union: a network that an earlier grid contains is not kept. Networks are compared by identity;
 * networks that differ only in the replicate form a family, so that 10^7 networks are few families. */
#include <stdlib.h>
#include "sweep_internal.h"

static const uint64_t union_limit = 1ull << 30;

/* A grid as families, one for each combination of its other axes. */
struct families {
  const struct isw_grid *grid;
  const struct isw_values *replicate; /* if it is an axis of its own; NULL: each family has one network */
  uint64_t stride, members;           /* cells between its members; their number */
  struct member {
    uint64_t replicate;
    size_t index;
  } * sorted; /* of a list of replicates */
};

static int by_replicate(const void *a, const void *b)
{
  const struct member *x = a, *y = b;
  return x->replicate < y->replicate ? -1 : x->replicate > y->replicate;
}

static struct families families_of(struct isw_reader *reader, const struct isw_grid *grid)
{
  const struct isw_axis_binding *binding = &grid->binding[ISW_SET_REPLICATE];
  struct families families = {.grid = grid, .stride = 1, .members = 1};
  if (!binding->axis || binding->axis->parts > 1 || binding->values->members > 1) return families;
  families.replicate = binding->values;
  families.stride = binding->axis->stride;
  families.members = binding->axis->count;
  if (binding->values->is_range) return families;
  families.sorted = isw_arena_get(&reader->scratch, binding->axis->count, sizeof *families.sorted);
  for (size_t i = 0; i < binding->axis->count; i++)
    families.sorted[i] = (struct member){isw_value_at(binding->values, i, 0).integer, i};
  qsort(families.sorted, binding->axis->count, sizeof *families.sorted, by_replicate);
  return families;
}

/* Finds the cell of the family's member with a replicate; false if there is none. */
static bool find_member(const struct isw_sweep *sweep, const struct families *families, uint64_t first,
                        uint64_t replicate, uint64_t *cell)
{
  *cell = first;
  if (!families->replicate) return isw_setting_at(sweep, families->grid, first, ISW_SET_REPLICATE).integer == replicate;
  uint64_t index;
  if (families->sorted) {
    const struct member wanted = {.replicate = replicate};
    const struct member *found = bsearch(&wanted, families->sorted, families->members, sizeof wanted, by_replicate);
    if (!found) return false;
    index = found->index;
  } else {
    int64_t distance = (int64_t)replicate - families->replicate->first, step = families->replicate->step;
    if (distance % step != 0 || distance / step < 0 || (uint64_t)(distance / step) >= families->members) return false;
    index = (uint64_t)(distance / step);
  }
  *cell = first + index * families->stride;
  return true;
}

/* Clears the bits of a family's members that a family of an earlier grid contains. */
static void compare(struct isw_sweep *sweep, const struct families *mine, uint64_t cell, const struct families *other,
                    uint64_t first)
{
  for (uint64_t m = 0; m < mine->members; m++) {
    uint64_t own = cell + m * mine->stride, theirs;
    uint64_t replicate = isw_setting_at(sweep, mine->grid, own, ISW_SET_REPLICATE).integer;
    if (isw_is_kept(sweep, own) && find_member(sweep, other, first, replicate, &theirs) && isw_is_kept(sweep, theirs))
      isw_bits_remove(sweep->kept, own);
  }
}

/* Compares a grid's families with those in the table, or adds them to it: identity without the replicate -> first
 * member's cell. The table has room for them. */
static void visit(struct isw_sweep *sweep, const struct families *all, size_t g, struct isw_table *table, bool add)
{
  const struct families *mine = &all[g];
  uint64_t block = mine->stride * mine->members;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  for (uint64_t outer = 0; outer < mine->grid->cells; outer += block)
    for (uint64_t inner = 0; inner < mine->stride; inner++) {
      uint64_t cell = mine->grid->first + outer + inner;
      isw_cell_settings(sweep, cell, settings);
      settings[ISW_SET_REPLICATE].integer = 0;
      uint64_t key = isw_identity_of(sweep, settings), first;
      size_t place = 0;
      if (add)
        isw_table_add(table, key, cell);
      else
        while (isw_table_find(table, key, &place, &first))
          compare(sweep, mine, cell, &all[isw_grid_of_cell(sweep, first) - sweep->grid], first);
    }
}

void isw_drop_duplicates(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  if (sweep->grids < 2) return;
  struct families *families = isw_arena_get(&reader->scratch, sweep->grids, sizeof *families);
  uint64_t count = 0;
  for (size_t g = 0; g < sweep->grids; g++) {
    families[g] = families_of(reader, &sweep->grid[g]);
    count += sweep->grid[g].cells / families[g].members;
  }
  if (sweep->cells > union_limit) {
    isw_report_add(&reader->report, reader->grid->place, "a list of grids can have at most 2^30 networks");
    return;
  }
  isw_keep_all(reader);
  struct isw_table table = {0};
  if (isw_table_reserve(&table, (size_t)count) != ISW_OK) longjmp(reader->out_of_memory, 1);
  for (size_t g = 0; g < sweep->grids; g++) {
    if (g) visit(sweep, families, g, &table, false);
    if (g + 1 < sweep->grids) visit(sweep, families, g, &table, true);
  }
  isw_table_clear(&table);
  isw_count_kept(sweep);
}
