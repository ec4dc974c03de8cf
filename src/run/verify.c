/* Compares what follows from a results file's settings, then trains networks again on several threads and compares
 * every stored bit. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "initsweep/exact.h"
#include "initsweep/random.h"
#include "run/run_internal.h"

enum { REPORTED_MAX = 10, BLOCK_NETWORKS = 65536 };

struct verification {
  struct isw_saved_run saved;
  struct isw_training training;
  const struct isw_reporter *reporter;
  uint64_t jobs;         /* packs */
  uint64_t *chosen;      /* bit set of the sample; NULL: all */
  uint64_t *trained;     /* bit set of the networks that have results in the file; NULL: all have */
  pthread_mutex_t mutex; /* guards everything below, the file, and the reporter: HDF5 is used by one thread at a time */
  uint64_t next;
  struct isw_verify_report report;
  enum isw_status status;
  struct isw_error error;
};

/* ---- comparing, with the mutex held ---- */

/* The first value that differs. */
static void describe_values(const struct verification *v, const struct isw_finished *file,
                            const struct isw_finished *again, struct isw_text *text)
{
  struct isw_record_layout layout = {.records = file->records,
                                     .layers = file->layers,
                                     .parameters = (size_t)file->parameters,
                                     .snapshots = file->snapshots,
                                     .real_bytes = v->saved.real_bytes};
  for (size_t q = 0; q < v->saved.probe_count; q++) {
    const struct isw_quantity *quantity = &v->saved.quantities[q];
    struct isw_record_place place = isw_record_layout_add(&layout, quantity);
    for (size_t n = 0; n < place.records * place.width; n++) {
      size_t offset = place.offset + n * place.item;
      if (memcmp((const char *)file->values + offset, (const char *)again->values + offset, place.item) == 0) continue;
      isw_text_add(text, "%s at %s %zu, %s %zu", quantity->name, quantity->at_snapshots ? "weights_record" : "record",
                   n / place.width,
                   quantity->dimension       ? quantity->dimension
                   : quantity->per_parameter ? "parameter"
                                             : "layer",
                   n % place.width + 1);
      return;
    }
  }
  isw_text_add(text, "weights");
}

static void report_difference(const struct verification *v, const struct isw_finished *file,
                              const struct isw_finished *again)
{
  struct isw_text text = {0};
  if (file->status != again->status || file->steps_done != again->steps_done)
    isw_text_add(&text, "%s after %llu steps, not %s after %llu", isw_status_name(file->status),
                 (unsigned long long)file->steps_done, isw_status_name(again->status),
                 (unsigned long long)again->steps_done);
  else
    describe_values(v, file, again, &text);
  isw_report_line(v->reporter, ISW_REPORT_WARNING, "network %llu differs: %s", (unsigned long long)file->number,
                  text.bytes ? text.bytes : "");
  isw_text_clear(&text);
}

static bool equal_weights(const struct verification *v, const struct isw_finished *file, const void *a, const void *b)
{
  return !a || (b && memcmp(a, b, file->parameters * v->saved.real_bytes) == 0);
}

static enum isw_status compare(struct verification *v, const struct isw_finished *again)
{
  struct isw_finished file;
  enum isw_status status = isw_saved_run_network(&v->saved, again->number, &file, &v->error);
  if (status != ISW_OK) return status;
  bool same = file.status == again->status && file.steps_done == again->steps_done &&
              file.values_bytes == again->values_bytes && file.parameters == again->parameters &&
              memcmp(file.values, again->values, file.values_bytes) == 0 &&
              equal_weights(v, &file, file.weights_initial, again->weights_initial) &&
              equal_weights(v, &file, file.weights_final, again->weights_final);
  if (same)
    v->report.same++;
  else if (v->report.different++ < REPORTED_MAX)
    report_difference(v, &file, again);
  return ISW_OK;
}

/* ---- training ---- */

/* Trains the networks of one job. Without the mutex. */
static enum isw_status train(const struct verification *v, uint64_t job, struct isw_team *team,
                             struct isw_training_pack *made, struct isw_error *error)
{
  atomic_int never;
  atomic_init(&never, 0);
  enum isw_status status = isw_training_pack(&v->training, job, made, error);
  return status == ISW_OK ? isw_pack_train(made->pack, team, 0, &never) : status;
}

static void *work(void *context)
{
  struct verification *v = context;
  struct isw_team *alone = isw_team_create(1);
  pthread_mutex_lock(&v->mutex);
  if (v->status == ISW_OK)
    v->status = alone ? isw_exact_environment(&v->error) : isw_error_memory(&v->error, 64, "a thread");
  while (v->status == ISW_OK && v->next < v->jobs) {
    uint64_t job = v->next++;
    struct isw_error error = {0};
    struct isw_training_pack made = {0};
    pthread_mutex_unlock(&v->mutex);
    enum isw_status status = train(v, job, alone, &made, &error);
    pthread_mutex_lock(&v->mutex);
    if (status != ISW_OK && v->status == ISW_OK)
      v->status = isw_error_set(&v->error, status, "%s", isw_error_text(&error));
    for (size_t i = 0; status == ISW_OK && i < made.count && v->status == ISW_OK; i++) {
      struct isw_finished again = isw_training_outcome(&made, i);
      v->status = compare(v, &again);
    }
    isw_error_clear(&error);
    isw_pack_destroy(made.pack);
  }
  pthread_mutex_unlock(&v->mutex);
  isw_team_destroy(alone);
  return NULL;
}

/* ---- choosing ---- */

/* Chooses one network from each of `count` equal parts of the networks: distinct, and spread over the grid. `networks`:
 * those with results, which are the `trained` ones */
static enum isw_status draw_sample(struct verification *v, uint64_t networks, uint64_t count, struct isw_error *error)
{
  struct isw_stream stream = {0};
  uint64_t word = 0, before = 0; /* where the search continues, and the number of trained networks before it */
  size_t words = isw_bits_words(isw_sweep_networks(v->saved.sweep));
  if (getrandom(&stream, sizeof stream, 0) != (ssize_t)sizeof stream)
    return isw_error_set(error, ISW_FAILED, "the system returned no random numbers");
  v->chosen = isw_allocate(words, sizeof *v->chosen);
  if (!v->chosen) return isw_error_memory(error, words * sizeof *v->chosen, "the sample");
  for (uint64_t i = 0; i < count; i++) {
    uint64_t first = networks / count * i + networks % count * i / count;
    uint64_t end = networks / count * (i + 1) + networks % count * (i + 1) / count;
    uint64_t number = first + isw_below(&stream, i, end - first);
    if (v->trained) { /* the position among the trained networks becomes a network's number */
      uint64_t further = isw_bits_select(v->trained + word, number - before);
      number = 64 * word + further;
      before += isw_bits_count(v->trained + word, further - further % 64);
      word += further / 64;
    }
    isw_bits_add(v->chosen, number);
  }
  return isw_training_restrict(&v->training, v->chosen, error);
}

/* Finds the networks that were trained, in a file without the results of all. */
static enum isw_status find_trained(struct verification *v, struct isw_error *error)
{
  uint64_t all = isw_sweep_networks(v->saved.sweep);
  double *ended = isw_allocate(BLOCK_NETWORKS, sizeof *ended);
  v->trained = isw_allocate(isw_bits_words(all), sizeof *v->trained);
  enum isw_status result = ISW_OK;
  if (!v->trained || !ended) {
    free(ended);
    return isw_error_memory(error, (size_t)all / 8, "the trained networks");
  }
  for (uint64_t first = 0; result == ISW_OK && first < all; first += BLOCK_NETWORKS) {
    uint64_t length = all - first < BLOCK_NETWORKS ? all - first : BLOCK_NETWORKS;
    result = isw_results_column(v->saved.results, "status", first, length, 0, 0, ended, error);
    for (uint64_t i = 0; result == ISW_OK && i < length; i++)
      if (isw_status_is_finished((enum isw_network_status)ended[i])) isw_bits_add(v->trained, first + i);
  }
  free(ended);
  return result == ISW_OK ? isw_training_restrict(&v->training, v->trained, error) : result;
}

static enum isw_status choose_layouts(struct verification *v, struct isw_error *error)
{
  uint64_t *alone = NULL;
  enum isw_status status = isw_training_choose_layouts(&v->training, 1, &alone, error);
  if (status == ISW_OK) status = isw_training_set_layouts(&v->training, alone, error);
  free(alone);
  return status;
}

static enum isw_status choose(struct verification *v, const struct isw_verify_settings *settings,
                              struct isw_error *error)
{
  uint64_t all = isw_sweep_networks(v->saved.sweep), networks = v->report.networks;
  enum isw_status status = networks < all ? find_trained(v, error) : ISW_OK;
  if (status == ISW_OK && !settings->all && settings->sample < networks)
    status = draw_sample(v, networks, settings->sample, error);
  if (status == ISW_OK) status = choose_layouts(v, error);
  if (status == ISW_OK) v->jobs = isw_packs_count(v->training.packs);
  return status;
}

static enum isw_status work_on_threads(struct verification *v, size_t threads, struct isw_error *error)
{
  pthread_t *others = isw_allocate(threads, sizeof *others);
  if (!others) return isw_error_memory(error, threads * sizeof *others, "threads");
  size_t started = 0;
  pthread_mutex_init(&v->mutex, NULL);
  while (started + 1 < threads && pthread_create(&others[started], NULL, work, v) == 0) started++;
  work(v);
  for (size_t i = 0; i < started; i++) pthread_join(others[i], NULL);
  pthread_mutex_destroy(&v->mutex);
  free(others);
  return v->status == ISW_OK ? ISW_OK : isw_error_set(error, v->status, "%s", isw_error_text(&v->error));
}

/* ---- what follows from the settings ---- */

static void report_misdescribed(void *context, const char *line)
{
  const struct verification *v = context;
  isw_report_line(v->reporter, ISW_REPORT_WARNING, "%s", line);
}

static enum isw_status check_description(struct verification *v, struct isw_error *error)
{
  struct isw_description description;
  enum isw_status status = isw_description_create(&description, v->saved.sweep, error);
  if (isw_sweep_levels(v->saved.sweep)) description.head.absent = ISW_SKIPPED;
  if (status == ISW_OK)
    status =
        isw_results_check(v->saved.results, &description.head, report_misdescribed, v, &v->report.misdescribed, error);
  isw_description_clear(&description);
  return status;
}

static enum isw_status count_networks(struct verification *v, struct isw_error *error)
{
  struct isw_verify_report *report = &v->report;
  enum isw_status status = isw_count_ended(v->saved.results, report->ended, error);
  for (int s = 0; s < ISW_NETWORK_STATUSES; s++)
    if (isw_status_is_finished((enum isw_network_status)s)) report->networks += report->ended[s];
  report->gathered_early = report->networks == 0 && report->ended[ISW_SKIPPED] == 0 &&
                           !isw_results_attribute(v->saved.results, "provenance/kernels"); /* a training has them */
  return status;
}

static enum isw_status train_again(struct verification *v, const struct isw_verify_settings *settings,
                                   struct isw_error *error)
{
  enum isw_status status = isw_training_create(&v->training, v->saved.sweep, settings->threads, 1, error);
  if (status == ISW_OK) status = choose(v, settings, error);
  return status == ISW_OK ? work_on_threads(v, settings->threads, error) : status;
}

enum isw_status isw_verify(const struct isw_verify_settings *settings, const struct isw_reporter *reporter,
                           struct isw_verify_report *report, struct isw_error *error)
{
  struct verification v = {.reporter = reporter};
  enum isw_status status = isw_saved_run_open(settings->file, settings->folder, &v.saved, error);
  if (status == ISW_OK) status = check_description(&v, error);
  if (status == ISW_OK && v.report.misdescribed == 0) status = count_networks(&v, error);
  if (status == ISW_OK && v.report.networks > 0) status = train_again(&v, settings, error);
  *report = v.report;
  isw_training_destroy(&v.training);
  isw_saved_run_close(&v.saved);
  free(v.chosen);
  free(v.trained);
  isw_error_clear(&v.error);
  return status;
}
