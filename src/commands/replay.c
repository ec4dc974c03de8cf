/* initsweep replay: trains one network of a results file again with any recording, and shows that it is the same one. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/commands.h"
#include "initsweep/run.h"

struct replay {
  const char *file, *folder, *out, *steps, *probes;
  bool every;
  uint64_t network;
};

/* record.steps and record.probes as --set has them: the file's quantities, for the comparison, and those asked for. */
static enum isw_status list_overrides(const struct replay *replay, const struct isw_stored *stored,
                                      struct isw_text texts[2], struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  if (replay->every)
    status = isw_text_add(&texts[0], "record.steps={every: 1}");
  else if (replay->steps)
    status = isw_text_add(&texts[0], "record.steps=[%s]", replay->steps);
  if (replay->probes && status == ISW_OK) {
    status = isw_text_add(&texts[1], "record.probes=[%s", replay->probes);
    for (size_t i = 0; i < stored->probe_count && status == ISW_OK; i++) {
      const char *name = stored->probes[i]->row.name;
      size_t length = strlen(name);
      bool asked = false;
      for (const char *at = replay->probes; (at = strstr(at, name)); at += length)
        asked = asked || ((at == replay->probes || strchr(", ", at[-1])) && (!at[length] || strchr(", ", at[length])));
      if (!asked) status = isw_text_add(&texts[1], ", %s", name);
    }
    if (status == ISW_OK) status = isw_text_add(&texts[1], "]");
  }
  return status == ISW_OK ? ISW_OK : isw_error_memory(error, 1, "the recording");
}

static double number_at(const void *values, size_t offset, bool whole, size_t real_bytes)
{
  const char *at = (const char *)values + offset;
  int32_t n;
  float f;
  double d;
  if (whole) {
    memcpy(&n, at, sizeof n);
    return n < 0 ? (double)NAN : n;
  }
  if (real_bytes == 4) {
    memcpy(&f, at, sizeof f);
    return (double)f;
  }
  memcpy(&d, at, sizeof d);
  return d;
}

static bool write_table(FILE *to, const struct isw_training_pack *made, const struct isw_quantity *quantities,
                        size_t shown, size_t real_bytes)
{
  struct isw_finished again = isw_training_outcome(made, 0);
  const struct isw_record_layout layout = {.records = made->records,
                                           .layers = made->layers,
                                           .parameters = (size_t)again.parameters,
                                           .real_bytes = real_bytes};
  fprintf(to, "step");
  for (size_t q = 0; q < shown; q++)
    if (!quantities[q].per_layer && !quantities[q].per_parameter)
      fprintf(to, ",%s", quantities[q].name);
    else
      for (size_t k = 1; k <= isw_quantity_width(&quantities[q], made->layers, (size_t)again.parameters); k++)
        fprintf(to, ",%s_%zu", quantities[q].name, k);
  fprintf(to, "\n");
  for (size_t r = 0; r < again.records_done; r++) {
    fprintf(to, "%llu", (unsigned long long)made->record_steps[r]);
    for (size_t q = 0; q < shown; q++) {
      struct isw_record_place place = isw_record_layout_find(layout, quantities, q);
      size_t offset = isw_record_offset(&place, quantities[q].per_run ? 0 : r);
      for (size_t k = 0; k < place.width; k++) {
        double x = number_at(again.values, offset + k * place.item, quantities[q].integer, real_bytes);
        if (isnan(x))
          fprintf(to, ",");
        else
          fprintf(to, ",%.*g", real_bytes == 4 ? 9 : 17, x);
      }
    }
    fprintf(to, "\n");
  }
  return fflush(to) == 0 && !ferror(to);
}

/* Compares the stored network with the one trained again; counts the numbers compared. */
static enum isw_status compare(const struct isw_stored *stored, const struct isw_training_pack *made,
                               const struct isw_quantity *quantities, size_t count, uint64_t *numbers,
                               struct isw_error *error)
{
  struct isw_finished file, again = isw_training_outcome(made, 0);
  struct isw_network *network;
  const uint64_t *steps;
  unsigned long long k = (unsigned long long)made->number[0];
  enum isw_status status = isw_stored_network(stored, made->number[0], &file, error);
  if (status == ISW_OK) status = isw_sweep_network(stored->sweep, made->number[0], &network, error);
  if (status != ISW_OK) return status;
  isw_sweep_schedule(stored->sweep, network->steps, &steps);
  isw_network_destroy(network);
  if (file.status == ISW_MISSING || file.status == ISW_SKIPPED)
    return isw_error_set(error, ISW_BAD_INPUT, "%s: network %llu %s: there is nothing to compare with", stored->path, k,
                         file.status == ISW_MISSING ? "is missing" : "was skipped by the refinement");
  if (file.id != again.id || file.status != again.status || file.steps_done != again.steps_done)
    return isw_error_set(
        error, ISW_FAILED, "network %llu is another: it ended with status %u after %llu steps, not %u after %llu", k,
        again.status, (unsigned long long)again.steps_done, file.status, (unsigned long long)file.steps_done);
  if (file.weights_final && memcmp(file.weights_final, again.weights_final, file.parameters * stored->real_bytes) != 0)
    return isw_error_set(error, ISW_FAILED, "network %llu is another: its final weights differ", k);
  if (file.weights_final) *numbers += file.parameters;
  struct isw_record_layout stored_layout = {.records = file.records,
                                            .layers = file.layers,
                                            .parameters = (size_t)file.parameters,
                                            .real_bytes = stored->real_bytes};
  struct isw_record_layout made_layout = stored_layout;
  made_layout.records = made->records;
  for (size_t a = 0, b = 0; a < file.records && b < made->records;) {
    if (steps[a] != made->record_steps[b]) {
      if (steps[a] < made->record_steps[b])
        a++;
      else
        b++;
      continue;
    }
    for (size_t q = 0; q < stored->probe_count; q++) {
      const struct isw_quantity *quantity = &stored->quantities[q];
      size_t p = 0;
      while (p < count && strcmp(quantities[p].name, quantity->name) != 0) p++;
      if (p == count || (quantity->per_run && a > 0))
        continue; /* what is of the whole training is compared at step 0 */
      struct isw_record_place here = isw_record_layout_find(stored_layout, stored->quantities, q);
      struct isw_record_place there = isw_record_layout_find(made_layout, quantities, p);
      if (memcmp((const char *)file.values + isw_record_offset(&here, a),
                 (const char *)again.values + isw_record_offset(&there, b), here.width * here.item) != 0)
        return isw_error_set(error, ISW_FAILED, "network %llu is another: %s differs at step %llu", k, quantity->name,
                             (unsigned long long)steps[a]);
      *numbers += here.width;
    }
    a++;
    b++;
  }
  return ISW_OK;
}

static enum isw_status write_out(const struct replay *replay, const struct isw_training_pack *made,
                                 const struct isw_quantity *quantities, size_t shown, size_t real_bytes,
                                 struct isw_error *error)
{
  if (!replay->out) {
    if (write_table(stdout, made, quantities, shown, real_bytes)) return ISW_OK;
    return isw_error_set(error, ISW_FAILED, "cannot write to stdout: %s", strerror(errno));
  }
  char *bytes = NULL;
  size_t length = 0;
  FILE *to = open_memstream(&bytes, &length);
  bool complete = to && write_table(to, made, quantities, shown, real_bytes);
  if (to && fclose(to) != 0) complete = false;
  enum isw_status status =
      complete ? isw_output_create(replay->out, bytes, length, error) : isw_error_memory(error, length, "the records");
  free(bytes);
  return status;
}

static enum isw_status train(const struct replay *replay, const struct isw_stored *stored, struct isw_sweep *sweep,
                             struct isw_error *error)
{
  struct isw_training training = {0};
  struct isw_training_pack made = {0};
  struct isw_quantity *quantities = NULL;
  struct isw_team *alone = isw_team_create(1);
  atomic_int never;
  atomic_init(&never, 0);
  enum isw_status status = alone ? ISW_OK : isw_error_memory(error, 64, "a thread");
  if (status == ISW_OK) status = isw_training_create(&training, sweep, 1, error);
  if (status == ISW_OK) status = isw_training_pack(&training, 1, &replay->network, &made, error);
  if (status == ISW_OK) status = isw_pack_train(made.pack, alone, 0, &never);
  if (status == ISW_OK && !(quantities = isw_quantities(training.probes, training.probe_count)))
    status = isw_error_memory(error, training.probe_count, "quantities");
  if (status == ISW_OK) {
    size_t shown = training.probe_count; /* those asked for come first */
    if (replay->probes) {
      shown = 1;
      for (const char *c = replay->probes; *c; c++) shown += *c == ',';
    }
    status = write_out(replay, &made, quantities, shown, stored->real_bytes, error);
  }
  uint64_t numbers = 0;
  if (status == ISW_OK) status = compare(stored, &made, quantities, training.probe_count, &numbers, error);
  if (status == ISW_OK) {
    struct isw_finished again = isw_training_outcome(&made, 0);
    fprintf(stderr, "initsweep: network %llu is the same: status, %llu steps and %llu stored numbers, bit for bit\n",
            (unsigned long long)replay->network, (unsigned long long)again.steps_done, (unsigned long long)numbers);
  }
  free(quantities);
  isw_pack_destroy(made.pack);
  isw_training_destroy(&training);
  isw_team_destroy(alone);
  return status;
}

static enum isw_status run_replay(const struct replay *replay, struct isw_error *error)
{
  struct isw_stored stored = {0};
  struct isw_text texts[2] = {{0}};
  const char *list[2];
  struct isw_overrides overrides = {.text = list};
  struct isw_sweep *sweep = NULL;
  enum isw_status status = replay->out ? isw_output_is_free(replay->out, error) : ISW_OK;
  if (status == ISW_OK) status = isw_stored_open(replay->file, replay->folder, &stored, error);
  if (status == ISW_OK && replay->network >= isw_sweep_networks(stored.sweep))
    status =
        isw_error_set(error, ISW_BAD_INPUT, "%s: there is no network %llu: they are numbered 0 to %llu", replay->file,
                      (unsigned long long)replay->network, (unsigned long long)isw_sweep_networks(stored.sweep) - 1);
  if (status == ISW_OK) status = list_overrides(replay, &stored, texts, error);
  for (size_t i = 0; i < 2; i++)
    if (texts[i].length > 0) list[overrides.count++] = texts[i].bytes;
  if (status == ISW_OK) status = isw_stored_sweep(&stored, replay->folder, &overrides, &sweep, error);
  if (status == ISW_OK) status = train(replay, &stored, sweep, error);
  isw_sweep_destroy(sweep);
  isw_stored_close(&stored);
  isw_text_clear(&texts[0]);
  isw_text_clear(&texts[1]);
  return status;
}

static bool read_number(const char *text, uint64_t *number)
{
  char *end;
  errno = 0;
  *number = strtoull(text, &end, 10);
  return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static int handle(void *state, int code, const char *argument)
{
  struct replay *replay = state;
  switch (code) {
  case 'k':
    if (!read_number(argument, &replay->network))
      return isw_usage_error("replay", "--network wants a network's number, not '%s'", argument);
    break;
  case 'e': replay->every = true; break;
  case 's': replay->steps = argument; break;
  case 'p': replay->probes = argument; break;
  case 'd': replay->folder = argument; break;
  default: replay->out = argument; break;
  }
  return 0;
}

static int run(int argc, char **argv)
{
  struct replay replay = {0};
  struct isw_error error = {0};
  int result;
  if (!isw_parse_options(&isw_command_replay, argc, argv, handle, &replay, &replay.file, &result)) return result;
  if (replay.every && replay.steps) return isw_usage_error("replay", "--every or --steps, not both");
  enum isw_status status = run_replay(&replay, &error);
  if (status != ISW_OK) result = isw_print_error(status, &error);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {
    {.name = "network",
     .code = 'k',
     .argument = "K",
     .required = true,
     .about = "its number: the coordinate `network` of the file"},
    {.name = "every", .code = 'e', .about = "a record at every step"},
    {.name = "steps",
     .code = 's',
     .argument = "A,B,...",
     .about = "records at these steps, beside the first and the last; else the file's"},
    {.name = "probes",
     .code = 'p',
     .argument = "P,...",
     .completion = ISW_COMPLETE_ROWS,
     .choices = "probes",
     .about = "quantities; else the file's (`initsweep list probes`)"},
    ISW_OPTION_DATA,
    {.name = "output",
     .code = 'o',
     .letter = true,
     .argument = "CSV",
     .completion = ISW_COMPLETE_FILE,
     .about = "a new file; else stdout"},
    {0},
};
static const char *const examples[] = {
    "initsweep replay zero-on-xor.h5 --network 17 --every --probes loss,gradient_norm -o 17.csv", NULL};

const struct isw_command isw_command_replay = {
    .name = "replay",
    .argument = "FILE",
    .argument_about = "one results file",
    .completion = ISW_COMPLETE_RESULT,
    .summary = "trains one network of a results file again, recorded as asked, and shows that it is the same",
    .about =
        "Trains network K of a results file again, from the settings in the file, recorded as asked, and writes its "
        "records as CSV, one a line, with digits enough for every bit. Then it compares the network with the stored "
        "one: status, steps, final weights, and every stored quantity at the records that both have. Exit status 1 "
        "where they differ.",
    .options = options,
    .examples = examples,
    .run = run,
};
