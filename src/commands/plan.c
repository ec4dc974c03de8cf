/* initsweep plan: what `run` would do, by arithmetic on the sweep's classes, without training (but for a short
 * measurement of speed). MPI does not start. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include "initsweep/commands.h"
#include "training.h"

enum { CLASSES_SHOWN = 8, ENTRY_BYTES = 96 };
static const double PATIENCE = 1.0; /* s, for measuring classes */
/* Bytes of the results file that rank 0 gathers and compresses in a second. */
static const double GATHER_RATE = 1e8;
/* Where nothing is measured: a thread with 512-bit registers on small networks. Replaced by the measurement. */
static const double ASSUMED_RATE = 1e10;

struct plan {
  const char *file, *out;
  const struct isw_sweep *sweep;
  struct isw_packs *packs;
  const struct isw_probe **probes;
  size_t probe_count;
  const struct isw_kernels *kernels;
  enum isw_real real;
  size_t ranks, threads;
  double parameters, flops, network_steps; /* sums over networks; flops with records */
  double memory;                           /* bytes a rank */
  double journal, result;                  /* bytes on disk, at most */
  double free_space;                       /* NaN: unknown */
  double rate;                             /* FLOP/s of one thread */
  bool measured;
  double seconds;
};

static double now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time); /* of this thread: others must not count */
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Forward passes alone are a third of a step, without what the step saves in the first layer. */
static double forward_flops(const struct isw_pack_class *class, size_t samples)
{
  double weights = 0;
  for (size_t k = 0; k < class->layers; k++) weights += (double)class->size[k] * (double)class->size[k + 1];
  return 2 * (double)samples * weights;
}

/* FLOPs of the record number `record` of one network: passes, and what its probes do. */
static double one_record_flops(const struct plan *plan, const struct isw_pack_class *class, const bool *const *due,
                               size_t record)
{
  const struct isw_data *data = isw_sweep_data(plan->sweep, class->dataset);
  unsigned needs = 0;
  double own = 0;
  for (size_t i = 0; i < plan->probe_count; i++) {
    const struct isw_probe *probe = plan->probes[i];
    bool shared = false; /* what probes have in common is done once, and is nearly all of their work */
    if (due[i] && !due[i][record]) continue;
    for (size_t before = 0; before < i; before++)
      shared |= (!due[before] || due[before][record]) && isw_probes_share(plan->probes[before], probe);
    needs |= probe->needs;
    if (probe->flops && !shared)
      own += probe->flops(class->layers, class->size, data->train_samples, data->test_samples);
  }
  if (needs & ISW_NEEDS_GRADIENT)
    own += isw_step_flops(class->layers, class->size, class->branch_layers, data->train_samples);
  else if (needs & (ISW_NEEDS_TRAIN | ISW_NEEDS_TRAIN_UNITS))
    own += forward_flops(class, data->train_samples);
  if (needs & ISW_NEEDS_TEST) own += forward_flops(class, data->test_samples);
  return own;
}

/* FLOPs of the records of one network. */
static double record_flops(const struct plan *plan, const struct isw_pack_class *class)
{
  const bool **due = isw_allocate(plan->probe_count, sizeof *due);
  bool own_schedule = false;
  double flops = 0;
  for (size_t i = 0; due && i < plan->probe_count; i++) {
    due[i] = isw_sweep_due(plan->sweep, class->steps, i);
    own_schedule |= due[i] != NULL;
  }
  if (due && own_schedule)
    for (size_t r = 0; r < class->records; r++) flops += one_record_flops(plan, class, due, r);
  else if (due)
    flops = (double)class->records * one_record_flops(plan, class, due, 0);
  free(due);
  return flops;
}

/* A pack of a class, made and trained for some steps with a record at each end. Seconds of this thread; false: it could not be. */
static bool try_pack(const struct plan *plan, const struct isw_pack_class *class, const struct isw_samples *samples,
                     uint64_t steps, double *create, double *train)
{
  struct isw_network *networks[16] = {NULL};
  struct isw_pack *pack = NULL;
  struct isw_team *team = isw_team_create(1);
  uint64_t numbers[16], schedule[2] = {0, steps};
  size_t count = isw_packs_networks(plan->packs, class->first_pack, numbers);
  atomic_int never = 0;
  bool ready = team != NULL;
  double start = now();
  for (size_t i = 0; ready && i < count; i++) {
    ready = isw_sweep_network(plan->sweep, numbers[i], &networks[i], NULL) == ISW_OK;
    if (ready) networks[i]->steps = steps;
  }
  struct isw_pack_settings settings = {.kernels = plan->kernels,
                                       .samples = samples,
                                       .real = plan->real,
                                       .count = count,
                                       .networks = (const struct isw_network *const *)networks,
                                       .records = 2,
                                       .record_steps = schedule,
                                       .probe_count = plan->probe_count,
                                       .probes = plan->probes};
  ready = ready && isw_pack_create(&settings, &pack, NULL) == ISW_OK;
  double middle = now();
  ready = ready && isw_pack_train(pack, team, 0, &never) == ISW_OK;
  *create = middle - start;
  *train = now() - middle;
  if (pack) isw_pack_destroy(pack);
  for (size_t i = 0; i < count; i++)
    if (networks[i]) isw_network_destroy(networks[i]);
  if (team) isw_team_destroy(team);
  return ready;
}

/* Seconds that a pack of the class takes one thread: its making, its steps and its records, from a short and a longer training
 * with a record at each end. 0: not measured. */
static double measure(const struct plan *plan, const struct isw_pack_class *class)
{
  const double some = 3e7, too_much = 1e11; /* FLOPs: a millisecond, some seconds */
  const size_t too_large = (size_t)512 << 20;
  double step = class->steps > 0 ? class->flops / (double)class->steps * (double)isw_lanes(plan->real) : 0;
  const struct isw_data *data = isw_sweep_data(plan->sweep, class->dataset);
  if (!(step > 0) || step > too_much || data->train_samples > 1000000) return 0;
  uint64_t few = step < some ? (uint64_t)(some / step) + 1 : 1;
  if (few > 2000) few = 2000;
  size_t losses, records = class->records < 2 ? 2 : class->records;
  struct isw_samples *samples = NULL;
  struct isw_network *network = NULL;
  uint64_t numbers[16];
  double create = 0, less = 0, more = 0, again = 0, seconds = 0;
  isw_packs_networks(plan->packs, class->first_pack, numbers);
  bool ready = isw_sweep_network(plan->sweep, numbers[0], &network, NULL) == ISW_OK &&
               isw_pack_bytes(network, data, plan->real, 2, plan->probes, plan->probe_count) < too_large &&
               isw_samples_create(data, &isw_losses(&losses)[class->loss], plan->real, &samples, NULL) == ISW_OK &&
               try_pack(plan, class, samples, few, &create, &less) &&
               try_pack(plan, class, samples, few, &create, &again) &&
               try_pack(plan, class, samples, 5 * few, &create, &more);
  if (ready) {
    if (again < less) less = again; /* the first one has met cold caches */
    double of_step = (more - less) / (4 * (double)few), of_record = (less - (double)few * of_step) / 2;
    if (of_record < 0) of_record = 0;
    seconds = create + of_record * (double)records + of_step * (double)class->steps;
  }
  if (network) isw_network_destroy(network);
  if (samples) isw_samples_destroy(samples);
  return seconds > 0 ? seconds : 0;
}

static double class_flops(const struct plan *plan, size_t i)
{
  const struct isw_pack_class *class = isw_packs_class(plan->packs, i);
  return (double)class->networks * (class->flops + record_flops(plan, class));
}

/* Time of one thread for all packs: classes are measured, those with most FLOPs first, as long as there is patience; the others
 * are taken to run at the rate of the measured ones. */
static void measure_classes(struct plan *plan)
{
  size_t classes = isw_packs_classes(plan->packs);
  bool *done = isw_allocate(classes, sizeof *done);
  double flops = 0, seconds = 0, begin = now();
  for (size_t n = 0; done && n < classes && now() - begin < PATIENCE; n++) {
    size_t best = classes;
    for (size_t i = 0; i < classes; i++)
      if (!done[i] && (best == classes || class_flops(plan, i) > class_flops(plan, best))) best = i;
    done[best] = true;
    const struct isw_pack_class *class = isw_packs_class(plan->packs, best);
    double pack = measure(plan, class);
    if (pack > 0) {
      flops += class_flops(plan, best);
      seconds += pack * (double)class->packs;
    }
  }
  free(done);
  plan->measured = seconds > 0 && flops > 0;
  plan->rate = plan->measured ? flops / seconds : ASSUMED_RATE;
}

/* Bytes of one network's recorded values and weights. */
static double value_bytes(const struct plan *plan, size_t records, size_t layers, double parameters)
{
  double each = (double)isw_real_bytes(plan->real), bytes = 0;
  for (size_t i = 0; i < plan->probe_count; i++)
    bytes += (plan->probes[i]->once ? 1 : (double)records) * (plan->probes[i]->per_layer ? (double)layers : 1) *
             (plan->probes[i]->whole ? 4 : each);
  struct isw_keep_weights keep = isw_sweep_weights(plan->sweep);
  return bytes + parameters * each * ((double)keep.initial + (double)keep.final);
}

static double free_space(const char *out)
{
  struct statvfs disk;
  char *slash = strrchr(out, '/');
  char *folder = slash ? strndup(out, slash == out ? 1 : (size_t)(slash - out)) : strdup(".");
  bool known = folder && statvfs(folder, &disk) == 0;
  free(folder);
  return known ? (double)disk.f_bavail * (double)disk.f_frsize : NAN;
}

static enum isw_status compute(struct plan *plan, struct isw_error *error)
{
  const struct isw_sweep *sweep = plan->sweep;
  plan->real = isw_sweep_real(sweep);
  plan->probes = isw_chosen_probes(sweep, &plan->probe_count);
  if (!plan->probes) return isw_error_memory(error, 64, "the probes");
  enum isw_status status = isw_kernels_choose(NULL, &plan->kernels, error);
  if (status == ISW_OK) status = isw_packs_create(sweep, isw_lanes(plan->real), &plan->packs, error);
  if (status != ISW_OK) return status;
  double largest = 0;
  for (size_t i = 0; i < isw_packs_classes(plan->packs); i++) {
    const struct isw_pack_class *class = isw_packs_class(plan->packs, i);
    double networks = (double)class->networks;
    double parameters = (double)isw_parameters(class->layers, class->size, class->branch_layers);
    plan->parameters += networks * parameters;
    plan->network_steps += networks * (double)class->steps;
    plan->flops += networks * (class->flops + record_flops(plan, class));
    plan->journal += networks * (ENTRY_BYTES + value_bytes(plan, class->records, class->layers, parameters));
    uint64_t numbers[16];
    struct isw_network *network;
    isw_packs_networks(plan->packs, class->first_pack, numbers);
    status = isw_sweep_network(sweep, numbers[0], &network, error);
    if (status != ISW_OK) return status;
    double bytes = (double)isw_pack_bytes(network, isw_sweep_data(sweep, class->dataset), plan->real, class->records,
                                          plan->probes, plan->probe_count);
    if (bytes > largest) largest = bytes;
    isw_network_destroy(network);
  }
  double networks = (double)isw_sweep_networks(sweep), samples = 0;
  for (size_t d = 0; d < isw_sweep_datasets(sweep); d++) {
    const struct isw_data *data = isw_sweep_data(sweep, d);
    samples += (double)(data->train_samples + data->test_samples) * (double)(data->features + data->targets);
  }
  plan->memory = largest * (double)plan->threads + samples * (8 + (double)isw_real_bytes(plan->real)) + 32e6;
  plan->result = networks * (17 + 8 * (double)isw_sweep_columns(sweep) +
                             value_bytes(plan, isw_sweep_records_max(sweep), isw_sweep_layers_max(sweep),
                                         (double)isw_sweep_parameters_max(sweep)));
  plan->free_space = free_space(plan->out);
  measure_classes(plan);
  plan->seconds = plan->flops / (plan->rate * (double)plan->ranks * (double)plan->threads) + plan->result / GATHER_RATE;
  return ISW_OK;
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

static void print_classes(const struct plan *plan)
{
  size_t count = isw_packs_classes(plan->packs), shown = count < CLASSES_SHOWN ? count : CLASSES_SHOWN, rows;
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
  char a[ISW_NUMBER], b[ISW_NUMBER];
  uint64_t packs = isw_packs_count(plan->packs);
  uint64_t unfilled = isw_packs_unfilled(plan->packs);
  printf("sweep        %s, seed %llu, %s\n", isw_sweep_name(sweep), (unsigned long long)isw_sweep_seed(sweep),
         plan->real == ISW_REAL64 ? "float64" : "float32");
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
  printf("disk         at most %s for %s (before compression) and %s for the journal, %zu file%s\n",
         isw_bytes(plan->result, a), plan->out, isw_bytes(plan->journal, b), plan->ranks + 1, plan->ranks ? "s" : "");
  double need = plan->result + plan->journal;
  if (isnan(plan->free_space))
    printf("free space   unknown: there is no such folder\n");
  else
    printf("free space   %s%s\n", isw_bytes(plan->free_space, a),
           need > plan->free_space ? ": NOT ENOUGH for all of it" : "");
  printf("time         about %s on %zu rank%s of %zu thread%s (estimate: %sFLOP/s a thread, %s, %s kernels)\n",
         isw_duration(plan->seconds, a), plan->ranks, plan->ranks == 1 ? "" : "s", plan->threads,
         plan->threads == 1 ? "" : "s", isw_si(plan->rate, b), plan->measured ? "measured here just now" : "assumed",
         isw_kernels_name(plan->kernels));
  print_classes(plan);
}

static void print_json(const struct plan *plan)
{
  const struct isw_sweep *sweep = plan->sweep;
  size_t rows, count = isw_packs_classes(plan->packs);
  const struct isw_activation *activations = isw_activations(&rows);
  const struct isw_loss *losses = isw_losses(&rows);
  const struct isw_optimizer *optimizers = isw_optimizers(&rows);
  printf("{\n  \"sweep\": ");
  isw_print_json_text(isw_sweep_name(sweep));
  printf(",\n  \"identity\": \"%016llx\",\n  \"seed\": %llu,\n  \"precision\": \"%s\",\n",
         (unsigned long long)isw_sweep_identity(sweep), (unsigned long long)isw_sweep_seed(sweep),
         plan->real == ISW_REAL64 ? "float64" : "float32");
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
  printf(",\n  \"result_bytes_at_most\": %.0f,\n  \"journal_bytes_at_most\": %.0f,\n  \"files_at_most\": %zu,\n",
         plan->result, plan->journal, plan->ranks + 1);
  if (isnan(plan->free_space))
    printf("  \"free_bytes\": null,\n");
  else
    printf("  \"free_bytes\": %.0f,\n", plan->free_space);
  printf("  \"kernels\": \"%s\",\n  \"flops_per_second_per_thread\": %.6g,\n  \"speed_measured\": %s,\n",
         isw_kernels_name(plan->kernels), plan->rate, plan->measured ? "true" : "false");
  printf("  \"seconds_estimate\": %.6g,\n  \"classes\": %zu,\n  \"largest_classes\": [", plan->seconds, count);
  for (size_t i = 0; i < count && i < CLASSES_SHOWN; i++) {
    const struct isw_pack_class *class = isw_packs_class(plan->packs, i);
    printf("%s\n    {\"sizes\": [", i ? "," : "");
    for (size_t k = 0; k <= class->layers; k++) printf("%s%zu", k ? ", " : "", class->size[k]);
    printf("], \"activation\": \"%s\", \"loss\": \"%s\", \"optimizer\": \"%s\", \"batch_size\": %zu, \"steps\": %llu, "
           "\"records\": %zu, \"networks\": %llu, \"packs\": %llu, \"flops_per_network\": %.17g}",
           activations[class->activation].row.name, losses[class->loss].row.name, optimizers[class->optimizer].row.name,
           class->samples, (unsigned long long)class->steps, class->records, (unsigned long long)class->networks,
           (unsigned long long)class->packs, class->flops);
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
  free(plan->probes);
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
    .about =
        "Says what `initsweep run` would do: networks, packs, parameters, FLOPs, memory, bytes and files on disk "
        "against the free space, and an estimate of the time. Trains nothing but a few steps to measure the speed.",
    .options = options,
    .examples = examples,
    .run = run,
};
