/* Accessors of a sweep. */
#include <stdlib.h>
#include "sweep_internal.h"

void isw_sweep_destroy(struct isw_sweep *sweep)
{
  if (!sweep) return;
  for (size_t d = 0; d < sweep->datasets; d++) isw_data_destroy(&sweep->data[d]);
  free(sweep->kept);
  free(sweep->kept_before);
  isw_arena_clear(&sweep->arena);
  free(sweep);
}

const char *isw_sweep_name(const struct isw_sweep *sweep)
{
  return sweep->name;
}

const char *isw_sweep_about(const struct isw_sweep *sweep)
{
  return sweep->about;
}

uint64_t isw_sweep_seed(const struct isw_sweep *sweep)
{
  return sweep->base[ISW_SET_SEED].integer;
}

enum isw_precision isw_sweep_precision(const struct isw_sweep *sweep)
{
  return sweep->precision;
}

struct isw_keep_weights isw_sweep_weights(const struct isw_sweep *sweep)
{
  return sweep->keep;
}

const char *isw_sweep_text(const struct isw_sweep *sweep)
{
  return sweep->text;
}

const char *isw_sweep_settings(const struct isw_sweep *sweep)
{
  return sweep->settings;
}

const char *isw_sweep_plain_settings(const struct isw_sweep *sweep)
{
  return sweep->plain_settings;
}

uint64_t isw_sweep_identity(const struct isw_sweep *sweep)
{
  return sweep->identity;
}

size_t isw_sweep_datasets(const struct isw_sweep *sweep)
{
  return sweep->datasets;
}

const struct isw_data *isw_sweep_data(const struct isw_sweep *sweep, size_t dataset)
{
  return &sweep->data[dataset];
}

const char *isw_sweep_data_name(const struct isw_sweep *sweep, size_t dataset)
{
  size_t use = 0, rows;
  while (sweep->use[use].data != dataset) use++;
  return isw_datasets(&rows)[sweep->use[use].item->choice.row]->row.name;
}

size_t isw_sweep_outside(const struct isw_sweep *sweep, const char *const **paths)
{
  *paths = sweep->outside;
  return sweep->outsides;
}

uint64_t isw_sweep_networks(const struct isw_sweep *sweep)
{
  return sweep->networks;
}

size_t isw_sweep_layers_max(const struct isw_sweep *sweep)
{
  return sweep->layers_max;
}

size_t isw_sweep_parameters_max(const struct isw_sweep *sweep)
{
  return sweep->parameters_max;
}

size_t isw_sweep_records_max(const struct isw_sweep *sweep)
{
  return sweep->records_max;
}

size_t isw_sweep_snapshots_max(const struct isw_sweep *sweep)
{
  return sweep->snapshots_max;
}

bool isw_sweep_schedule_varies(const struct isw_sweep *sweep)
{
  return sweep->schedules > 1;
}

size_t isw_sweep_probes(const struct isw_sweep *sweep, const struct isw_probe *const **probes)
{
  *probes = sweep->probe;
  return sweep->probes;
}

double isw_sweep_escape_fraction(const struct isw_sweep *sweep)
{
  return sweep->base[ISW_SET_ESCAPE_FRACTION].number;
}

size_t isw_sweep_grids(const struct isw_sweep *sweep)
{
  return sweep->grids;
}

size_t isw_sweep_axes(const struct isw_sweep *sweep, size_t grid)
{
  return sweep->grid[grid].axes;
}

const char *isw_sweep_axis(const struct isw_sweep *sweep, size_t grid, size_t axis, size_t *values)
{
  *values = sweep->grid[grid].axis[axis].count;
  return sweep->grid[grid].axis[axis].name;
}
