/* initsweep show: prints a summary of a results file, or follows a run in progress. */
#include <stdio.h>
#include "initsweep/commands.h"
#include "initsweep/console.h"
#include "initsweep/hdf5.h"
#include "initsweep/summary.h"

enum { CELLS_SHOWN = 3 };
static const double SECONDS_BETWEEN_LOOKS = 2;

struct request {
  const char *by; /* NULL: accuracy, else loss */
  size_t top;     /* best and worst cells */
  bool json, follow, sweep, settings;
  double every; /* seconds between two looks; 0: not given */
};

static enum isw_status show(const char *file, const struct request *request, struct isw_error *error)
{
  struct isw_results *results;
  struct isw_summary summary;
  enum isw_status status = isw_results_open(file, &results, error);
  if (status != ISW_OK) return status;
  status = isw_summary_read(results, request->by, request->top, &summary, error);
  const struct isw_summary_page page = isw_summary_page_of_stdout();
  if (status == ISW_OK && request->json)
    isw_summary_write_json(&summary, file, stdout);
  else if (status == ISW_OK)
    isw_summary_write_text(&summary, file, &page);
  isw_summary_clear(&summary);
  isw_results_close(results);
  return status;
}

static enum isw_status show_or_follow(const char *file, const struct request *request, struct isw_error *error)
{
  struct isw_follow *follow = NULL;
  enum isw_status status = ISW_OK;
  if (request->follow) status = isw_follow_create(file, &follow, error);
  if (request->follow && status == ISW_OK)
    status =
        isw_follow_to_end(follow, request->every > 0 ? request->every : SECONDS_BETWEEN_LOOKS, request->json, error);
  bool whole_summary = !request->follow || !request->json; /* with both options, each line is one object */
  if (ferror(stdout)) whole_summary = false;               /* the end of the program reports it */
  if (status == ISW_OK && whole_summary) status = show(follow ? isw_follow_file(follow) : file, request, error);
  isw_follow_destroy(follow);
  return status;
}

static int handle(void *state, int code, const char *argument)
{
  struct request *request = state;
  switch (code) {
  case 'b': request->by = argument; break;
  case 'f': request->follow = true; break;
  case 's': request->sweep = true; break;
  case 'S': request->settings = true; break;
  case 'e':
    if (!isw_parse_seconds(argument, 0.01, 3600, &request->every))
      return isw_usage_error("show", "--every must be seconds from 0.01 to 3600, not '%s'", argument);
    break;
  case 't': request->top = isw_parse_count("show", "--top", argument); return request->top > 0 ? 0 : ISW_BAD_INPUT;
  default: request->json = true; break;
  }
  return 0;
}

static int run(int argc, char **argv)
{
  const char *file;
  struct request request = {.top = CELLS_SHOWN};
  struct isw_error error = {0};
  int result;
  if (!isw_parse_options(&isw_command_show, argc, argv, handle, &request, &file, &result)) return result;
  if (request.every > 0 && !request.follow)
    return isw_usage_error("show", "--every needs --follow: without it the file is shown once");
  if (!request.follow && isw_follow_is_needed(file))
    return isw_usage_error("show",
                           "%s is not written yet: `show %s --follow` follows its run, `gather %s.parts` writes it",
                           file, file, file);
  bool sweep = request.sweep || request.settings;
  if (sweep && (request.follow || request.json || request.sweep == request.settings))
    return isw_usage_error("show", "--sweep and --settings go with no other option");
  if (!isw_hdf5_continue_in_child(file, &result, &error))
    result = sweep ? isw_summary_write_sweep(file, request.settings, &error) : show_or_follow(file, &request, &error);
  if (error.status != ISW_OK) result = isw_print_error(error.status, &error);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {
    {.name = "by",
     .code = 'b',
     .argument = "QUANTITY",
     .about = "ranks the cells by a quantity with one number per network or per record, such as test_loss or "
              "escape_step: the smallest first, or the largest for accuracies (default: accuracy, or loss where there "
              "is none)"},
    {.name = "top", .code = 't', .argument = "N", .about = "cells to show at each end (default 3)"},
    {.name = "follow",
     .code = 'f',
     .letter = true,
     .about = "shows the progress of a run until FILE is complete, then the summary; FILE may also be the run's folder "
              "OUT.parts"},
    {.name = "every", .code = 'e', .argument = "S", .about = "with --follow: looks every S seconds (default 2)"},
    {.name = "sweep", .code = 's', .about = "prints the sweep file inside FILE, as its user wrote it"},
    {.name = "settings",
     .code = 'S',
     .about = "prints a sweep file with all settings as they were run, those of --set and the defaults included"},
    {.name = "json",
     .code = 'j',
     .about = "prints JSON, for programs; with --follow one object per line, and no summary"},
    {0},
};
static const char *const examples[] = {
    "initsweep show zero-on-xor.h5", "initsweep show zero-on-xor.h5 --by loss --top 10",
    "initsweep show first.h5 --follow", "initsweep show first.h5 --sweep > again.yaml", NULL};

const struct isw_command isw_command_show = {
    .name = "show",
    .argument = "FILE",
    .argument_about = "one results file",
    .completion = ISW_COMPLETE_RESULT,
    .summary = "shows what is in a results file, or the progress of a run",
    .about =
        "Shows what is in a results file: the sweep, how its networks ended, what was recorded, its axes, the final "
        "loss by initialiser (or by the first axis), the best and the worst cells of the grid, and the provenance.\n\n"
        "A cell holds the networks that differ in their replicate only. Cells are ordered by their median; diverged "
        "networks count as the worst value, so that a cell most of which diverged comes last. Beside each cell is the "
        "median loss over the records, of at most 100 replicates: as a line of blocks on a terminal with a UTF-8 "
        "locale, on one logarithmic scale for all cells; otherwise as up to three numbers.\n\n"
        "With --follow, in a second terminal: reads the new part of the run's journal, without ever writing, and "
        "shows the networks finished and diverged, their rate, and the time left at this rate (an overestimate at "
        "first, because the most expensive networks are trained first). If the run is stopped, it waits for the next "
        "run to continue it.",
    .options = options,
    .examples = examples,
    .run = run,
};
