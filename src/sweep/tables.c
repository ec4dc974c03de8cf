/* The tables of named rows that settings take and `initsweep list` shows. */
#include <string.h>
#include "sweep_internal.h"

/* row_of_x and count_of_x of a table whose isw_x returns an array of rows, or a registry of pointers to them. */
#define ACCESSORS(table, row_at_index)                                                                                 \
  static const struct isw_row *row_of_##table(size_t index)                                                            \
  {                                                                                                                    \
    size_t count;                                                                                                      \
    return &isw_##table(&count)[index] row_at_index;                                                                   \
  }                                                                                                                    \
  static size_t count_of_##table(void)                                                                                 \
  {                                                                                                                    \
    size_t count;                                                                                                      \
    isw_##table(&count);                                                                                               \
    return count;                                                                                                      \
  }
#define TABLE(table) ACCESSORS(table, .row)
#define REGISTRY(table) ACCESSORS(table, ->row)
TABLE(initializers)
TABLE(activations)
TABLE(losses)
TABLE(normalizations)
TABLE(optimizers)
TABLE(schedules)
TABLE(masks)
TABLE(parametrizations)
REGISTRY(datasets)
REGISTRY(probes)

static const struct isw_table_view tables[ISW_TABLES] = {
    {"initializers", "initializer", "network.init", count_of_initializers, row_of_initializers, isw_initializer_facts},
    {"activations", "activation", "network.activation", count_of_activations, row_of_activations, isw_activation_facts},
    {"normalizations", "normalization", "network.normalization", count_of_normalizations, row_of_normalizations, NULL},
    {"losses", "loss", "train.loss", count_of_losses, row_of_losses, isw_loss_facts},
    {"optimizers", "optimizer", "train.optimizer", count_of_optimizers, row_of_optimizers, isw_optimizer_facts},
    {"schedules", "schedule", "train.schedule", count_of_schedules, row_of_schedules, NULL},
    {"masks", "mask", "network.mask", count_of_masks, row_of_masks, NULL},
    {"parametrizations", "parametrization", "network.parametrization", count_of_parametrizations,
     row_of_parametrizations, NULL},
    {"datasets", "dataset", "dataset", count_of_datasets, row_of_datasets, NULL},
    {"probes", "probe", "record.probes", count_of_probes, row_of_probes, NULL},
};

const struct isw_table_view *isw_tables(size_t *count)
{
  *count = ISW_TABLES;
  return tables;
}

const struct isw_table_view *isw_setting_table(size_t id)
{
  const char *name = isw_setting(id)->table;
  for (size_t i = 0; name && i < ISW_TABLES; i++)
    if (strcmp(tables[i].name, name) == 0) return &tables[i];
  return NULL;
}
