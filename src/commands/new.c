/* initsweep new: writes a commented sweep file to start from. */
#include <stdio.h>
#include <string.h>
#include "initsweep/commands.h"
#include "initsweep/console.h"

struct request {
  const char *name, *out, *dataset;
};

static int handle(void *state, int code, const char *argument)
{
  struct request *request = state;
  if (code == 'o')
    request->out = argument;
  else
    request->dataset = argument;
  return 0;
}

static int run(int argc, char **argv)
{
  struct request request = {.dataset = "xor"};
  struct isw_error error = {0};
  struct isw_text text = {0}, out = {0};
  const char *nearest;
  bool incomplete = false;
  int result;
  if (!isw_parse_options(&isw_command_new, argc, argv, handle, &request, &request.name, &result)) return result;
  if (!isw_find_dataset(request.dataset, &nearest))
    return isw_usage_error("new", "unknown dataset '%s'\n  %s%s%s`initsweep list datasets` shows all.", request.dataset,
                           nearest ? "did you mean '" : "", nearest ? nearest : "", nearest ? "'? " : "");
  enum isw_status status = isw_text_add(&out, "%s.yaml", request.name);
  if (status == ISW_OK) {
    if (!request.out) request.out = out.bytes;
    status = isw_sweep_template(request.name, request.out, request.dataset, &text, &incomplete, &error);
  }
  if (status == ISW_OK) status = isw_output_create(request.out, text.bytes, text.length, &error);
  if (status != ISW_OK)
    result = isw_print_error(status, &error);
  else
    isw_print(stdout, "%s: written%s\n  initsweep plan %s\n  mpirun -n 2 initsweep run %s\n", request.out,
              incomplete ? "; replace each FILL-IN by the path of your file (a comment says what else), then:"
                         : "; next:",
              request.out, request.out);
  isw_text_clear(&text);
  isw_text_clear(&out);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {
    {.name = "dataset",
     .code = 'd',
     .argument = "NAME",
     .completion = ISW_COMPLETE_ROWS,
     .choices = "datasets",
     .about = "what the networks learn (default: xor; `initsweep list datasets` shows all)"},
    {.name = "output",
     .code = 'o',
     .letter = true,
     .argument = "FILE",
     .completion = ISW_COMPLETE_SWEEP,
     .about = "the sweep file (default: NAME.yaml in the current folder)"},
    {0},
};
static const char *const examples[] = {"initsweep new first",
                                       "initsweep new depths --dataset digits -o sweeps/depths.yaml", NULL};

const struct isw_command isw_command_new = {
    .name = "new",
    .argument = "NAME",
    .argument_about = "the name of a sweep",
    .summary = "writes a commented sweep file to start from",
    .about = "Writes a sweep file with a comment on every setting. It runs as it is; for csv, idx, npy and hdf5, which "
             "read your own files, replace each FILL-IN by a path first. An existing file is never overwritten.",
    .options = options,
    .examples = examples,
    .run = run,
};
