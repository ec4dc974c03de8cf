/* Opens a results file together with the sweep that it describes. */
#include <stdlib.h>
#include <string.h>
#include "run/run_internal.h"

enum isw_status isw_saved_run_sweep(const struct isw_saved_run *saved, const char *folder,
                                    const struct isw_overrides *overrides, struct isw_sweep **sweep,
                                    struct isw_error *error)
{
  const char *settings = isw_results_attribute(saved->results, "settings");
  if (!settings) return isw_error_set(error, ISW_BAD_INPUT, "%s: it has no attribute 'settings'", saved->path);
  char *own = NULL;
  enum isw_status status = folder ? ISW_OK : isw_absolute_folder_of(saved->path, &own, error);
  if (status == ISW_OK)
    status =
        isw_load_stored_sweep(saved->path, folder ? folder : own, settings, strlen(settings), overrides, sweep, error);
  free(own);
  return status;
}

enum isw_status isw_saved_run_open(const char *path, const char *folder, struct isw_saved_run *saved,
                                   struct isw_error *error)
{
  const struct isw_overrides none = {0};
  *saved = (struct isw_saved_run){.path = path};
  enum isw_status status = isw_results_open(path, &saved->results, error);
  if (status == ISW_OK) status = isw_results_check_bits(saved->results, error);
  if (status == ISW_OK) status = isw_saved_run_sweep(saved, folder, &none, &saved->sweep, error);
  if (status != ISW_OK) return status;
  if (isw_sweep_identity(saved->sweep) != isw_results_identity(saved->results) ||
      isw_sweep_networks(saved->sweep) != isw_results_networks(saved->results))
    return isw_error_set(error, ISW_BAD_INPUT,
                         "%s: its settings do not describe the same sweep here: the data have changed, or the file was "
                         "written by a version that reads them differently",
                         path);
  saved->probe_count = isw_sweep_probes(saved->sweep, &saved->probes);
  saved->quantities = isw_quantities(saved->probes, saved->probe_count);
  saved->real_bytes = isw_precision_bytes(isw_sweep_precision(saved->sweep));
  saved->keep = isw_sweep_weights(saved->sweep);
  return saved->quantities ? ISW_OK : isw_error_memory(error, saved->probe_count, "the file's quantities");
}

void isw_saved_run_close(struct isw_saved_run *saved)
{
  free(saved->quantities);
  isw_sweep_destroy(saved->sweep);
  isw_results_close(saved->results);
  *saved = (struct isw_saved_run){0};
}

enum isw_status isw_saved_run_network(const struct isw_saved_run *saved, uint64_t number, struct isw_finished *finished,
                                      struct isw_error *error)
{
  struct isw_network *network;
  const uint64_t *steps;
  enum isw_status status = isw_sweep_network(saved->sweep, number, &network, error);
  if (status != ISW_OK) return status;
  *finished = (struct isw_finished){.number = number,
                                    .records = (uint32_t)isw_sweep_schedule(saved->sweep, network->steps, &steps),
                                    .layers = (uint32_t)network->layers,
                                    .parameters = isw_parameters(network->layers, network->size, isw_parts_of(network)),
                                    .snapshots = (uint32_t)isw_sweep_snapshots(saved->sweep, network->steps, &steps)};
  isw_network_destroy(network);
  return isw_results_network(saved->results, saved->quantities, saved->probe_count, saved->real_bytes,
                             saved->keep.initial, saved->keep.final, finished, error);
}
