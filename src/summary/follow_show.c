/* Shows the looks at a run in progress, each as a line: of JSON, of a terminal, where it is redrawn, or of a log. */
#include <math.h>
#include <time.h>
#include <unistd.h>
#include "summary/summary_internal.h"

static const char *const state_names[] = {"begins", "running", "stopped", "writing", "done"}; /* of JSON */

static double seconds_left(const struct isw_follow_view *view)
{
  return (double)(view->networks - view->finished) / view->rate;
}

static void show_json(FILE *out, const struct isw_follow_view *view)
{
  struct isw_json json;
  char time[ISW_NUMBER_SIZE];
  isw_format_utc_now(time);
  isw_json_start(&json, out);
  isw_json_object(&json, NULL, ISW_JSON_ROW);
  isw_json_text(&json, "time", time);
  isw_json_text(&json, "state", state_names[view->state]);
  isw_json_count(&json, "networks", view->networks);
  isw_json_count(&json, "finished", view->finished);
  isw_json_count(&json, "completed", view->ended[ISW_COMPLETED]);
  isw_json_count(&json, "stopped", view->ended[ISW_STOPPED]);
  isw_json_count(&json, "diverged", view->ended[ISW_DIVERGED]);
  if (view->rate > 0)
    isw_json_number(&json, "networks_per_second", view->rate);
  else
    isw_json_text(&json, "networks_per_second", NULL);
  if (view->rate > 0 && !view->refined)
    isw_json_number(&json, "eta_seconds", seconds_left(view));
  else
    isw_json_text(&json, "eta_seconds", NULL);
  isw_json_close(&json);
}

enum { PHRASES_MAX = 5, PHRASE_SIZE = 96 };

/* "12 of 120 networks", "ETA 3 min", ...: the most important first. Returns how many there are. */
static size_t describe(const struct isw_follow_view *view, char phrase[PHRASES_MAX][PHRASE_SIZE])
{
  static const char *const state_texts[] = {"the run is starting", "", "stopped: no process holds the run's lock",
                                            "writing the results file", "done"};
  char number[ISW_NUMBER_SIZE];
  size_t count = 0;
  if (view->state != ISW_FOLLOW_STARTING)
    snprintf(phrase[count++], PHRASE_SIZE, "%llu of %s%llu networks", (unsigned long long)view->finished,
             view->refined && view->state != ISW_FOLLOW_DONE ? "at most " : "", (unsigned long long)view->networks);
  if (view->state != ISW_FOLLOW_RUNNING) snprintf(phrase[count++], PHRASE_SIZE, "%s", state_texts[view->state]);
  if (view->rate > 0 && !view->refined)
    snprintf(phrase[count++], PHRASE_SIZE, "ETA %s", isw_format_duration(seconds_left(view), number));
  if (view->rate > 0) snprintf(phrase[count++], PHRASE_SIZE, "%s networks/s", isw_format_si(view->rate, number));
  if (view->state != ISW_FOLLOW_STARTING)
    snprintf(phrase[count++], PHRASE_SIZE, "%llu diverged", (unsigned long long)view->ended[ISW_DIVERGED]);
  return count;
}

static void show_line(const struct isw_follow_display *display, const struct isw_follow_view *view)
{
  char phrase[PHRASES_MAX][PHRASE_SIZE];
  const char *list[PHRASES_MAX];
  size_t count = describe(view, phrase);
  for (size_t i = 0; i < count; i++) list[i] = phrase[i];
  if (display->redraws) {
    double share = view->networks > 0 ? (double)view->finished / (double)view->networks : 0;
    isw_progress_draw(display->out, display->color, share, list, count);
    return;
  }
  uint64_t percent = view->networks > 0 ? 100 * view->finished / view->networks : 0;
  fprintf(display->out, "%llu %%", (unsigned long long)percent);
  for (size_t i = 0; i < count; i++) fprintf(display->out, ", %s", list[i]);
  fputc('\n', display->out);
}

void isw_follow_show(struct isw_follow_display *display, const struct isw_follow_view *view)
{
  bool changed = !display->used || view->state != display->shown.state || view->finished != display->shown.finished;
  if (!changed && (display->json || !display->redraws)) return;
  display->used = true;
  display->shown = *view;
  if (display->json)
    show_json(display->out, view);
  else
    show_line(display, view);
  fflush(display->out); /* the reader may be a pipe */
}

void isw_follow_end(struct isw_follow_display *display)
{
  if (display->redraws && display->used) isw_progress_erase(display->out);
}

enum isw_status isw_follow_to_end(struct isw_follow *follow, double seconds, bool json, struct isw_error *error)
{
  const struct timespec pause = {(time_t)seconds, (long)((seconds - floor(seconds)) * 1e9)};
  struct isw_follow_display display = {.out = stdout,
                                       .json = json,
                                       .redraws = !json && isw_terminal_redraws(STDOUT_FILENO),
                                       .color = isw_terminal_color(STDOUT_FILENO)};
  struct isw_follow_view view;
  enum isw_status status;
  while ((status = isw_follow_look(follow, &view, error)) == ISW_OK) {
    isw_follow_show(&display, &view);
    if (view.state == ISW_FOLLOW_DONE || ferror(display.out)) break;
    nanosleep(&pause, NULL);
  }
  isw_follow_end(&display);
  return status;
}
