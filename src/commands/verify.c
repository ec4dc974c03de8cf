/* initsweep verify: trains networks of a results file again, from the settings in the file, and compares every stored bit. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "initsweep/commands.h"
#include "initsweep/run.h"

enum { SAMPLE = 16, SHOWN = 10 };

struct verify {
  struct isw_stored stored;
  struct isw_training training;
  bool all;
  uint64_t jobs;         /* packs where all, else networks of the sample */
  uint64_t *sample;      /* [jobs] */
  uint64_t *trained;     /* a bit a network that the file has; NULL: all */
  pthread_mutex_t mutex; /* guards all below, and the file: HDF5 knows no threads */
  uint64_t next, same, missing, different;
  enum isw_status status;
  struct isw_error error;
};

/* Where two values differ first, for a person. */
static void say_difference(const struct verify *v, const struct isw_finished *file, const struct isw_finished *again)
{
  fprintf(stderr, "initsweep: network %llu differs: ", (unsigned long long)file->number);
  if (file->id != again->id)
    fprintf(stderr, "identity %016llx, not %016llx\n", (unsigned long long)file->id, (unsigned long long)again->id);
  else if (file->status != again->status || file->steps_done != again->steps_done)
    fprintf(stderr, "status %u after %llu steps, not %u after %llu\n", file->status,
            (unsigned long long)file->steps_done, again->status, (unsigned long long)again->steps_done);
  else {
    struct isw_record_layout layout = {.records = file->records,
                                       .layers = file->layers,
                                       .parameters = (size_t)file->parameters,
                                       .real_bytes = v->stored.real_bytes};
    for (size_t q = 0; q < v->stored.probe_count; q++) {
      const struct isw_quantity *quantity = &v->stored.quantities[q];
      struct isw_record_place place = isw_record_layout_add(&layout, quantity);
      for (size_t n = 0; n < place.records * place.width; n++) {
        size_t offset = place.offset + n * place.item;
        if (memcmp((const char *)file->values + offset, (const char *)again->values + offset, place.item) != 0) {
          fprintf(stderr, "%s at record %zu, %s %zu\n", quantity->name, n / place.width,
                  quantity->per_parameter ? "number" : "layer", n % place.width + 1);
          return;
        }
      }
    }
    fprintf(stderr, "weights\n");
  }
}

static bool equal_weights(const struct verify *v, const struct isw_finished *file, const void *a, const void *b)
{
  return !a || (b && memcmp(a, b, file->parameters * v->stored.real_bytes) == 0);
}

/* With the mutex held. */
static enum isw_status compare(struct verify *v, const struct isw_finished *again)
{
  struct isw_finished file;
  enum isw_status status = isw_stored_network(&v->stored, again->number, &file, &v->error);
  if (status != ISW_OK) return status;
  if (file.status == ISW_MISSING || file.status == ISW_SKIPPED) {
    v->missing++;
    return ISW_OK;
  }
  bool same = file.id == again->id && file.status == again->status && file.steps_done == again->steps_done &&
              file.values_bytes == again->values_bytes && file.parameters == again->parameters &&
              memcmp(file.values, again->values, file.values_bytes) == 0 &&
              equal_weights(v, &file, file.weights_initial, again->weights_initial) &&
              equal_weights(v, &file, file.weights_final, again->weights_final);
  if (same)
    v->same++;
  else if (v->different++ < SHOWN)
    say_difference(v, &file, again);
  return ISW_OK;
}

static void *work(void *context)
{
  struct verify *v = context;
  struct isw_team *alone = isw_team_create(1);
  atomic_int never;
  atomic_init(&never, 0);
  pthread_mutex_lock(&v->mutex);
  if (!alone) v->status = isw_error_memory(&v->error, 64, "a thread");
  while (v->status == ISW_OK && v->next < v->jobs) {
    uint64_t job = v->next++, numbers[ISW_LANES_MAX];
    pthread_mutex_unlock(&v->mutex);
    struct isw_error error = {0};
    struct isw_training_pack made = {0};
    size_t count = 1;
    if (v->all)
      count = isw_packs_networks(v->training.packs, job, numbers);
    else
      numbers[0] = v->sample[job];
    enum isw_status status = isw_training_pack(&v->training, count, numbers, &made, &error);
    if (status == ISW_OK) status = isw_pack_train(made.pack, alone, 0, &never);
    pthread_mutex_lock(&v->mutex);
    if (status != ISW_OK && v->status == ISW_OK)
      v->status = isw_error_set(&v->error, status, "%s", isw_error_text(&error));
    for (size_t i = 0; i < count && v->status == ISW_OK; i++) {
      struct isw_finished again = isw_training_outcome(&made, i);
      v->status = compare(v, &again);
    }
    isw_error_clear(&error);
    pthread_mutex_unlock(&v->mutex);
    isw_pack_destroy(made.pack);
    pthread_mutex_lock(&v->mutex);
  }
  pthread_mutex_unlock(&v->mutex);
  isw_team_destroy(alone);
  return NULL;
}

/* One network of each of `jobs` equal parts of the grid: distinct, and spread over it. */
static enum isw_status choose(struct verify *v, uint64_t networks, struct isw_error *error)
{
  struct isw_stream stream = {0};
  if (getrandom(&stream, sizeof stream, 0) != (ssize_t)sizeof stream)
    return isw_error_set(error, ISW_FAILED, "the system gives no random numbers");
  v->sample = isw_allocate((size_t)v->jobs, sizeof *v->sample);
  if (!v->sample) return isw_error_memory(error, (size_t)v->jobs * sizeof *v->sample, "the sample");
  for (uint64_t i = 0; i < v->jobs; i++) {
    uint64_t first = networks / v->jobs * i + networks % v->jobs * i / v->jobs;
    uint64_t end = networks / v->jobs * (i + 1) + networks % v->jobs * (i + 1) / v->jobs;
    v->sample[i] = first + isw_below(&stream, i, end - first);
  }
  return ISW_OK;
}

/* Of a file whose sweep refines its grid: the networks that were trained, and their number. */
static enum isw_status find_trained(struct verify *v, uint64_t *networks, struct isw_error *error)
{
  enum { BLOCK = 65536 };
  uint64_t all = *networks;
  *networks = 0;
  double *status = isw_allocate(BLOCK, sizeof *status);
  v->trained = isw_allocate(isw_bits_words(all), sizeof *v->trained);
  enum isw_status result =
      v->trained && status ? ISW_OK : isw_error_memory(error, (size_t)all / 8, "the trained networks");
  for (uint64_t first = 0; result == ISW_OK && first < all; first += BLOCK) {
    uint64_t some = all - first < BLOCK ? all - first : BLOCK;
    result = isw_results_column(v->stored.results, "status", first, some, 0, 0, status, error);
    for (uint64_t i = 0; result == ISW_OK && i < some; i++)
      if (status[i] != ISW_MISSING && status[i] != ISW_SKIPPED) {
        isw_bits_add(v->trained, first + i);
        ++*networks;
      }
  }
  free(status);
  return result == ISW_OK ? isw_training_restrict(&v->training, v->trained, error) : result;
}

/* Places among the trained networks become their numbers; places ascend. */
static void number_sample(struct verify *v)
{
  uint64_t word = 0, before = 0; /* where the search goes on, and the trained networks before it */
  for (uint64_t i = 0; i < v->jobs; i++) {
    uint64_t further = isw_bits_select(v->trained + word, v->sample[i] - before);
    v->sample[i] = 64 * word + further;
    before += isw_bits_count(v->trained + word, further - further % 64);
    word += further / 64;
  }
}

static enum isw_status verify(struct verify *v, const char *file, const char *folder, size_t sample, size_t threads,
                              struct isw_error *error)
{
  enum isw_status status = isw_stored_open(file, folder, &v->stored, error);
  if (status == ISW_OK) status = isw_training_create(&v->training, v->stored.sweep, threads, error);
  if (status != ISW_OK) return status;
  uint64_t networks = isw_sweep_networks(v->stored.sweep);
  if (isw_sweep_levels(v->stored.sweep)) status = find_trained(v, &networks, error);
  if (status != ISW_OK) return status;
  v->all = v->all || sample >= networks;
  v->jobs = v->all ? isw_packs_count(v->training.packs) : sample;
  if (!v->all) status = choose(v, networks, error);
  if (status != ISW_OK) return status;
  if (!v->all && v->trained) number_sample(v);

  pthread_t *others = isw_allocate(threads, sizeof *others);
  if (!others) return isw_error_memory(error, threads * sizeof *others, "threads");
  size_t started = 0;
  pthread_mutex_init(&v->mutex, NULL);
  while (started + 1 < threads && pthread_create(&others[started], NULL, work, v) == 0) started++;
  work(v);
  for (size_t i = 0; i < started; i++) pthread_join(others[i], NULL);
  pthread_mutex_destroy(&v->mutex);
  free(others);
  if (v->status != ISW_OK) return isw_error_set(error, v->status, "%s", isw_error_text(&v->error));
  if (v->different > 0)
    return isw_error_set(error, ISW_FAILED, "%s: %llu of %llu networks differ", file, (unsigned long long)v->different,
                         (unsigned long long)(v->different + v->same));
  printf("%s: %llu of %llu networks trained again: every stored bit is the same", file, (unsigned long long)v->same,
         (unsigned long long)networks);
  if (v->missing > 0) printf(" (%llu missing ones passed over)", (unsigned long long)v->missing);
  printf("\n");
  return ISW_OK;
}

/* What the command line asks for. */
struct request {
  struct verify verify;
  const char *folder;
  size_t sample, threads;
};

static int handle(void *state, int code, const char *argument)
{
  struct request *request = state;
  switch (code) {
  case 'n': return (request->sample = isw_parse_count("verify", "--sample", argument)) ? 0 : ISW_BAD_INPUT;
  case 't': return (request->threads = isw_parse_count("verify", "--threads", argument)) ? 0 : ISW_BAD_INPUT;
  case 'd': request->folder = argument; break;
  default: request->verify.all = true; break;
  }
  return 0;
}

static int run(int argc, char **argv)
{
  struct request request = {.sample = SAMPLE};
  struct verify *v = &request.verify;
  struct isw_error error = {0};
  const char *file;
  int result;
  if (isw_parse_options(&isw_command_verify, argc, argv, handle, &request, &file, &result)) {
    size_t threads = request.threads ? request.threads : isw_cluster_default_threads();
    enum isw_status status = verify(v, file, request.folder, request.sample, threads, &error);
    if (status != ISW_OK) result = isw_print_error(status, &error);
  }
  isw_training_destroy(&v->training);
  isw_stored_close(&v->stored);
  free(v->sample);
  free(v->trained);
  isw_error_clear(&v->error);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {
    {.name = "sample", .code = 'n', .argument = "N", .about = "networks to train (default 16)"},
    {.name = "all", .code = 'a', .about = "every network"},
    ISW_OPTION_DATA,
    {.name = "threads",
     .code = 't',
     .argument = "N",
     .about = "threads; else OMP_NUM_THREADS, else the processors that it may run on"},
    {0},
};
static const char *const examples[] = {"initsweep verify zero-on-xor.h5 --sample 100", NULL};

const struct isw_command isw_command_verify = {
    .name = "verify",
    .argument = "FILE",
    .argument_about = "one results file",
    .completion = ISW_COMPLETE_RESULT,
    .summary = "trains networks of a results file again and compares every stored bit",
    .about =
        "Trains networks of a results file again, from the settings in the file, and compares status, identity, steps "
        "and every stored value and weight, bit for bit. A sample is random, spread over the grid, and each of its "
        "networks is trained alone; --all trains all networks in packs. Exit status 1 where a bit differs.",
    .options = options,
    .examples = examples,
    .run = run,
};
