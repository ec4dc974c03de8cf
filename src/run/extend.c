#include "initsweep/run.h"
#include <stdlib.h>
#include <string.h>

/* A network of the new sweep, by its identity. */
struct known {
  uint64_t id, number;
};

struct extension {
  const struct isw_sweep *before, *now;
  struct known *known; /* [networks of now] by id, then number */
  uint64_t count;
  struct isw_journal *journal;
  uint64_t *reused;
};

static int by_id(const void *a, const void *b)
{
  const struct known *x = a, *y = b;
  if (x->id != y->id) return x->id < y->id ? -1 : 1;
  return (x->number > y->number) - (x->number < y->number);
}

static enum isw_status know(struct extension *extension, struct isw_error *error)
{
  extension->count = isw_sweep_networks(extension->now);
  extension->known = isw_allocate((size_t)extension->count, sizeof *extension->known);
  if (!extension->known)
    return isw_error_memory(error, (size_t)extension->count * sizeof *extension->known, "the networks' identities");
  for (uint64_t i = 0; i < extension->count; i++) {
    struct isw_network *network;
    enum isw_status status = isw_sweep_network(extension->now, i, &network, error);
    if (status != ISW_OK) return status;
    extension->known[i] = (struct known){network->id, i};
    isw_network_destroy(network);
  }
  qsort(extension->known, (size_t)extension->count, sizeof *extension->known, by_id);
  return ISW_OK;
}

static bool same_number(double a, double b)
{
  uint64_t x, y;
  memcpy(&x, &a, sizeof x);
  memcpy(&y, &b, sizeof y);
  return x == y;
}

static bool same_choice(const struct isw_choice *a, const struct isw_choice *b)
{
  bool same = a->row == b->row && (!a->weights || a->weights->hash == b->weights->hash);
  for (size_t i = 0; i < ISW_PARAMETERS_MAX && same; i++) {
    const char *x = a->value[i].text, *y = b->value[i].text;
    same = same_number(a->value[i].number, b->value[i].number) && !x == !y && (!x || strcmp(x, y) == 0);
  }
  return same;
}

/* Whether two networks of the same identity are the same network: everything that decides the trajectory. */
static bool same_network(const struct extension *extension, const struct isw_network *a, const struct isw_network *b)
{
  bool same = a->layers == b->layers && a->seed == b->seed && a->replicate == b->replicate &&
              isw_sweep_data(extension->before, a->dataset)->hash == isw_sweep_data(extension->now, b->dataset)->hash &&
              memcmp(a->size, b->size, (a->layers + 1) * sizeof *a->size) == 0;
  for (size_t k = 0; same && k < a->layers; k++)
    same = same_choice(&a->init[k], &b->init[k]) && same_choice(&a->bias_init[k], &b->bias_init[k]);
  return same && (a->layers == 1 || same_choice(&a->activation, &b->activation)) &&
         same_choice(&a->output_activation, &b->output_activation) && same_choice(&a->loss, &b->loss) &&
         same_choice(&a->optimizer, &b->optimizer) && same_number(a->init_noise, b->init_noise) &&
         same_number(a->init_sparsity, b->init_sparsity) && a->decay_biases == b->decay_biases &&
         same_number(a->learning_rate, b->learning_rate) && same_number(a->weight_decay, b->weight_decay) &&
         same_choice(&a->schedule, &b->schedule) && same_number(a->clip_norm, b->clip_norm) &&
         a->batch_size == b->batch_size && a->shuffle_per_replicate == b->shuffle_per_replicate &&
         a->steps == b->steps && same_number(a->stop_loss_below, b->stop_loss_below) &&
         same_number(a->stop_gradient_below, b->stop_gradient_below);
}

/* What is recorded must be the same: the values are taken over as they are. */
static enum isw_status check_recording(const struct extension *extension, struct isw_error *error)
{
  const struct isw_probe *const *a, *const *b;
  size_t count = isw_sweep_probes(extension->before, &a);
  struct isw_keep_weights x = isw_sweep_weights(extension->before), y = isw_sweep_weights(extension->now);
  bool same = isw_sweep_precision(extension->before) == isw_sweep_precision(extension->now) &&
              count == isw_sweep_probes(extension->now, &b) && x.initial == y.initial && x.final == y.final &&
              same_number(isw_sweep_escape_fraction(extension->before), isw_sweep_escape_fraction(extension->now));
  for (size_t i = 0; same && i < count; i++) same = a[i] == b[i];
  if (same) return ISW_OK;
  return isw_error_set(
      error, ISW_BAD_INPUT,
      "--resume extend wants the same precision, record.probes, record.weights and record.escape_fraction as "
      "before: only the grid may grow");
}

static bool same_schedule(const struct extension *extension, uint64_t steps)
{
  const uint64_t *a, *b;
  size_t count = isw_sweep_schedule(extension->before, steps, &a);
  return count == isw_sweep_schedule(extension->now, steps, &b) && memcmp(a, b, count * sizeof *a) == 0;
}

/* Takes over one finished network of the sweep before. */
static enum isw_status take_over(struct extension *extension, struct isw_finished *finished, struct isw_error *error)
{
  struct isw_network *old, *new = NULL;
  enum isw_status status = isw_sweep_network(extension->before, finished->number, &old, error);
  if (status != ISW_OK) return status;
  size_t low = 0, high = (size_t)extension->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (extension->known[middle].id < old->id)
      low = middle + 1;
    else
      high = middle;
  }
  bool found = false;
  for (; status == ISW_OK && !found && low < extension->count && extension->known[low].id == old->id; low++) {
    status = isw_sweep_network(extension->now, extension->known[low].number, &new, error);
    if (status != ISW_OK) break;
    found = same_network(extension, old, new);
    isw_network_destroy(new);
  }
  if (status == ISW_OK && (!found || finished->id != old->id))
    status = isw_error_set(error, ISW_BAD_INPUT,
                           "--resume extend: network %llu is finished and is not in the grid any more: only a grid "
                           "that has grown can be extended",
                           (unsigned long long)finished->number);
  else if (status == ISW_OK && !same_schedule(extension, old->steps))
    status = isw_error_set(error, ISW_BAD_INPUT,
                           "--resume extend wants the same record.steps as before: only the grid may grow");
  if (status == ISW_OK) {
    finished->number = extension->known[low - 1].number;
    status = isw_journal_append(extension->journal, finished, 1, error);
    ++*extension->reused;
  }
  isw_network_destroy(old);
  return status;
}

static enum isw_status begin(struct extension *extension, const char *parts, struct isw_error *error)
{
  enum isw_status status = check_recording(extension, error);
  if (status == ISW_OK) status = know(extension, error);
  if (status == ISW_OK)
    status = isw_journal_create(parts, isw_sweep_identity(extension->now), ISW_RANK_REUSED,
                                isw_precision_bytes(isw_sweep_precision(extension->now)), &extension->journal, error);
  return status;
}

static enum isw_status end(struct extension *extension, const char *parts, enum isw_status status,
                           struct isw_error *error)
{
  struct isw_error closing = {0};
  enum isw_status closed = isw_journal_destroy(extension->journal, &closing);
  if (status == ISW_OK && closed != ISW_OK) status = isw_error_set(error, closed, "%s", isw_error_text(&closing));
  isw_error_clear(&closing);
  struct isw_error ignored = {0};
  if (status != ISW_OK) isw_journal_remove_identity(parts, isw_sweep_identity(extension->now), &ignored);
  isw_error_clear(&ignored);
  free(extension->known);
  return status;
}

enum isw_status isw_extend_journal(const char *parts, const struct isw_run_manifest *before,
                                   struct isw_run_manifest *now, const struct isw_sweep *sweep, uint64_t *reused,
                                   struct isw_error *error)
{
  const struct isw_overrides overrides = {(const char **)before->overrides, before->override_count};
  struct isw_sweep *old = NULL;
  struct isw_index *index = NULL;
  struct extension extension = {.now = sweep, .reused = reused};
  enum isw_status status =
      isw_load_sweep(before->file, before->folder, before->text, strlen(before->text), &overrides, &old, error);
  if (status == ISW_OK && isw_sweep_identity(old) != before->identity)
    status = isw_error_set(error, ISW_BAD_INPUT, "%s: the data of its sweep have changed", parts);
  if (status == ISW_OK) {
    /* from here to the caller's last step the folder has files of both sweeps, and says so */
    struct isw_run_manifest both = *before;
    both.other = now->identity;
    now->other = before->identity;
    status = isw_journal_remove_identity(parts, now->identity, error);
    if (status == ISW_OK) status = isw_run_manifest_write(parts, &both, error);
  }
  if (status == ISW_OK)
    status = isw_index_create_beside(parts, before->identity, now->identity, isw_sweep_networks(old),
                                     isw_precision_bytes(isw_sweep_precision(old)), &index, error);
  extension.before = old;
  if (status == ISW_OK) status = begin(&extension, parts, error);
  for (uint64_t i = 0; status == ISW_OK && i < isw_sweep_networks(old); i++) {
    struct isw_finished finished;
    if (!isw_index_has(index, i)) continue;
    status = isw_index_read(index, i, &finished, error);
    if (status == ISW_OK) status = take_over(&extension, &finished, error);
  }
  status = end(&extension, parts, status, error);
  isw_index_destroy(index);
  isw_sweep_destroy(old);
  return status;
}

enum isw_status isw_extend_file(const char *path, const char *parts, const char *folder, const struct isw_sweep *sweep,
                                uint64_t *reused, struct isw_error *error)
{
  struct isw_stored stored;
  struct extension extension = {.now = sweep, .reused = reused};
  enum isw_status status = isw_stored_open(path, folder, &stored, error);
  extension.before = stored.sweep;
  if (status == ISW_OK) status = begin(&extension, parts, error);
  for (uint64_t i = 0; status == ISW_OK && i < isw_sweep_networks(stored.sweep); i++) {
    struct isw_finished finished;
    status = isw_stored_network(&stored, i, &finished, error);
    if (status == ISW_OK && finished.status != ISW_MISSING && finished.status != ISW_SKIPPED)
      status = take_over(&extension, &finished, error);
  }
  status = end(&extension, parts, status, error);
  isw_stored_close(&stored);
  return status;
}
