/* Trains one network of a results file again with different records, and compares it with the stored one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "run/run_internal.h"

struct isw_replay {
  uint64_t network;
  struct isw_saved_run saved;
  struct isw_sweep *sweep; /* the file's, with the requested records */
  struct isw_training training;
  struct isw_training_pack made;
  struct isw_quantity *quantities; /* [training.probe_count] the requested ones first, then the file's others */
  size_t shown;                    /* number of requested ones */
};

/* Whether a comma-separated list contains a name. */
static bool lists(const char *list, const char *name)
{
  size_t length = strlen(name);
  bool found = false;
  for (const char *at = list; (at = strstr(at, name)); at += length)
    found = found || ((at == list || strchr(", ", at[-1])) && (!at[length] || strchr(", ", at[length])));
  return found;
}

/* record.steps and record.probes in the form of --set; the file's quantities are also recorded, for the comparison. */
static enum isw_status write_overrides(const struct isw_replay_settings *settings, const struct isw_saved_run *saved,
                                       struct isw_text *steps, struct isw_text *probes, struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  if (settings->every_step)
    status = isw_text_add(steps, "record.steps={every: 1}");
  else if (settings->steps)
    status = isw_text_add(steps, "record.steps=[%s]", settings->steps);
  if (settings->probes && status == ISW_OK) {
    status = isw_text_add(probes, "record.probes=[%s", settings->probes);
    for (size_t i = 0; i < saved->probe_count && status == ISW_OK; i++)
      if (!lists(settings->probes, saved->probes[i]->row.name)) {
        status = isw_text_add(probes, ", ");
        if (status == ISW_OK) status = isw_sweep_write_probe(saved->probes[i], probes);
      }
    if (status == ISW_OK) status = isw_text_add(probes, "]");
  }
  return status == ISW_OK ? ISW_OK : isw_error_memory(error, 1, "the recording");
}

static enum isw_status load_sweep(struct isw_replay *replay, const struct isw_replay_settings *settings,
                                  struct isw_error *error)
{
  struct isw_text steps = {0}, probes = {0};
  const char *list[2];
  struct isw_overrides overrides = {.text = list};
  enum isw_status status = write_overrides(settings, &replay->saved, &steps, &probes, error);
  if (steps.length > 0) list[overrides.count++] = steps.bytes;
  if (probes.length > 0) list[overrides.count++] = probes.bytes;
  if (status == ISW_OK)
    status = isw_saved_run_sweep(&replay->saved, settings->folder, &overrides, &replay->sweep, error);
  isw_text_clear(&steps);
  isw_text_clear(&probes);
  return status;
}

/* Makes the packs of the replayed network alone, with the layout that trains it fastest. */
static enum isw_status choose_pack(struct isw_replay *replay, struct isw_error *error)
{
  struct isw_training *training = &replay->training;
  size_t words = isw_bits_words(isw_sweep_networks(replay->sweep));
  uint64_t *only = isw_allocate(words, sizeof *only), *alone = NULL;
  if (!only) return isw_error_memory(error, words * sizeof *only, "the network's number");
  isw_bits_add(only, replay->network);
  enum isw_status status = isw_training_restrict(training, only, error);
  if (status == ISW_OK) status = isw_training_choose_layouts(training, 1, &alone, error);
  if (status == ISW_OK) status = isw_training_set_layouts(training, alone, error);
  if (status == ISW_OK) status = isw_training_pack(training, 0, &replay->made, error);
  free(only);
  free(alone);
  return status;
}

static enum isw_status train(struct isw_replay *replay, struct isw_error *error)
{
  struct isw_training *training = &replay->training;
  struct isw_team *alone = isw_team_create(1);
  atomic_int never;
  atomic_init(&never, 0);
  enum isw_status status = alone ? ISW_OK : isw_error_memory(error, 64, "a thread");
  if (status == ISW_OK) status = isw_training_create(training, replay->sweep, 1, 1, error);
  if (status == ISW_OK) status = choose_pack(replay, error);
  if (status == ISW_OK) status = isw_pack_train(replay->made.pack, alone, 0, &never);
  if (status == ISW_OK && !(replay->quantities = isw_quantities(training->probes, training->probe_count)))
    status = isw_error_memory(error, training->probe_count, "quantities");
  isw_team_destroy(alone);
  return status;
}

/* The number of requested quantities. */
static size_t count_shown(const struct isw_replay *replay, const char *probes)
{
  if (!probes) return replay->training.probe_count;
  size_t count = 1;
  for (const char *c = probes; *c; c++) count += *c == ',';
  return count;
}

enum isw_status isw_replay_create(const struct isw_replay_settings *settings, struct isw_replay **replay,
                                  struct isw_error *error)
{
  struct isw_replay *made = *replay = isw_allocate(1, sizeof **replay);
  if (!made) return isw_error_memory(error, sizeof *made, "a replay");
  made->network = settings->network;
  enum isw_status status = isw_saved_run_open(settings->file, settings->folder, &made->saved, error);
  if (status == ISW_OK && settings->network >= isw_sweep_networks(made->saved.sweep))
    status = isw_error_set(error, ISW_BAD_INPUT, "%s: there is no network %llu: they are numbered 0 to %llu",
                           settings->file, (unsigned long long)settings->network,
                           (unsigned long long)isw_sweep_networks(made->saved.sweep) - 1);
  if (status == ISW_OK) status = load_sweep(made, settings, error);
  if (status == ISW_OK) status = train(made, error);
  if (status == ISW_OK) made->shown = count_shown(made, settings->probes);
  if (status == ISW_OK) return ISW_OK;
  isw_replay_destroy(made);
  *replay = NULL;
  return status;
}

void isw_replay_destroy(struct isw_replay *replay)
{
  if (!replay) return;
  free(replay->quantities);
  isw_pack_destroy(replay->made.pack);
  isw_training_destroy(&replay->training);
  isw_sweep_destroy(replay->sweep);
  isw_saved_run_close(&replay->saved);
  free(replay);
}

/* ---- the table ---- */

/* A stored value; NaN if it is a fill value. */
static double read_value(const void *values, size_t offset, bool integer, size_t real_bytes)
{
  const char *at = (const char *)values + offset;
  int32_t n;
  float f;
  double d;
  if (integer) {
    memcpy(&n, at, sizeof n);
    return n < 0 ? (double)NAN : n;
  }
  if (real_bytes == sizeof f) {
    memcpy(&f, at, sizeof f);
    return (double)f;
  }
  memcpy(&d, at, sizeof d);
  return d;
}

static void write_header(const struct isw_replay *replay, size_t parameters, FILE *out)
{
  fprintf(out, "step");
  for (size_t q = 0; q < replay->shown; q++) {
    const struct isw_quantity *quantity = &replay->quantities[q];
    if (quantity->at_snapshots) continue; /* weights are no columns */
    if (!quantity->per_layer && !quantity->per_parameter && !quantity->dimension)
      fprintf(out, ",%s", quantity->name);
    else
      for (size_t k = 1; k <= isw_quantity_width(quantity, replay->made.layers, parameters); k++)
        fprintf(out, ",%s_%zu", quantity->name, k);
  }
  fputc('\n', out);
}

bool isw_replay_write_csv(const struct isw_replay *replay, FILE *out)
{
  const struct isw_finished again = isw_training_outcome(&replay->made, 0);
  size_t real_bytes = replay->saved.real_bytes;
  const struct isw_record_layout layout = {.records = replay->made.records,
                                           .layers = replay->made.layers,
                                           .parameters = (size_t)again.parameters,
                                           .snapshots = again.snapshots,
                                           .real_bytes = real_bytes};
  write_header(replay, (size_t)again.parameters, out);
  for (size_t r = 0; r < again.records_done; r++) {
    fprintf(out, "%llu", (unsigned long long)replay->made.record_steps[r]);
    for (size_t q = 0; q < replay->shown; q++) {
      const struct isw_quantity *quantity = &replay->quantities[q];
      if (quantity->at_snapshots) continue;
      struct isw_record_place place = isw_record_layout_find(layout, replay->quantities, q);
      size_t offset = isw_record_offset(&place, quantity->per_run ? 0 : r);
      for (size_t k = 0; k < place.width; k++) {
        double x = read_value(again.values, offset + k * place.item, quantity->integer, real_bytes);
        if (isnan(x))
          fputc(',', out);
        else
          fprintf(out, ",%.*g", real_bytes == sizeof(float) ? 9 : 17, x);
      }
    }
    fputc('\n', out);
  }
  return fflush(out) == 0 && !ferror(out);
}

/* ---- the comparison ---- */

/* Two networks and the positions of their values. */
struct comparison {
  const struct isw_replay *replay;
  const struct isw_finished *file, *again;
  struct isw_record_layout file_layout, again_layout;
  uint64_t numbers; /* compared so far */
};

/* The index of one of the file's quantities among those recorded again; the number of these if it is not there. */
static size_t find_quantity(const struct isw_replay *replay, const char *name)
{
  size_t p = 0;
  while (p < replay->training.probe_count && strcmp(replay->quantities[p].name, name) != 0) p++;
  return p;
}

/* Compares record a of the file with record b; both are of the same step. same_before: so are the previous records. */
static enum isw_status compare_records(struct comparison *c, size_t a, size_t b, bool same_before,
                                       struct isw_error *error)
{
  const struct isw_replay *replay = c->replay;
  for (size_t q = 0; q < replay->saved.probe_count; q++) {
    const struct isw_quantity *quantity = &replay->saved.quantities[q];
    size_t p = find_quantity(replay, quantity->name);
    bool once = quantity->per_run || quantity->at_snapshots; /* all of it at step 0 */
    if (p == replay->training.probe_count || (once && a > 0)) continue;
    if (replay->saved.probes[q]->needs_previous_record && !same_before) continue;
    struct isw_record_place here = isw_record_layout_find(c->file_layout, replay->saved.quantities, q);
    struct isw_record_place there = isw_record_layout_find(c->again_layout, replay->quantities, p);
    size_t numbers = quantity->at_snapshots ? here.records * here.width : here.width;
    if (memcmp((const char *)c->file->values + isw_record_offset(&here, a),
               (const char *)c->again->values + isw_record_offset(&there, b), numbers * here.item) != 0)
      return quantity->at_snapshots
                 ? isw_error_set(error, ISW_FAILED, "network %llu differs: its %s at the steps of record.weights",
                                 (unsigned long long)replay->network, quantity->name)
                 : isw_error_set(error, ISW_FAILED, "network %llu differs: %s at step %llu",
                                 (unsigned long long)replay->network, quantity->name,
                                 (unsigned long long)replay->made.record_steps[b]);
    c->numbers += numbers;
  }
  return ISW_OK;
}

/* steps: [c->file->records] of the file. */
static enum isw_status compare_common_records(struct comparison *c, const uint64_t *steps, struct isw_error *error)
{
  const struct isw_training_pack *made = &c->replay->made;
  for (size_t a = 0, b = 0; a < c->file->records && b < made->records;) {
    if (steps[a] < made->record_steps[b])
      a++;
    else if (steps[a] > made->record_steps[b])
      b++;
    else {
      bool same_before = a == 0 ? b == 0 : b > 0 && steps[a - 1] == made->record_steps[b - 1];
      enum isw_status status = compare_records(c, a++, b++, same_before, error);
      if (status != ISW_OK) return status;
    }
  }
  return ISW_OK;
}

static enum isw_status compare_ends(struct comparison *c, struct isw_error *error)
{
  const struct isw_finished *file = c->file, *again = c->again;
  unsigned long long number = (unsigned long long)c->replay->network;
  if (!isw_status_is_finished(file->status))
    return isw_error_set(error, ISW_BAD_INPUT, "%s: network %llu %s: there is nothing to compare with",
                         c->replay->saved.path, number,
                         file->status == ISW_MISSING ? "is missing" : "was skipped by the refinement");
  if (file->id != again->id || file->status != again->status || file->steps_done != again->steps_done)
    return isw_error_set(error, ISW_FAILED, "network %llu differs: it is %s after %llu steps, not %s after %llu",
                         number, isw_status_name(again->status), (unsigned long long)again->steps_done,
                         isw_status_name(file->status), (unsigned long long)file->steps_done);
  if (!file->weights_final) return ISW_OK;
  if (memcmp(file->weights_final, again->weights_final, file->parameters * c->replay->saved.real_bytes) != 0)
    return isw_error_set(error, ISW_FAILED, "network %llu differs: its final weights", number);
  c->numbers += file->parameters;
  return ISW_OK;
}

enum isw_status isw_replay_compare(const struct isw_replay *replay, uint64_t *steps, uint64_t *numbers,
                                   struct isw_error *error)
{
  struct isw_finished file;
  struct isw_network *network;
  const struct isw_finished again = isw_training_outcome(&replay->made, 0);
  enum isw_status status = isw_saved_run_network(&replay->saved, replay->network, &file, error);
  if (status == ISW_OK) status = isw_sweep_network(replay->saved.sweep, replay->network, &network, error);
  if (status != ISW_OK) return status;
  const uint64_t *file_steps;
  isw_sweep_schedule(replay->saved.sweep, network->steps, &file_steps);
  isw_network_destroy(network);
  struct comparison c = {.replay = replay,
                         .file = &file,
                         .again = &again,
                         .file_layout = {.records = file.records,
                                         .layers = file.layers,
                                         .parameters = (size_t)file.parameters,
                                         .snapshots = file.snapshots,
                                         .real_bytes = replay->saved.real_bytes}};
  c.again_layout = c.file_layout;
  c.again_layout.records = replay->made.records;
  status = compare_ends(&c, error);
  if (status == ISW_OK) status = compare_common_records(&c, file_steps, error);
  *steps = again.steps_done;
  *numbers = c.numbers;
  return status;
}
