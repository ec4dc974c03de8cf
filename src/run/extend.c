/* Extends a sweep whose grid has grown: finds the finished networks of the smaller sweep by their identity and copies
 * them into a journal of the new one. */
#include <stdlib.h>
#include <string.h>
#include "initsweep/hdf5.h"
#include "run/run_internal.h"

struct extension {
  const struct isw_sweep *before, *now;
  struct isw_table networks; /* identity -> number in the new sweep */
  struct isw_journal *journal;
  uint64_t *reused;
};

static enum isw_status index_networks(struct extension *extension, struct isw_error *error)
{
  uint64_t count = isw_sweep_networks(extension->now);
  enum isw_status status = isw_table_reserve(&extension->networks, (size_t)count);
  if (status != ISW_OK)
    return isw_error_memory(error, (size_t)count * sizeof *extension->networks.entry, "the networks' identities");
  for (uint64_t i = 0; i < count; i++) {
    struct isw_network *network;
    status = isw_sweep_network(extension->now, i, &network, error);
    if (status != ISW_OK) return status;
    isw_table_add(&extension->networks, network->id, i); /* cannot fail: the table has room */
    isw_network_destroy(network);
  }
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

/* The factors of layer k. */
static struct isw_layer_factors factors_of(const struct isw_network *network, size_t k)
{
  if (network->factors) return network->factors[k];
  return (struct isw_layer_factors){{1.0, 1.0}, {1.0, 1.0}, {1.0, 1.0}, {1.0, 1.0}};
}

static bool same_factors(const struct isw_network *a, const struct isw_network *b)
{
  bool same = true;
  for (size_t k = 0; same && k < a->layers; k++) {
    const struct isw_layer_factors x = factors_of(a, k), y = factors_of(b, k);
    size_t parts = isw_unit_parameters(isw_parts_of(a), a->layers, k) > 0 ? 2 : 1;
    for (size_t part = 0; part < parts; part++)
      same = same && same_number(x.rate[part], y.rate[part]) && same_number(x.std[part], y.std[part]) &&
             same_number(x.decay[part], y.decay[part]) && same_number(x.epsilon[part], y.epsilon[part]);
  }
  return same;
}

/* Whether two networks of the same layers have the same branches, or none. */
static bool same_branches(const struct isw_network *a, const struct isw_network *b)
{
  const struct isw_residual *x = &a->residual, *y = &b->residual;
  if (isw_branches(a->layers, x->branch_layers) == 0 && isw_branches(b->layers, y->branch_layers) == 0) return true;
  return x->branch_layers == y->branch_layers && same_number(x->scale, y->scale) && x->train_scale == y->train_scale &&
         x->ends_linear == y->ends_linear;
}

/* The stop rules that are younger than the format. */
static bool same_rules(const struct isw_network *a, const struct isw_network *b)
{
  return same_number(a->stop_loss_above, b->stop_loss_above) &&
         same_number(a->stop_accuracy_above, b->stop_accuracy_above) &&
         a->stop_plateau.steps == b->stop_plateau.steps &&
         (!a->stop_plateau.steps || same_number(a->stop_plateau.relative, b->stop_plateau.relative));
}

/* Whether two networks with the same identity are equal in everything that determines the trajectory. */
static bool same_network(const struct extension *extension, const struct isw_network *a, const struct isw_network *b)
{
  bool same = a->layers == b->layers && a->seed == b->seed && a->replicate == b->replicate &&
              isw_sweep_data(extension->before, a->dataset)->hash == isw_sweep_data(extension->now, b->dataset)->hash &&
              memcmp(a->size, b->size, (a->layers + 1) * sizeof *a->size) == 0;
  for (size_t k = 0; same && k < a->layers; k++)
    same = same_choice(&a->init[k], &b->init[k]) && same_choice(&a->bias_init[k], &b->bias_init[k]);
  return same && same_factors(a, b) && (a->layers == 1 || same_choice(&a->activation, &b->activation)) &&
         same_choice(&a->output_activation, &b->output_activation) && same_choice(&a->loss, &b->loss) &&
         same_choice(&a->optimizer, &b->optimizer) && same_number(a->init_noise, b->init_noise) &&
         a->noise_of == b->noise_of && same_choice(&a->mask, &b->mask) &&
         same_number(a->init_sparsity, b->init_sparsity) && a->decay_biases == b->decay_biases && a->bias == b->bias &&
         same_branches(a, b) && (a->layers == 1 || same_choice(&a->normalization, &b->normalization)) &&
         same_number(a->gradient_noise, b->gradient_noise) && (a->layers == 1 || same_number(a->dropout, b->dropout)) &&
         same_number(a->output_scale, b->output_scale) && same_number(a->learning_rate, b->learning_rate) &&
         same_number(a->weight_decay, b->weight_decay) && same_choice(&a->schedule, &b->schedule) &&
         same_number(a->clip_norm, b->clip_norm) && a->batch_size == b->batch_size &&
         a->shuffle_per_replicate == b->shuffle_per_replicate && a->steps == b->steps &&
         same_number(a->stop_loss_below, b->stop_loss_below) &&
         same_number(a->stop_gradient_below, b->stop_gradient_below) && same_rules(a, b);
}

/* Checks that both sweeps record the same, because the values are copied unchanged. */
static enum isw_status check_recording(const struct extension *extension, struct isw_error *error)
{
  const struct isw_probe *const *a, *const *b;
  size_t count = isw_sweep_probes(extension->before, &a);
  struct isw_keep_weights x = isw_sweep_weights(extension->before), y = isw_sweep_weights(extension->now);
  bool same = isw_sweep_precision(extension->before) == isw_sweep_precision(extension->now) &&
              count == isw_sweep_probes(extension->now, &b) && x.initial == y.initial && x.final == y.final &&
              same_number(isw_sweep_escape_fraction(extension->before), isw_sweep_escape_fraction(extension->now));
  for (size_t i = 0; same && i < count; i++) same = isw_sweep_same_probe(a[i], b[i]);
  if (same) return ISW_OK;
  return isw_error_set(
      error, ISW_BAD_INPUT,
      "--resume extend needs the same precision, record.probes, record.weights and record.escape_fraction as "
      "before: only the grid may grow");
}

static bool same_schedule(const struct extension *extension, uint64_t steps)
{
  const uint64_t *a, *b;
  size_t count = isw_sweep_schedule(extension->before, steps, &a);
  if (count != isw_sweep_schedule(extension->now, steps, &b) || memcmp(a, b, count * sizeof *a) != 0) return false;
  count = isw_sweep_snapshots(extension->before, steps, &a);
  return count == isw_sweep_snapshots(extension->now, steps, &b) &&
         (count == 0 || memcmp(a, b, count * sizeof *a) == 0);
}

/* Finds the number of an earlier sweep's network in the new sweep. */
static enum isw_status find_network(const struct extension *extension, const struct isw_network *old, bool *found,
                                    uint64_t *number, struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  *found = false;
  for (size_t place = 0; !*found && isw_table_find(&extension->networks, old->id, &place, number);) {
    struct isw_network *new;
    status = isw_sweep_network(extension->now, *number, &new, error);
    if (status != ISW_OK) return status;
    *found = same_network(extension, old, new);
    isw_network_destroy(new);
  }
  return status;
}

/* Writes one finished network of the earlier sweep into the new journal. */
static enum isw_status import_network(struct extension *extension, struct isw_finished *finished,
                                      struct isw_error *error)
{
  struct isw_network *old;
  enum isw_status status = isw_sweep_network(extension->before, finished->number, &old, error);
  if (status != ISW_OK) return status;
  bool found = false;
  uint64_t number = 0;
  status = find_network(extension, old, &found, &number, error);
  if (status == ISW_OK && (!found || finished->id != old->id)) {
    status =
        isw_error_set(error, ISW_BAD_INPUT,
                      "--resume extend: network %llu is finished, and none of this sweep has its settings: the grid "
                      "may only grow, and all other settings stay as they were\n",
                      (unsigned long long)finished->number);
    isw_error_add_difference(error, isw_sweep_settings(extension->before), isw_sweep_settings(extension->now));
  }
  if (status == ISW_OK && !same_schedule(extension, old->steps))
    status = isw_error_set(
        error, ISW_BAD_INPUT,
        "--resume extend needs the same record.steps and record.weights as before: only the grid may grow");
  if (status == ISW_OK) {
    finished->number = number;
    status = isw_journal_append(extension->journal, finished, 1, error);
    ++*extension->reused;
  }
  isw_network_destroy(old);
  return status;
}

static enum isw_status begin(struct extension *extension, const char *parts, struct isw_error *error)
{
  enum isw_status status = check_recording(extension, error);
  if (status == ISW_OK) status = index_networks(extension, error);
  if (status == ISW_OK)
    status = isw_journal_create(parts, isw_sweep_identity(extension->now), ISW_RANK_REUSED,
                                isw_precision_bytes(isw_sweep_precision(extension->now)), isw_version_program(),
                                &extension->journal, error);
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
  isw_table_clear(&extension->networks);
  return status;
}

enum isw_status isw_extend_journal(const char *parts, struct isw_run_manifest *before, struct isw_run_manifest *now,
                                   const struct isw_sweep *sweep, isw_left_out *left_out, void *context,
                                   uint64_t *reused, struct isw_error *error)
{
  const struct isw_overrides overrides = {(const char **)before->overrides, before->override_count};
  struct isw_sweep *old = NULL;
  struct isw_index *index = NULL;
  struct extension extension = {.now = sweep, .reused = reused};
  enum isw_status status =
      isw_load_stored_sweep(before->file, before->folder, before->text, strlen(before->text), &overrides, &old, error);
  if (status == ISW_OK && isw_sweep_identity(old) != before->identity)
    status = isw_error_set(error, ISW_BAD_INPUT, "%s: the data of its sweep have changed", parts);
  if (status == ISW_OK) {
    /* from here until the caller has finished, the folder holds files of both sweeps, as its manifest says */
    before->other = now->identity;
    now->other = before->identity;
    status = isw_journal_remove_identity(parts, now->identity, error);
    if (status == ISW_OK) status = isw_run_manifest_write(parts, before, error);
  }
  if (status == ISW_OK)
    status = isw_index_create_beside(parts, before->identity, now->identity, isw_sweep_networks(old),
                                     isw_precision_bytes(isw_sweep_precision(old)), left_out, context, &index, error);
  extension.before = old;
  if (status == ISW_OK) status = begin(&extension, parts, error);
  for (uint64_t i = 0; status == ISW_OK && i < isw_sweep_networks(old); i++) {
    struct isw_finished finished;
    status = isw_check_interrupted(error);
    if (status != ISW_OK || !isw_index_has(index, i)) continue;
    status = isw_index_read(index, i, &finished, error);
    if (status == ISW_OK) status = import_network(&extension, &finished, error);
  }
  status = end(&extension, parts, status, error);
  isw_index_destroy(index);
  isw_sweep_destroy(old);
  return status;
}

/* A results file to extend. The child process that reads it writes the journal, too. */
struct file_extension {
  const char *path, *parts, *folder;
  const struct isw_sweep *sweep;
  uint64_t reused;
};

/* Networks of a file that has changed are not those that were trained. Files of version 0.1.0 store no hashes. */
static enum isw_status check_unchanged(const char *path, struct isw_results *results, struct isw_error *error)
{
  struct isw_hash_report report;
  if (!isw_results_attribute(results, "hash")) return ISW_OK;
  enum isw_status status = isw_results_check_hashes(results, &report, error);
  if (status == ISW_OK && report.changed > 0)
    status = isw_error_set(error, ISW_BAD_INPUT,
                           "'%s' has changed since it was written, and cannot be extended: %s\n"
                           "  `initsweep verify %s --hashes` checks the file; move it away to train all networks",
                           path, report.first.bytes, path);
  isw_hash_report_clear(&report);
  return status;
}

static enum isw_status import_file(void *context, int to, struct isw_error *error)
{
  struct file_extension *file = context;
  struct isw_saved_run saved;
  struct extension extension = {.now = file->sweep, .reused = &file->reused};
  enum isw_status status = isw_saved_run_open(file->path, file->folder, &saved, error);
  extension.before = saved.sweep;
  if (status == ISW_OK) status = check_unchanged(file->path, saved.results, error);
  if (status == ISW_OK) status = begin(&extension, file->parts, error);
  for (uint64_t i = 0; status == ISW_OK && i < isw_sweep_networks(saved.sweep); i++) {
    struct isw_finished finished;
    status = isw_check_interrupted(error);
    if (status == ISW_OK) status = isw_saved_run_network(&saved, i, &finished, error);
    if (status == ISW_OK && finished.status != ISW_MISSING && finished.status != ISW_SKIPPED)
      status = import_network(&extension, &finished, error);
  }
  status = end(&extension, file->parts, status, error);
  isw_saved_run_close(&saved);
  isw_hdf5_send(to, &file->reused, sizeof file->reused);
  return status;
}

static bool receive_count(void *context, int from, struct isw_error *error)
{
  struct file_extension *file = context;
  (void)error;
  return isw_hdf5_receive(from, &file->reused, sizeof file->reused);
}

enum isw_status isw_extend_file(const char *path, const char *parts, const char *folder, const struct isw_sweep *sweep,
                                uint64_t *reused, struct isw_error *error)
{
  struct file_extension file = {path, parts, folder, sweep, 0};
  const struct isw_hdf5_work work = {path, import_file, receive_count};
  enum isw_status status = isw_hdf5_call(&work, &file, error);
  struct isw_error ignored = {0};
  if (status != ISW_OK) isw_journal_remove_identity(parts, isw_sweep_identity(sweep), &ignored); /* the child crashed */
  isw_error_clear(&ignored);
  *reused += file.reused;
  return status;
}
