/* What a sweep determines of its results file without training: the columns, the root attributes, and what holds for
 * each network. */
#include <stdlib.h>
#include "run/run_internal.h"

struct isw_quantity *isw_quantities(const struct isw_probe *const *probes, size_t count)
{
  struct isw_quantity *quantities = isw_allocate(count, sizeof *quantities);
  for (size_t i = 0; quantities && i < count; i++) quantities[i] = probes[i]->quantity;
  return quantities;
}

/* The network with a number; NULL if memory cannot be allocated, in which case sizes(), which is called first, ends the
 * writing. */
static const struct isw_network *network_of(struct isw_description *description, uint64_t number)
{
  if (description->network && description->network->number == number) return description->network;
  if (description->network) isw_network_destroy(description->network);
  description->network = NULL;
  isw_sweep_network(description->sweep, number, &description->network, &description->error);
  return description->network;
}

static double coordinate(void *context, size_t column, uint64_t number)
{
  return isw_sweep_column_value(((struct isw_description *)context)->sweep, column, number);
}

static uint64_t id(void *context, uint64_t number)
{
  const struct isw_network *network = network_of(context, number);
  return network ? network->id : 0;
}

static size_t schedule(void *context, uint64_t number, const uint64_t **steps)
{
  const struct isw_network *network = network_of(context, number);
  return network ? isw_sweep_schedule(((struct isw_description *)context)->sweep, network->steps, steps) : 0;
}

static size_t snapshots(void *context, uint64_t number, const uint64_t **steps)
{
  const struct isw_network *network = network_of(context, number);
  return network ? isw_sweep_snapshots(((struct isw_description *)context)->sweep, network->steps, steps) : 0;
}

static size_t sizes(void *context, uint64_t number, const size_t **size)
{
  const struct isw_network *network = network_of(context, number);
  *size = network ? network->size : NULL;
  return network ? network->layers : 0;
}

/* [isw_sweep_columns] on the heap; NULL if memory cannot be allocated. */
static struct isw_coordinate *list_coordinates(const struct isw_sweep *sweep)
{
  size_t columns = isw_sweep_columns(sweep);
  struct isw_coordinate *coordinates = isw_allocate(columns, sizeof *coordinates);
  for (size_t i = 0; coordinates && i < columns; i++) {
    const struct isw_axis_column *column = isw_sweep_column(sweep, i);
    coordinates[i] = (struct isw_coordinate){.name = column->name,
                                             .long_name = column->long_name,
                                             .path = column->path,
                                             .type = column->type,
                                             .texts = column->texts,
                                             .text_count = column->text_count};
  }
  return coordinates;
}

enum isw_status isw_description_create(struct isw_description *description, const struct isw_sweep *sweep,
                                       struct isw_error *error)
{
  const struct isw_probe *const *probes;
  size_t probe_count = isw_sweep_probes(sweep, &probes);
  struct isw_keep_weights keep = isw_sweep_weights(sweep);
  *description = (struct isw_description){
      .sweep = sweep, .quantities = isw_quantities(probes, probe_count), .coordinates = list_coordinates(sweep)};
  description->head = (struct isw_results_head){.title = isw_sweep_name(sweep),
                                                .about = isw_sweep_about(sweep),
                                                .sweep_text = isw_sweep_text(sweep),
                                                .settings = isw_sweep_settings(sweep),
                                                .plain_settings = isw_sweep_plain_settings(sweep),
                                                .identity = isw_sweep_identity(sweep),
                                                .networks = isw_sweep_networks(sweep),
                                                .records_max = isw_sweep_records_max(sweep),
                                                .snapshots_max = isw_sweep_snapshots_max(sweep),
                                                .layers_max = isw_sweep_layers_max(sweep),
                                                .parameters_max = isw_sweep_parameters_max(sweep),
                                                .real_bytes = isw_precision_bytes(isw_sweep_precision(sweep)),
                                                .keep_initial = keep.initial,
                                                .keep_final = keep.final,
                                                .quantity_count = probe_count,
                                                .quantities = description->quantities,
                                                .schedule_varies = isw_sweep_schedule_varies(sweep),
                                                .coordinate_count = isw_sweep_columns(sweep),
                                                .coordinates = description->coordinates,
                                                .context = description,
                                                .coordinate = coordinate,
                                                .id = id,
                                                .schedule = schedule,
                                                .snapshots = snapshots,
                                                .sizes = sizes};
  if (description->quantities && description->coordinates) return ISW_OK;
  return isw_error_memory(error, isw_sweep_columns(sweep) * sizeof *description->coordinates,
                          "the results file's head");
}

void isw_description_clear(struct isw_description *description)
{
  if (description->network) isw_network_destroy(description->network);
  isw_error_clear(&description->error);
  free(description->coordinates);
  free(description->quantities);
}
