/* initsweep replay: trains one network of a results file again with any records, and checks that it is the same one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/commands.h"
#include "initsweep/console.h"
#include "initsweep/hdf5.h"
#include "initsweep/run.h"

struct request {
  struct isw_replay_settings settings;
  const char *out; /* NULL: stdout */
};

static enum isw_status write_table(const struct isw_replay *replay, const char *out, struct isw_error *error)
{
  if (!out) {
    if (isw_replay_write_csv(replay, stdout)) return ISW_OK;
    return isw_error_set(error, ISW_FAILED, "cannot write to stdout: %s", strerror(errno));
  }
  char *bytes = NULL;
  size_t length = 0;
  FILE *to = open_memstream(&bytes, &length);
  bool complete = to && isw_replay_write_csv(replay, to);
  if (to && fclose(to) != 0) complete = false;
  enum isw_status status =
      complete ? isw_output_create(out, bytes, length, error) : isw_error_memory(error, length, "the records");
  free(bytes);
  return status;
}

static enum isw_status replay_network(const struct request *request, struct isw_error *error)
{
  struct isw_replay *replay;
  uint64_t steps, numbers;
  enum isw_status status = request->out ? isw_output_is_free(request->out, error) : ISW_OK;
  if (status == ISW_OK && request->out) status = isw_output_can_create(request->out, error);
  if (status == ISW_OK) status = isw_replay_create(&request->settings, &replay, error);
  if (status != ISW_OK) return status;
  status = write_table(replay, request->out, error);
  if (status == ISW_OK) status = isw_replay_compare(replay, &steps, &numbers, error);
  if (status == ISW_OK)
    fprintf(stderr, "initsweep: network %llu is the same: status, %llu steps and %llu stored numbers, bit for bit\n",
            (unsigned long long)request->settings.network, (unsigned long long)steps, (unsigned long long)numbers);
  isw_replay_destroy(replay);
  return status;
}

static int handle(void *state, int code, const char *argument)
{
  struct request *request = state;
  struct isw_replay_settings *settings = &request->settings;
  switch (code) {
  case 'k':
    if (!isw_parse_index(argument, &settings->network))
      return isw_usage_error("replay", "--network must be a network's number, not '%s'", argument);
    break;
  case 'e': settings->every_step = true; break;
  case 's': settings->steps = argument; break;
  case 'p': settings->probes = argument; break;
  case 'd': settings->folder = argument; break;
  default: request->out = argument; break;
  }
  return 0;
}

static int run(int argc, char **argv)
{
  struct request request = {0};
  struct isw_error error = {0};
  int result;
  if (!isw_parse_options(&isw_command_replay, argc, argv, handle, &request, &request.settings.file, &result))
    return result;
  if (request.settings.every_step && request.settings.steps)
    return isw_usage_error("replay", "--every or --steps, not both");
  if (!isw_hdf5_continue_in_child(request.settings.file, &result, &error)) result = replay_network(&request, &error);
  if (error.status != ISW_OK) result = isw_print_error(error.status, &error);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {
    {.name = "network",
     .code = 'k',
     .argument = "K",
     .required = true,
     .about = "its number: the coordinate `network` of the file"},
    {.name = "every", .code = 'e', .about = "makes a record at every step"},
    {.name = "steps",
     .code = 's',
     .argument = "A,B,...",
     .about = "makes records at these steps, the first and the last (default: the file's steps)"},
    {.name = "probes",
     .code = 'p',
     .argument = "P,...",
     .completion = ISW_COMPLETE_ROWS,
     .choices = "probes",
     .about = "quantities to record (default: the file's; `initsweep list probes` shows all)"},
    ISW_OPTION_DATA,
    {.name = "output",
     .code = 'o',
     .letter = true,
     .argument = "CSV",
     .completion = ISW_COMPLETE_FILE,
     .about = "the file to write; it must not exist (default: stdout)"},
    {0},
};
static const char *const examples[] = {
    "initsweep replay zero-on-xor.h5 --network 17 --every --probes loss,gradient_norm -o 17.csv", NULL};

const struct isw_command isw_command_replay = {
    .name = "replay",
    .argument = "FILE",
    .argument_about = "one results file",
    .completion = ISW_COMPLETE_RESULT,
    .summary = "trains one network of a results file again, recorded as asked, and checks that it is the same",
    .about =
        "Trains network K of a results file again, from the settings in the file, recorded as asked, and writes its "
        "records as CSV, one per line, with enough digits for every bit. Then it compares the network with the stored "
        "one: status, steps, final weights, and every stored quantity at the records that both have. The exit status "
        "is 1 if they differ.",
    .options = options,
    .examples = examples,
    .run = run,
};
