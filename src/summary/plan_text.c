/* Writes an estimate of a run as text for people. */
#include <math.h>
#include <string.h>
#include "summary/summary_internal.h"

enum { SIZES_SIZE = 64 };

size_t isw_plan_classes_shown(const struct isw_estimate *estimate, bool all_classes)
{
  size_t count = isw_packs_classes(estimate->packs);
  return all_classes || count < ISW_CLASSES_SHOWN ? count : ISW_CLASSES_SHOWN;
}

static const char *plural(size_t count)
{
  return count == 1 ? "" : "s";
}

/* Layer sizes such as "784-256-256-10"; the middle layers of a deep network are left out. */
static void format_sizes(const struct isw_pack_class *class, char *buffer)
{
  size_t used = 0;
  for (size_t k = 0; k <= class->layers && used + 1 < SIZES_SIZE; k++) {
    bool skipped = class->layers > 8 && k > 3 && k < class->layers - 2;
    if (skipped && k > 4) continue;
    int more = skipped ? snprintf(buffer + used, SIZES_SIZE - used, "-...")
                       : snprintf(buffer + used, SIZES_SIZE - used, "%s%zu", k ? "-" : "", class->size[k]);
    used += more > 0 ? (size_t)more : 0;
  }
}

/* Packs with units in lanes, of one network each. */
static uint64_t single_packs(const struct isw_estimate *estimate)
{
  uint64_t packs = 0;
  for (size_t i = 0; i < isw_packs_classes(estimate->packs); i++) {
    const struct isw_pack_class *class = isw_packs_class(estimate->packs, i);
    if (class->layout == ISW_UNITS_IN_LANES) packs += class->packs;
  }
  return packs;
}

static int wider(int width, const char *name)
{
  int length = (int)strlen(name);
  return length > width ? length : width;
}

static void write_classes(const struct isw_estimate *estimate, bool all_classes, FILE *out)
{
  size_t count = isw_packs_classes(estimate->packs), shown = isw_plan_classes_shown(estimate, all_classes), rows;
  const struct isw_activation *activations = isw_activations(&rows);
  const struct isw_loss *losses = isw_losses(&rows);
  const struct isw_optimizer *optimizers = isw_optimizers(&rows);
  char a[ISW_NUMBER_SIZE], b[ISW_NUMBER_SIZE], c[ISW_NUMBER_SIZE], sizes[SIZES_SIZE], batch[ISW_NUMBER_SIZE];
  int width[] = {11, 20, 9}; /* of names */
  for (size_t i = 0; i < shown; i++) {
    const struct isw_pack_class *class = isw_packs_class(estimate->packs, i);
    width[0] = wider(width[0], activations[class->activation].row.name);
    width[1] = wider(width[1], losses[class->loss].row.name);
    width[2] = wider(width[2], optimizers[class->optimizer].row.name);
  }
  fprintf(out, "\nclasses of packs, the most expensive first\n");
  bool layouts = single_packs(estimate) > 0;
  fprintf(out, "  %-24s %-*s %-*s %-*s %6s %8s %9s %9s %12s%s\n", "layer sizes", width[0], "activation", width[1],
          "loss", width[2], "optimizer", "batch", "steps", "networks", "packs", "FLOP/network",
          layouts ? "  in lanes" : "");
  for (size_t i = 0; i < shown; i++) {
    const struct isw_pack_class *class = isw_packs_class(estimate->packs, i);
    format_sizes(class, sizes);
    snprintf(batch, sizeof batch, class->batch_size ? "%zu" : "full", class->batch_size);
    const char *in_lanes = class->layout == ISW_UNITS_IN_LANES ? "  units" : "  networks";
    fprintf(out, "  %-24s %-*s %-*s %-*s %6s %8llu %9s %9s %12s%s\n", sizes, width[0],
            activations[class->activation].row.name, width[1], losses[class->loss].row.name, width[2],
            optimizers[class->optimizer].row.name, batch, (unsigned long long)class->steps,
            isw_format_si((double)class->networks, a), isw_format_si((double)class->packs, b),
            isw_format_si(class->flops, c), layouts ? in_lanes : "");
  }
  if (shown < count) fprintf(out, "  and %zu more\n", count - shown);
}

static void write_work(const struct isw_estimate *estimate, FILE *out)
{
  char a[ISW_NUMBER_SIZE], b[ISW_NUMBER_SIZE];
  uint64_t single = single_packs(estimate), idle = isw_packs_unfilled(estimate->packs);
  uint64_t packs = isw_packs_count(estimate->packs) - single;
  double lanes = (double)packs * (double)isw_lanes(estimate->precision);
  fprintf(out, "packs        ");
  if (packs > 0 || single == 0)
    fprintf(out, "%llu of %zu networks, %llu idle lanes (%.1f %%)%s", (unsigned long long)packs,
            isw_lanes(estimate->precision), (unsigned long long)idle, lanes > 0 ? 100 * (double)idle / lanes : 0,
            single > 0 ? "; " : "\n");
  if (single > 0) fprintf(out, "%llu of one network, units in lanes\n", (unsigned long long)single);
  fprintf(out, "parameters   %s in all, at most %zu per network\n", isw_format_si(estimate->parameters, a),
          isw_sweep_parameters_max(estimate->sweep));
  fprintf(out, "work         %s network-steps, %sFLOP with the records\n", isw_format_si(estimate->network_steps, a),
          isw_format_si(estimate->flops, b));
}

/* Whether this machine can hold one rank, and all of them. */
static void write_memory(const struct isw_estimate *estimate, FILE *out)
{
  char a[ISW_NUMBER_SIZE], b[ISW_NUMBER_SIZE];
  double all = estimate->memory_bytes * (double)estimate->ranks;
  fprintf(out, "memory       %s per rank of %zu thread%s", isw_format_bytes(estimate->memory_bytes, a),
          estimate->threads, plural(estimate->threads));
  if (isfinite(estimate->memory.bytes))
    fprintf(out, "; %s %s", estimate->memory.is_group ? "this job or container may use" : "this machine has",
            isw_format_bytes(estimate->memory.bytes, b));
  if (estimate->memory_bytes > estimate->memory.bytes)
    fprintf(out, ": NOT ENOUGH for one rank");
  else if (all > estimate->memory.bytes)
    fprintf(out, ": NOT ENOUGH for all %zu ranks on one such machine", estimate->ranks);
  fprintf(out, "\n");
}

static void write_resources(const struct isw_estimate *estimate, FILE *out)
{
  char a[ISW_NUMBER_SIZE], b[ISW_NUMBER_SIZE], c[ISW_NUMBER_SIZE];
  write_memory(estimate, out);
  isw_print(
      out,
      "disk         at most %s for %s (before compression), %s for the journal and %s for checkpoints, %zu files\n",
      isw_format_bytes(estimate->result_bytes, a), estimate->out, isw_format_bytes(estimate->journal_bytes, b),
      isw_format_bytes(estimate->checkpoint_bytes, c), estimate->files);
  double need = estimate->result_bytes + estimate->journal_bytes + estimate->checkpoint_bytes;
  if (isnan(estimate->free_bytes))
    fprintf(out, "free space   unknown: there is no such folder\n");
  else
    fprintf(out, "free space   %s%s\n", isw_format_bytes(estimate->free_bytes, a),
            need > estimate->free_bytes ? ": NOT ENOUGH for all of it" : "");
}

static void write_time(const struct isw_estimate *estimate, FILE *out)
{
  static const char *const sources[] = {[ISW_COST_CACHED] = "from the cache",
                                        [ISW_COST_MEASURED] = "measured just now",
                                        [ISW_COST_NOT_STORED] =
                                            "measured just now, and not kept: the cache cannot be written"};
  char a[ISW_NUMBER_SIZE], b[ISW_NUMBER_SIZE];
  fprintf(out,
          "time         about %s on %zu rank%s of %zu thread%s (estimate: %sFLOP/s per thread with %s kernels; cost "
          "model %s)\n",
          isw_format_duration(estimate->seconds, a), estimate->ranks, plural(estimate->ranks), estimate->threads,
          plural(estimate->threads), isw_format_si(estimate->rate, b), isw_kernels_name(estimate->kernels),
          sources[estimate->model_source]);
}

static enum isw_status write_samples(const struct isw_sweep *sweep, FILE *out)
{
  size_t count = isw_sweep_datasets(sweep);
  enum isw_status status = ISW_OK;
  for (size_t d = 0; d < count && d < ISW_DATASETS_SHOWN && status == ISW_OK; d++) {
    struct isw_text text = {0};
    status = isw_text_add_samples(&text, sweep, d);
    if (status == ISW_OK) isw_print(out, "%-13s%s\n", d ? "" : "samples", text.bytes);
    isw_text_clear(&text);
  }
  if (count > ISW_DATASETS_SHOWN && status == ISW_OK)
    fprintf(out, "%-13sand %zu more datasets\n", "", count - ISW_DATASETS_SHOWN);
  return status;
}

enum isw_status isw_plan_write_text(const struct isw_estimate *estimate, bool all_classes, FILE *out,
                                    struct isw_error *error)
{
  const struct isw_sweep *sweep = estimate->sweep;
  struct isw_text grids = {0};
  enum isw_status status = isw_text_add_grids(&grids, sweep);
  if (status == ISW_OK) {
    isw_print(out, "sweep        %s, seed %llu, %s\n", isw_sweep_name(sweep), (unsigned long long)isw_sweep_seed(sweep),
              estimate->precision == ISW_FLOAT64 ? "float64" : "float32");
    isw_print(out, "networks     %s\n", grids.bytes);
    status = write_samples(sweep, out);
  }
  if (status == ISW_OK) {
    write_work(estimate, out);
    write_resources(estimate, out);
    write_time(estimate, out);
    write_classes(estimate, all_classes, out);
  } else {
    status = isw_error_memory(error, 1, "a line of text");
  }
  isw_text_clear(&grids);
  return status;
}
