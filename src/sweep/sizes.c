/* The largest sizes over all networks, and their limits. */
#include <string.h>
#include "sweep_internal.h"

static const size_t parameters_limit = 1ull << 31;

struct measuring {
  struct isw_reader *reader;
  struct isw_largest_sizes largest;
};

static size_t larger(size_t a, size_t b)
{
  return a > b ? a : b;
}

static void measure(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct measuring *measuring = context;
  struct isw_reader *reader = measuring->reader;
  struct isw_largest_sizes *largest = &measuring->largest;
  struct isw_sweep *sweep = reader->sweep;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, cell, settings);
  enum { SIZES_MAX = 1002 }; /* depth is at most 1000 */
  size_t size[SIZES_MAX], layers = isw_depth_of(settings) + 1;
  isw_sizes_of(sweep, settings, size);
  size_t parameters = isw_parameters(layers, size, isw_parts_of_settings(settings));
  largest->features = larger(largest->features, size[0]);
  largest->outputs = larger(largest->outputs, size[layers]);
  largest->shorter = larger(largest->shorter, size[0] < size[layers] ? size[0] : size[layers]);
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

/* The largest length that a probe of the sweep needs of the dimension of probe p. */
static size_t length_of(const struct isw_sweep *sweep, size_t p, const struct isw_largest_sizes *largest)
{
  size_t most = 0;
  for (size_t other = 0; other < sweep->probes; other++) {
    const struct isw_probe *probe = sweep->probe[other];
    if (probe->length && strcmp(probe->quantity.dimension, sweep->probe[p]->quantity.dimension) == 0)
      most = larger(most, probe->length(probe, largest));
  }
  return most;
}

/* Gives the sweep's own probes the lengths of their dimensions. */
static void set_lengths(struct isw_sweep *sweep, struct isw_largest_sizes *largest)
{
  for (size_t d = 0; d < sweep->datasets; d++)
    largest->train_samples = larger(largest->train_samples, sweep->data[d].train_samples);
  for (size_t p = 0; p < sweep->probes; p++) {
    if (!sweep->probe[p]->length) continue;
    struct isw_probe *own = isw_arena_get(&sweep->arena, 1, sizeof *own);
    *own = *sweep->probe[p];
    own->quantity.length = length_of(sweep, p, largest);
    sweep->probe[p] = own;
  }
}

void isw_measure(struct isw_reader *reader)
{
  static const size_t shape[] = {ISW_SET_DATASET,       ISW_SET_SEED,          ISW_SET_LOSS,
                                 ISW_SET_DEPTH,         ISW_SET_WIDTH,         ISW_SET_HIDDEN,
                                 ISW_SET_BRANCH_LAYERS, ISW_SET_NORMALIZATION, ISW_SET_BIAS};
  enum { COUNT = sizeof shape / sizeof shape[0] };
  if (!isw_all_usable(reader, shape, COUNT)) return;
  struct measuring measuring = {.reader = reader};
  if (!isw_visit_classes(reader->sweep, shape, COUNT, measure, &measuring)) longjmp(reader->out_of_memory, 1);
  set_lengths(reader->sweep, &measuring.largest);
  check_probes(reader);
}
