/* The record section: which steps, which probes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "private.h"

enum { RECORDS_MAX = 1 << 20, DEFAULT_POINTS = 60, TEXT_SIZE = 160 };
static const size_t all_records_limit = 1u << 26; /* recorded steps over all distinct train.steps */

static int by_value(const void *a, const void *b)
{
  const uint64_t *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

static void read_steps(struct isw_reader *reader)
{
  struct isw_schedule_rule *rule = &reader->sweep->rule;
  const struct isw_node *node = reader->leaf[ISW_SET_RECORD_STEPS];
  *rule = (struct isw_schedule_rule){.kind = ISW_GEOMSPACE, .number = DEFAULT_POINTS};
  if (!node) return;
  rule->place = node->place;
  struct isw_number_rule number = {.what = "a recorded step", .whole = true, .low = 0, .high = 9007199254740992.0};
  double value = 0.0;
  if (node->kind == ISW_NODE_LIST) {
    uint64_t *step = isw_arena_get(&reader->sweep->arena, node->count, sizeof *step);
    rule->kind = ISW_LIST;
    for (size_t i = 0; i < node->count; i++)
      if (isw_read_number(reader, &number, node->child[i], &value)) step[rule->count++] = (uint64_t)value;
    if (rule->count) qsort(step, rule->count, sizeof *step, by_value);
    for (size_t i = 1; i < rule->count; i++)
      if (step[i] == step[i - 1])
        isw_report_add(&reader->report, node->place, "step %llu stands in this list twice",
                       (unsigned long long)step[i]);
    rule->step = step;
    return;
  }
  const struct isw_node *key = node->kind == ISW_NODE_MAP && node->count == 1 ? node->child[0] : NULL;
  bool every = key && strcmp(key->text, "every") == 0, geomspace = key && strcmp(key->text, "geomspace") == 0;
  if (!every && !geomspace) {
    isw_report_add(&reader->report, key ? key->place : node->place,
                   "record.steps must be {every: k}, {geomspace: n} or a list of steps, not %s",
                   key ? isw_tree_describe(&reader->scratch, key) : isw_tree_describe(&reader->scratch, node));
    static const char *const words[] = {"every", "geomspace"};
    if (key) isw_suggest(reader, key->text, words, 2, NULL);
    return;
  }
  number.what = every ? "every" : "geomspace";
  number.low = 1;
  if (geomspace) number.high = RECORDS_MAX - 2;
  if (!isw_read_number(reader, &number, node->child[1], &value)) return;
  rule->kind = every ? ISW_EVERY : ISW_GEOMSPACE;
  rule->number = (uint64_t)value;
}

/* ---- probes --------------------------------------------------------------------------------------------------------------- */

static size_t find_probe(const struct isw_reader *reader, const char *name)
{
  size_t p = 0;
  while (p < reader->from->probe_count && strcmp(reader->from->probes[p]->name, name) != 0) p++;
  return p;
}

static bool all_have_classes(const struct isw_sweep *sweep)
{
  for (size_t d = 0; d < sweep->datasets; d++)
    if (sweep->data[d].kind == ISW_TARGETS_VALUES) return false;
  return sweep->datasets > 0;
}

static void read_probes(struct isw_reader *reader)
{
  static const char *const standard[] = {"loss", "gradient_norm", "accuracy"};
  enum { STANDARD = 3 };
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_sweep_source *from = reader->from;
  const struct isw_node *node = reader->leaf[ISW_SET_RECORD_PROBES];
  bool classes = all_have_classes(sweep);
  if (!node) {
    sweep->probe = isw_arena_get(&sweep->arena, STANDARD, sizeof *sweep->probe);
    for (size_t i = 0; i < STANDARD; i++) {
      size_t p = find_probe(reader, standard[i]);
      if (p < from->probe_count && (classes || !from->probe_needs_classes[p]))
        sweep->probe[sweep->probes++] = standard[i];
    }
    return;
  }
  if (node->kind != ISW_NODE_LIST) {
    isw_report_add(&reader->report, node->place, "record.probes must be a list of probes, not %s",
                   isw_tree_describe(&reader->scratch, node));
    isw_report_hint(&reader->report, "as [loss, gradient_norm]; `initsweep list probes` shows all.");
    return;
  }
  const char **names = isw_arena_get(&reader->scratch, from->probe_count, sizeof *names);
  for (size_t p = 0; p < from->probe_count; p++) names[p] = from->probes[p]->name;
  sweep->probe = isw_arena_get(&sweep->arena, node->count, sizeof *sweep->probe);
  for (size_t i = 0; i < node->count; i++) {
    const struct isw_node *element = node->child[i];
    size_t p = element->kind == ISW_NODE_SCALAR ? find_probe(reader, element->text) : from->probe_count;
    if (p == from->probe_count) {
      isw_report_add(&reader->report, element->place, "unknown probe %s", isw_tree_describe(&reader->scratch, element));
      isw_suggest(reader, element->kind == ISW_NODE_SCALAR ? element->text : "", names, from->probe_count,
                  "`initsweep list probes` shows all.");
      continue;
    }
    for (size_t k = 0; k < sweep->probes; k++)
      if (strcmp(sweep->probe[k], names[p]) == 0)
        isw_report_add(&reader->report, element->place, "probe '%s' stands in this list twice", names[p]);
    if (from->probe_needs_classes[p] && sweep->datasets && !classes) {
      isw_report_add(&reader->report, element->place, "probe '%s' needs targets that are classes, or 0 and 1",
                     names[p]);
      isw_report_hint(&reader->report, "a dataset of this sweep has numbers as targets");
    }
    sweep->probe[sweep->probes++] = isw_arena_copy(&sweep->arena, names[p], strlen(names[p]));
  }
}

void isw_read_record(struct isw_reader *reader)
{
  read_steps(reader);
  read_probes(reader);
}

/* ---- schedules -------------------------------------------------------------------------------------------------------------- */

/* Point i of n, geometric from 1 to steps, rounded. */
static uint64_t geometric_step(uint64_t steps, uint64_t i, uint64_t n)
{
  if (n < 2) return 1;
  if (i == n - 1) return steps;
  double x = floor(isw_exact_exp(isw_exact_log((double)steps) * (double)i / (double)(n - 1)) + 0.5);
  return x < (double)steps ? (uint64_t)x : steps;
}

/* Writes the schedule for `steps` into step (NULL: counts alone), ascending, each once; returns how many. */
static size_t make_schedule(const struct isw_schedule_rule *rule, uint64_t steps, uint64_t *step)
{
  size_t count = 0;
  uint64_t last = 0;
  if (step) step[0] = 0;
  count++;
  uint64_t points = rule->kind == ISW_EVERY  ? steps / rule->number
                    : rule->kind == ISW_LIST ? rule->count
                    : steps == 0             ? 0
                                             : rule->number;
  for (uint64_t i = 0; i < points; i++) {
    uint64_t next = rule->kind == ISW_EVERY  ? (i + 1) * rule->number
                    : rule->kind == ISW_LIST ? rule->step[i]
                                             : geometric_step(steps, i, rule->number);
    if (next <= last || next > steps) continue;
    if (step) step[count] = next;
    count++;
    last = next;
  }
  if (last == steps) return count;
  if (step) step[count] = steps;
  return count + 1;
}

struct distinct {
  struct isw_reader *reader;
  size_t capacity;
};

static void note_steps(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct distinct *distinct = context;
  struct isw_reader *reader = distinct->reader;
  struct isw_sweep *sweep = reader->sweep;
  uint64_t steps = isw_setting_at(sweep, grid, cell, ISW_SET_STEPS).whole;
  if (sweep->rule.kind == ISW_EVERY && steps / sweep->rule.number > RECORDS_MAX) {
    isw_report_add(&reader->report, sweep->rule.place, "this records more than %d times in %llu steps", RECORDS_MAX,
                   (unsigned long long)steps);
    return;
  }
  sweep->schedule =
      isw_arena_grow(&sweep->arena, sweep->schedule, sweep->schedules, &distinct->capacity, sizeof *sweep->schedule);
  sweep->schedule[sweep->schedules++] = (struct isw_schedule){.steps = steps};
}

static int by_steps(const void *a, const void *b)
{
  const struct isw_schedule *x = a, *y = b;
  return x->steps < y->steps ? -1 : x->steps > y->steps;
}

/* A step of the list that no network reaches is a mistake. */
static void check_list(struct isw_reader *reader, uint64_t most)
{
  const struct isw_schedule_rule *rule = &reader->sweep->rule;
  if (rule->kind != ISW_LIST || !rule->count || rule->step[rule->count - 1] <= most) return;
  const struct isw_node *list = reader->leaf[ISW_SET_RECORD_STEPS];
  for (size_t i = 0; i < list->count; i++)
    if (strtod(list->child[i]->text, NULL) > (double)most) {
      isw_report_add(&reader->report, list->child[i]->place, "no network has a step %s", list->child[i]->text);
      isw_report_hint(&reader->report, "the longest takes %llu steps", (unsigned long long)most);
    }
}

void isw_make_schedules(struct isw_reader *reader)
{
  static const size_t steps[] = {ISW_SET_STEPS};
  struct isw_sweep *sweep = reader->sweep;
  struct distinct found = {.reader = reader};
  if (!isw_visit_classes(sweep, steps, 1, note_steps, &found)) longjmp(reader->out_of_memory, 1);
  if (!sweep->schedules) return;
  qsort(sweep->schedule, sweep->schedules, sizeof *sweep->schedule, by_steps);
  size_t distinct = 0, total = 0;
  for (size_t i = 0; i < sweep->schedules; i++)
    if (i == 0 || sweep->schedule[distinct - 1].steps != sweep->schedule[i].steps)
      sweep->schedule[distinct++] = sweep->schedule[i];
  sweep->schedules = distinct;
  check_list(reader, sweep->schedule[distinct - 1].steps);
  for (size_t i = 0; i < distinct; i++) {
    struct isw_schedule *schedule = &sweep->schedule[i];
    schedule->count = make_schedule(&sweep->rule, schedule->steps, NULL);
    total += schedule->count;
    if (total > all_records_limit) {
      isw_report_add(&reader->report, sweep->rule.place, "too many recorded steps over all values of train.steps");
      return;
    }
    schedule->step = isw_arena_get(&sweep->arena, schedule->count, sizeof *schedule->step);
    make_schedule(&sweep->rule, schedule->steps, schedule->step);
    if (schedule->count > sweep->records_max) sweep->records_max = schedule->count;
  }
}

size_t isw_sweep_schedule(const struct isw_sweep *sweep, uint64_t steps, const uint64_t **schedule)
{
  size_t low = 0, high = sweep->schedules;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (sweep->schedule[middle].steps <= steps)
      low = middle;
    else
      high = middle;
  }
  *schedule = sweep->schedule[low].step;
  return sweep->schedule[low].count;
}
