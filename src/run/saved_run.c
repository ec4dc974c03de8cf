#include "initsweep/run.h"
#include <stdlib.h>
#include <string.h>

enum isw_status isw_stored_sweep(const struct isw_stored *stored, const char *folder,
                                 const struct isw_overrides *overrides, struct isw_sweep **sweep,
                                 struct isw_error *error)
{
  const char *settings = isw_results_attribute(stored->results, "settings");
  if (!settings) return isw_error_set(error, ISW_BAD_INPUT, "%s: it has no attribute 'settings'", stored->path);
  char *own = NULL;
  enum isw_status status = folder ? ISW_OK : isw_absolute_folder_of(stored->path, &own, error);
  if (status == ISW_OK)
    status = isw_load_sweep(stored->path, folder ? folder : own, settings, strlen(settings), overrides, sweep, error);
  free(own);
  return status;
}

enum isw_status isw_stored_open(const char *path, const char *folder, struct isw_stored *stored,
                                struct isw_error *error)
{
  const struct isw_overrides none = {0};
  *stored = (struct isw_stored){.path = path};
  enum isw_status status = isw_results_open(path, &stored->results, error);
  if (status == ISW_OK) status = isw_stored_sweep(stored, folder, &none, &stored->sweep, error);
  if (status != ISW_OK) return status;
  if (isw_sweep_identity(stored->sweep) != isw_results_identity(stored->results) ||
      isw_sweep_networks(stored->sweep) != isw_results_networks(stored->results))
    return isw_error_set(error, ISW_BAD_INPUT,
                         "%s: its settings do not describe the same sweep here: the data have changed, or it was "
                         "written by a version that reads them differently",
                         path);
  stored->probe_count = isw_sweep_probes(stored->sweep, &stored->probes);
  stored->quantities = isw_quantities(stored->probes, stored->probe_count);
  stored->real_bytes = isw_precision_bytes(isw_sweep_precision(stored->sweep));
  stored->keep = isw_sweep_weights(stored->sweep);
  return stored->quantities ? ISW_OK : isw_error_memory(error, stored->probe_count, "the file's quantities");
}

void isw_stored_close(struct isw_stored *stored)
{
  free(stored->quantities);
  isw_sweep_destroy(stored->sweep);
  isw_results_close(stored->results);
  *stored = (struct isw_stored){0};
}

enum isw_status isw_stored_network(const struct isw_stored *stored, uint64_t number, struct isw_finished *finished,
                                   struct isw_error *error)
{
  struct isw_network *network;
  const uint64_t *steps;
  enum isw_status status = isw_sweep_network(stored->sweep, number, &network, error);
  if (status != ISW_OK) return status;
  *finished = (struct isw_finished){
      .number = number,
      .records = (uint32_t)isw_sweep_schedule(stored->sweep, network->steps, &steps),
      .layers = (uint32_t)network->layers,
      .parameters = isw_parameters(network->layers, network->size, network->residual.branch_layers)};
  isw_network_destroy(network);
  return isw_results_network(stored->results, stored->quantities, stored->probe_count, stored->real_bytes,
                             stored->keep.initial, stored->keep.final, finished, error);
}
