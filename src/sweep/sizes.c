/* The largest sizes over all networks, and their limits. */
#include <string.h>
#include "sweep_internal.h"

static const size_t parameters_limit = 1ull << 31;

static void measure(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  struct isw_sweep *sweep = reader->sweep;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, cell, settings);
  enum { SIZES_MAX = 1002 }; /* depth is at most 1000 */
  size_t size[SIZES_MAX], layers = isw_depth_of(settings) + 1;
  isw_sizes_of(sweep, settings, size);
  size_t parameters = isw_parameters(layers, size, isw_parts_of_settings(settings));
  if (layers > sweep->layers_max) sweep->layers_max = layers;
  if (parameters > sweep->parameters_max) sweep->parameters_max = parameters;
  if (parameters <= parameters_limit) return;
  bool hidden = settings[ISW_SET_HIDDEN].item != NULL;
  isw_report_add(&reader->report, isw_place_of_value(reader, grid, cell, hidden ? ISW_SET_HIDDEN : ISW_SET_WIDTH),
                 "a network has more than 2^31 weights and biases");
}

/* Reports probes whose max_parameters a network exceeds. */
static void check_probes(struct isw_reader *reader)
{
  const struct isw_node *list = reader->leaf[ISW_SET_RECORD_PROBES];
  size_t largest = reader->sweep->parameters_max, count;
  const struct isw_probe *const *probes = isw_probes(&count);
  for (size_t i = 0; list && list->kind == ISW_NODE_LIST && i < list->count; i++) {
    const struct isw_node *name = list->child[i];
    if (name->kind == ISW_NODE_MAP) name = isw_tree_find(name, "name", 4, NULL);
    for (size_t p = 0; name && name->kind == ISW_NODE_SCALAR && p < count; p++) {
      size_t most = probes[p]->max_parameters;
      if (most && largest > most && strcmp(probes[p]->row.name, name->text) == 0)
        isw_report_add(&reader->report, name->place,
                       "probe '%s' accepts networks of at most %zu weights and biases; the largest network has %zu",
                       name->text, most, largest);
    }
  }
}

void isw_measure(struct isw_reader *reader)
{
  static const size_t shape[] = {ISW_SET_DATASET,       ISW_SET_SEED,          ISW_SET_LOSS,
                                 ISW_SET_DEPTH,         ISW_SET_WIDTH,         ISW_SET_HIDDEN,
                                 ISW_SET_BRANCH_LAYERS, ISW_SET_NORMALIZATION, ISW_SET_BIAS};
  enum { COUNT = sizeof shape / sizeof shape[0] };
  if (!isw_all_usable(reader, shape, COUNT)) return;
  if (!isw_visit_classes(reader->sweep, shape, COUNT, measure, reader)) longjmp(reader->out_of_memory, 1);
  check_probes(reader);
}
