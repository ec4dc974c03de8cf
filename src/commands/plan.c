/* initsweep plan: what `run` would do, by arithmetic on the sweep's classes. MPI does not start. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "initsweep/commands.h"
#include "initsweep/cost.h"
#include "initsweep/run.h"

enum { CLASSES_SHOWN = 8, ENTRY_BYTES = 96, HEADS_BYTES = 512 };
/* What is not measured on this machine, s: MPI's start and end; a network's way into the journal, and from there into the
 * results file; bytes of the results file in a second. */
static const double START_UP = 0.045, FINISH_NETWORK = 1.0e-6, GATHER_NETWORK = 1.0e-6, GATHER_RATE = 4e8;

struct plan {
  const char *file, *out;
  const struct isw_sweep *sweep;
  struct isw_packs *packs;
  const struct isw_probe *const *probes;
  size_t probe_count;
  const struct isw_kernels *kernels;
  enum isw_precision real;
  size_t ranks, threads;
  double parameters, flops, network_steps; /* sums over networks; flops with records */
  double memory;                           /* bytes a rank */
  double journal, result;                  /* bytes on disk, at most */
  size_t files;                            /* likewise */
  double free_space;                       /* NaN: unknown */
  double checkpoints;                      /* bytes on disk while it runs, at most */
  struct isw_cost_model model;
  const char *from; /* where the model is from */
  bool calibrate, all_classes;
  double thread_seconds, seconds; /* of one thread for all packs; of the run */
  double rate;                    /* FLOP/s of one thread */
};

/* The model of this machine: from the cache, or measured and put there. */
static enum isw_status find_model(struct plan *plan, struct isw_error *error)
{
  char *key = isw_cost_key(plan->kernels, plan->real), *file = key ? isw_cost_file(key) : NULL;
  enum isw_status status = key ? ISW_OK : isw_error_memory(error, 256, "the cost model's key");
  plan->from = "from the cache";
  if (status == ISW_OK && (plan->calibrate || !file || !isw_cost_load(file, key, &plan->model))) {
    status = isw_cost_calibrate(plan->kernels, plan->real, &plan->model, error);
    bool kept = status == ISW_OK && isw_cost_store(file, key, &plan->model);
    plan->from = kept ? "measured just now" : "measured just now, and not kept: the cache cannot be written";
  }
  free(file);
  free(key);
  return status;
}

static enum isw_status predict(struct plan *plan, struct isw_error *error)
{
  size_t classes = isw_packs_classes(plan->packs);
  enum isw_status status = find_model(plan, error);
  if (status != ISW_OK) return status;
  double *cost = isw_allocate(classes, sizeof *cost), sum = 0;
  if (!cost) return isw_error_memory(error, classes * sizeof *cost, "the packs' costs");
  for (size_t i = 0; i < classes; i++) {
    const struct isw_pack_class *class = isw_packs_class(plan->packs, i);
    cost[i] = isw_cost_pack(&plan->model, plan->sweep, plan->probes, plan->probe_count, class);
    sum += cost[i] * (double)class->packs;
  }
  isw_packs_order(plan->packs, cost);
  for (size_t i = 0; i < classes; i++) cost[i] = isw_packs_class(plan->packs, i)->cost;
  size_t workers = plan->ranks * plan->threads;
  double networks = (double)isw_sweep_networks(plan->sweep);
  plan->thread_seconds = sum + networks * FINISH_NETWORK;
  plan->rate = plan->thread_seconds > 0 ? plan->flops / plan->thread_seconds : 0;
  plan->seconds = START_UP + isw_cost_all(plan->packs, cost, workers) + networks * FINISH_NETWORK / (double)workers +
                  networks * GATHER_NETWORK + plan->result / GATHER_RATE;
  free(cost);
  return ISW_OK;
}

/* Bytes of one network's recorded values and weights. */
static double value_bytes(const struct plan *plan, size_t records, size_t layers, double parameters)
{
  double each = (double)isw_precision_bytes(plan->real), bytes = 0;
  for (size_t i = 0; i < plan->probe_count; i++)
    bytes += (double)isw_quantity_records(&plan->probes[i]->quantity, records) *
             (double)isw_quantity_width(&plan->probes[i]->quantity, layers, (size_t)parameters) *
             (plan->probes[i]->quantity.integer ? 4 : each);
  struct isw_keep_weights keep = isw_sweep_weights(plan->sweep);
  return bytes + parameters * each * ((double)keep.initial + (double)keep.final);
}

static double free_space(const char *out)
{
  struct statvfs disk;
  char *folder = isw_path_folder(out);
  bool known = folder && statvfs(folder, &disk) == 0;
  free(folder);
  return known ? (double)disk.f_bavail * (double)disk.f_frsize : NAN;
}

static enum isw_status compute(struct plan *plan, struct isw_error *error)
{
  const struct isw_sweep *sweep = plan->sweep;
  plan->real = isw_sweep_precision(sweep);
  plan->probe_count = isw_sweep_probes(sweep, &plan->probes);
  enum isw_status status = isw_kernels_choose(NULL, &plan->kernels, error);
  if (status == ISW_OK) status = isw_packs_create(sweep, isw_lanes(plan->real), &plan->packs, error);
  if (status != ISW_OK) return status;
  double largest = 0, kept = 0;
  for (size_t i = 0; i < isw_packs_classes(plan->packs); i++) {
    const struct isw_pack_class *class = isw_packs_class(plan->packs, i);
    double networks = (double)class->networks;
    double parameters = (double)isw_parameters(class->layers, class->size, class->branch_layers);
    plan->parameters += networks * parameters;
    plan->network_steps += networks * (double)class->steps;
    plan->flops += networks * (class->flops + isw_cost_record_flops(sweep, plan->probes, plan->probe_count, class));
    plan->journal += networks * (ENTRY_BYTES + value_bytes(plan, class->records, class->layers, parameters));
    uint64_t numbers[16];
    struct isw_network *network;
    isw_packs_networks(plan->packs, class->first_pack, numbers);
    status = isw_sweep_network(sweep, numbers[0], &network, error);
    if (status != ISW_OK) return status;
    double bytes = (double)isw_pack_bytes(network, isw_sweep_data(sweep, class->dataset), plan->real, class->records,
                                          plan->probes, plan->probe_count);
    if (bytes > largest) largest = bytes;
    size_t rows;
    double lanes = (double)isw_lanes(plan->real), arrays = 1 + (double)isw_optimizers(&rows)[class->optimizer].states;
    double state = lanes * (HEADS_BYTES + arrays * parameters * (double)isw_precision_bytes(plan->real) +
                            value_bytes(plan, class->records, class->layers, parameters));
    if (state > kept) kept = state;
    isw_network_destroy(network);
  }
  double networks = (double)isw_sweep_networks(sweep), samples = 0;
  for (size_t d = 0; d < isw_sweep_datasets(sweep); d++) {
    const struct isw_data *data = isw_sweep_data(sweep, d);
    samples += (double)(data->train_samples + data->test_samples) * (double)(data->features + data->targets);
  }
  plan->memory = largest * (double)plan->threads + samples * (8 + (double)isw_precision_bytes(plan->real)) + 32e6;
  plan->result = networks * (17 + 8 * (double)isw_sweep_columns(sweep) +
                             value_bytes(plan, isw_sweep_records_max(sweep), isw_sweep_layers_max(sweep),
                                         (double)isw_sweep_parameters_max(sweep)));
  uint64_t packs = isw_packs_count(plan->packs), workers = plan->ranks * plan->threads;
  /* one a pack under way, and each under a temporary name beside the one before it */
  plan->checkpoints = 2 * kept * (double)(packs < workers ? packs : workers);
  plan->files = plan->ranks + 1 + 2 * (size_t)(packs < workers ? packs : workers);
  plan->free_space = free_space(plan->out);
  return predict(plan, error);
}

static void print_sizes(const struct isw_pack_class *class, char *buffer, size_t room)
{
  size_t used = 0;
  for (size_t k = 0; k <= class->layers && used + 1 < room; k++) {
    bool skipped = class->layers > 8 && k > 3 && k < class->layers - 2; /* the middle of a deep network */
    if (skipped && k > 4) continue;
    int more = skipped ? snprintf(buffer + used, room - used, "-...")
                       : snprintf(buffer + used, room - used, "%s%zu", k ? "-" : "", class->size[k]);
    used += more > 0 ? (size_t)more : 0;
  }
}

static size_t classes_shown(const struct plan *plan)
{
  size_t count = isw_packs_classes(plan->packs);
  return plan->all_classes || count < CLASSES_SHOWN ? count : CLASSES_SHOWN;
}

static void print_classes(const struct plan *plan)
{
  size_t count = isw_packs_classes(plan->packs), shown = classes_shown(plan), rows;
  const struct isw_activation *activations = isw_activations(&rows);
  const struct isw_loss *losses = isw_losses(&rows);
  const struct isw_optimizer *optimizers = isw_optimizers(&rows);
  char a[ISW_NUMBER], b[ISW_NUMBER], c[ISW_NUMBER], size[64], batch[ISW_NUMBER];
  printf("\nclasses of packs, the most expensive first\n");
  printf("  %-24s %-11s %-20s %-9s %6s %8s %9s %9s %12s\n", "layer sizes", "activation", "loss", "optimizer", "batch",
         "steps", "networks", "packs", "FLOP/network");
  for (size_t i = 0; i < shown; i++) {
    const struct isw_pack_class *class = isw_packs_class(plan->packs, i);
    print_sizes(class, size, sizeof size);
    snprintf(batch, sizeof batch, class->batch_size ? "%zu" : "full", class->batch_size);
    printf("  %-24s %-11s %-20s %-9s %6s %8llu %9s %9s %12s\n", size, activations[class->activation].row.name,
           losses[class->loss].row.name, optimizers[class->optimizer].row.name, batch, (unsigned long long)class->steps,
           isw_si((double)class->networks, a), isw_si((double)class->packs, b), isw_si(class->flops, c));
  }
  if (shown < count) printf("  and %zu more\n", count - shown);
}

static void print_plan(const struct plan *plan)
{
  const struct isw_sweep *sweep = plan->sweep;
  char a[ISW_NUMBER], b[ISW_NUMBER], c[ISW_NUMBER];
  uint64_t packs = isw_packs_count(plan->packs);
  uint64_t unfilled = isw_packs_unfilled(plan->packs);
  printf("sweep        %s, seed %llu, %s\n", isw_sweep_name(sweep), (unsigned long long)isw_sweep_seed(sweep),
         plan->real == ISW_FLOAT64 ? "float64" : "float32");
  printf("networks     ");
  isw_print_grids(sweep);
  double lanes = (double)packs * (double)isw_lanes(plan->real);
  printf("\npacks        %llu of %zu networks, %llu places unfilled (%.1f %%)\n", (unsigned long long)packs,
         isw_lanes(plan->real), (unsigned long long)unfilled, lanes > 0 ? 100 * (double)unfilled / lanes : 0);
  printf("parameters   %s in all, at most %zu a network\n", isw_si(plan->parameters, a),
         isw_sweep_parameters_max(sweep));
  printf("work         %s network-steps, %sFLOP with the records\n", isw_si(plan->network_steps, a),
         isw_si(plan->flops, b));
  printf("memory       %s a rank of %zu thread%s\n", isw_bytes(plan->memory, a), plan->threads,
         plan->threads == 1 ? "" : "s");
  printf("disk         at most %s for %s (before compression), %s for the journal and %s for checkpoints, %zu files\n",
         isw_bytes(plan->result, a), plan->out, isw_bytes(plan->journal, b), isw_bytes(plan->checkpoints, c),
         plan->files);
  double need = plan->result + plan->journal + plan->checkpoints;
  if (isnan(plan->free_space))
    printf("free space   unknown: there is no such folder\n");
  else
    printf("free space   %s%s\n", isw_bytes(plan->free_space, a),
           need > plan->free_space ? ": NOT ENOUGH for all of it" : "");
  printf("time         about %s on %zu rank%s of %zu thread%s (estimate: %sFLOP/s a thread with %s kernels; cost model "
         "%s)\n",
         isw_duration(plan->seconds, a), plan->ranks, plan->ranks == 1 ? "" : "s", plan->threads,
         plan->threads == 1 ? "" : "s", isw_si(plan->rate, b), isw_kernels_name(plan->kernels), plan->from);
  print_classes(plan);
}

static void print_json(const struct plan *plan)
{
  const struct isw_sweep *sweep = plan->sweep;
  size_t rows, count = isw_packs_classes(plan->packs), shown = classes_shown(plan);
  const struct isw_activation *activations = isw_activations(&rows);
  const struct isw_loss *losses = isw_losses(&rows);
  const struct isw_optimizer *optimizers = isw_optimizers(&rows);
  printf("{\n  \"sweep\": ");
  isw_print_json_text(isw_sweep_name(sweep));
  printf(",\n  \"identity\": \"%016llx\",\n  \"seed\": %llu,\n  \"precision\": \"%s\",\n",
         (unsigned long long)isw_sweep_identity(sweep), (unsigned long long)isw_sweep_seed(sweep),
         plan->real == ISW_FLOAT64 ? "float64" : "float32");
  printf("  \"networks\": %llu,\n  \"grids\": [", (unsigned long long)isw_sweep_networks(sweep));
  for (size_t grid = 0; grid < isw_sweep_grids(sweep); grid++) {
    printf("%s[", grid ? ", " : "");
    for (size_t axis = 0; axis < isw_sweep_axes(sweep, grid); axis++) {
      size_t values;
      const char *name = isw_sweep_axis(sweep, grid, axis, &values);
      printf("%s{\"name\": ", axis ? ", " : "");
      isw_print_json_text(name);
      printf(", \"values\": %zu}", values);
    }
    printf("]");
  }
  printf("],\n  \"packs\": %llu,\n  \"lanes\": %zu,\n  \"unfilled_lanes\": %llu,\n",
         (unsigned long long)isw_packs_count(plan->packs), isw_lanes(plan->real),
         (unsigned long long)isw_packs_unfilled(plan->packs));
  printf("  \"parameters\": %.17g,\n  \"parameters_max\": %zu,\n", plan->parameters, isw_sweep_parameters_max(sweep));
  printf("  \"network_steps\": %.17g,\n  \"flops\": %.17g,\n", plan->network_steps, plan->flops);
  printf("  \"ranks\": %zu,\n  \"threads\": %zu,\n", plan->ranks, plan->threads);
  printf("  \"memory_bytes_per_rank\": %.0f,\n", plan->memory);
  printf("  \"output\": ");
  isw_print_json_text(plan->out);
  printf(",\n  \"result_bytes_at_most\": %.0f,\n  \"journal_bytes_at_most\": %.0f,\n  \"checkpoint_bytes_at_most\": "
         "%.0f,\n  \"files_at_most\": %zu,\n",
         plan->result, plan->journal, plan->checkpoints, plan->files);
  if (isnan(plan->free_space))
    printf("  \"free_bytes\": null,\n");
  else
    printf("  \"free_bytes\": %.0f,\n", plan->free_space);
  printf("  \"kernels\": \"%s\",\n  \"flops_per_second_per_thread\": %.6g,\n  \"thread_seconds\": %.6g,\n",
         isw_kernels_name(plan->kernels), plan->rate, plan->thread_seconds);
  printf("  \"seconds_estimate\": %.6g,\n  \"classes\": %zu,\n  \"largest_classes\": [", plan->seconds, count);
  for (size_t i = 0; i < shown; i++) {
    const struct isw_pack_class *class = isw_packs_class(plan->packs, i);
    printf("%s\n    {\"sizes\": [", i ? "," : "");
    for (size_t k = 0; k <= class->layers; k++) printf("%s%zu", k ? ", " : "", class->size[k]);
    printf("], \"activation\": \"%s\", \"loss\": \"%s\", \"optimizer\": \"%s\", \"batch_size\": %zu, \"steps\": %llu, "
           "\"records\": %zu, \"networks\": %llu, \"packs\": %llu, \"flops_per_network\": %.17g, "
           "\"seconds_per_pack\": %.6g}",
           activations[class->activation].row.name, losses[class->loss].row.name, optimizers[class->optimizer].row.name,
           class->samples, (unsigned long long)class->steps, class->records, (unsigned long long)class->networks,
           (unsigned long long)class->packs, class->flops, class->cost);
  }
  printf("\n  ]\n}\n");
}

/* What the command line asks for. */
struct request {
  struct plan plan;
  struct isw_overrides overrides;
  bool json;
};

static int take(void *state, int code, const char *argument)
{
  struct request *request = state;
  struct plan *plan = &request->plan;
  switch (code) {
  case 'o': plan->out = argument; break;
  case 's': return isw_overrides_add(&request->overrides, argument) ? 0 : ISW_FAILED;
  case 'r': return (plan->ranks = isw_positive("plan", "--ranks", argument)) ? 0 : ISW_BAD_INPUT;
  case 't': return (plan->threads = isw_positive("plan", "--threads", argument)) ? 0 : ISW_BAD_INPUT;
  case 'a': plan->all_classes = true; break;
  case 'c': plan->calibrate = true; break;
  default: request->json = true; break;
  }
  return 0;
}

static int run(int argc, char **argv)
{
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  struct request request = {.plan = {.ranks = 1, .threads = processors > 0 ? (size_t)processors : 1}};
  struct plan *plan = &request.plan;
  struct isw_error error = {0};
  struct isw_sweep *sweep = NULL;
  struct isw_text out = {0};
  int result;
  if (isw_read_words(&isw_command_plan, argc, argv, take, &request, &plan->file, &result)) {
    enum isw_status status = isw_open_sweep(plan->file, &request.overrides, &sweep, &error);
    if (status == ISW_OK) {
      plan->sweep = sweep;
      isw_text_add(&out, "%s.h5", isw_sweep_name(sweep));
      if (!plan->out) plan->out = out.bytes ? out.bytes : "";
      status = compute(plan, &error);
    }
    if (status != ISW_OK)
      result = isw_say_error(status, &error);
    else if (request.json)
      print_json(plan);
    else
      print_plan(plan);
  }
  if (plan->packs) isw_packs_destroy(plan->packs);
  isw_sweep_destroy(sweep);
  isw_text_clear(&out);
  free(request.overrides.text);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {
    ISW_OPTION_OUTPUT,
    ISW_OPTION_SET,
    {.name = "ranks", .code = 'r', .argument = "R", .about = "MPI ranks (default 1)"},
    {.name = "threads",
     .code = 't',
     .argument = "T",
     .about = "worker threads of a rank (default: the processors of this machine)"},
    {.name = "calibrate", .code = 'c', .about = "measures the cost model of this machine anew"},
    {.name = "classes", .code = 'a', .about = "shows all classes of packs, not the eight most expensive"},
    ISW_OPTION_JSON,
    {0},
};
static const char *const examples[] = {
    "initsweep plan sweep.yaml", "initsweep plan sweep.yaml --ranks 16 --threads 32",
    "initsweep plan sweep.yaml --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"networks\"])'",
    NULL};

const struct isw_command isw_command_plan = {
    .name = "plan",
    .argument = "SWEEP",
    .wants = "one sweep file",
    .offers = ISW_COMPLETE_SWEEP,
    .summary = "networks, packs, FLOPs, memory, disk and time, without training",
    .about = "Says what `initsweep run` would do: networks, packs, parameters, FLOPs, memory, bytes and files on disk "
             "against the free space, and an estimate of the time by a cost model of this machine. The first time, it "
             "measures the model (some seconds) and keeps it in $XDG_CACHE_HOME/initsweep, or ~/.cache/initsweep; on a "
             "busy machine, measure it again later with --calibrate.",
    .options = options,
    .examples = examples,
    .run = run,
};
