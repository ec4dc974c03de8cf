/* Writes an estimate of a run as JSON. */
#include <math.h>
#include "summary/summary_internal.h"

static enum isw_status write_sweep(struct isw_json *json, const struct isw_estimate *estimate)
{
  const struct isw_sweep *sweep = estimate->sweep;
  char identity[ISW_NUMBER_SIZE];
  snprintf(identity, sizeof identity, "%016llx", (unsigned long long)isw_sweep_identity(sweep));
  isw_json_text(json, "sweep", isw_sweep_name(sweep));
  isw_json_text(json, "identity", identity);
  isw_json_count(json, "seed", isw_sweep_seed(sweep));
  isw_json_text(json, "precision", estimate->precision == ISW_FLOAT64 ? "float64" : "float32");
  isw_json_count(json, "networks", isw_sweep_networks(sweep));
  isw_json_array(json, "grids", ISW_JSON_ROW);
  for (size_t grid = 0; grid < isw_sweep_grids(sweep); grid++) {
    isw_json_array(json, NULL, ISW_JSON_ROW);
    for (size_t axis = 0; axis < isw_sweep_axes(sweep, grid); axis++) {
      size_t values;
      isw_json_object(json, NULL, ISW_JSON_ROW);
      isw_json_text(json, "name", isw_sweep_axis(sweep, grid, axis, &values));
      isw_json_count(json, "values", values);
      isw_json_close(json);
    }
    isw_json_close(json);
  }
  isw_json_close(json);
  enum isw_status status = ISW_OK;
  isw_json_array(json, "datasets", ISW_JSON_LINES);
  for (size_t d = 0; d < isw_sweep_datasets(sweep) && status == ISW_OK; d++) status = isw_json_samples(json, sweep, d);
  isw_json_close(json);
  return status;
}

static void write_class(struct isw_json *json, const struct isw_pack_class *class)
{
  size_t rows;
  isw_json_object(json, NULL, ISW_JSON_ROW);
  isw_json_array(json, "sizes", ISW_JSON_ROW);
  for (size_t k = 0; k <= class->layers; k++) isw_json_count(json, NULL, class->size[k]);
  isw_json_close(json);
  isw_json_text(json, "activation", isw_activations(&rows)[class->activation].row.name);
  isw_json_text(json, "loss", isw_losses(&rows)[class->loss].row.name);
  isw_json_text(json, "optimizer", isw_optimizers(&rows)[class->optimizer].row.name);
  isw_json_count(json, "batch_size", class->samples);
  isw_json_count(json, "steps", class->steps);
  isw_json_count(json, "records", class->records);
  isw_json_count(json, "networks", class->networks);
  isw_json_count(json, "packs", class->packs);
  isw_json_text(json, "in_lanes", class->layout == ISW_UNITS_IN_LANES ? "units" : "networks");
  isw_json_number(json, "flops_per_network", class->flops);
  isw_json_number(json, "seconds_per_pack", class->cost);
  isw_json_close(json);
}

/* Writes memory and disk sizes; bytes are whole numbers. */
static void write_resources(struct isw_json *json, const struct isw_estimate *estimate)
{
  isw_json_number(json, "memory_bytes_per_rank", round(estimate->memory_bytes));
  isw_json_number(json, "memory_limit_bytes", estimate->memory.bytes);
  isw_json_text(json, "output", estimate->out);
  isw_json_number(json, "result_bytes_at_most", round(estimate->result_bytes));
  isw_json_number(json, "journal_bytes_at_most", round(estimate->journal_bytes));
  isw_json_number(json, "checkpoint_bytes_at_most", round(estimate->checkpoint_bytes));
  isw_json_count(json, "files_at_most", estimate->files);
  isw_json_number(json, "free_bytes", estimate->free_bytes);
}

enum isw_status isw_plan_write_json(const struct isw_estimate *estimate, bool all_classes, FILE *out,
                                    struct isw_error *error)
{
  struct isw_json json;
  isw_json_start(&json, out);
  isw_json_object(&json, NULL, ISW_JSON_LINES);
  if (write_sweep(&json, estimate) != ISW_OK) return isw_error_memory(error, 1, "the classes' samples");
  isw_json_count(&json, "packs", isw_packs_count(estimate->packs));
  isw_json_count(&json, "lanes", isw_lanes(estimate->precision));
  isw_json_count(&json, "unfilled_lanes", isw_packs_unfilled(estimate->packs));
  isw_json_number(&json, "parameters", estimate->parameters);
  isw_json_count(&json, "parameters_max", isw_sweep_parameters_max(estimate->sweep));
  isw_json_number(&json, "network_steps", estimate->network_steps);
  isw_json_number(&json, "flops", estimate->flops);
  isw_json_count(&json, "ranks", estimate->ranks);
  isw_json_count(&json, "threads", estimate->threads);
  write_resources(&json, estimate);
  isw_json_text(&json, "kernels", isw_kernels_name(estimate->kernels));
  isw_json_number(&json, "flops_per_second_per_thread", estimate->rate);
  isw_json_number(&json, "thread_seconds", estimate->thread_seconds);
  isw_json_number(&json, "load_seconds", estimate->load_seconds);
  isw_json_number(&json, "seconds_estimate", estimate->seconds);
  isw_json_count(&json, "classes", isw_packs_classes(estimate->packs));
  isw_json_array(&json, "largest_classes", ISW_JSON_LINES);
  for (size_t i = 0; i < isw_plan_classes_shown(estimate, all_classes); i++)
    write_class(&json, isw_packs_class(estimate->packs, i));
  isw_json_close(&json);
  isw_json_close(&json);
  return ISW_OK;
}
