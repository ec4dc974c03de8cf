/* Record schedules: the rules of the file, and the schedule that they give for each number of steps. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

static const size_t all_records_limit = 1u << 26; /* recorded steps over all distinct train.steps */

static int by_value(const void *a, const void *b)
{
  const uint64_t *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

/* Reads the schedule of `what`; false after an error. */
bool isw_read_schedule_rule(struct isw_reader *reader, const char *what, const struct isw_node *node,
                            struct isw_schedule_rule *rule)
{
  rule->place = node->place;
  struct isw_number_rule number = {.what = "a recorded step", .integer = true, .low = 0, .high = ISW_LARGEST_INTEGER};
  double value = 0.0;
  if (node->kind == ISW_NODE_LIST) {
    uint64_t *step = isw_arena_get(&reader->sweep->arena, node->count, sizeof *step);
    rule->kind = ISW_LIST;
    for (size_t i = 0; i < node->count; i++)
      if (isw_read_number(reader, &number, node->child[i], &value)) step[rule->count++] = (uint64_t)value;
    if (rule->count) qsort(step, rule->count, sizeof *step, by_value);
    for (size_t i = 1; i < rule->count; i++)
      if (step[i] == step[i - 1])
        isw_report_add(&reader->report, node->place, "step %llu is listed twice", (unsigned long long)step[i]);
    rule->step = step;
    return true;
  }
  const struct isw_node *key = node->kind == ISW_NODE_MAP && node->count == 1 ? node->child[0] : NULL;
  bool every = key && strcmp(key->text, "every") == 0, geomspace = key && strcmp(key->text, "geomspace") == 0;
  if (!every && !geomspace) {
    isw_report_add(&reader->report, key ? key->place : node->place,
                   "%s must be {every: k}, {geomspace: n} or a list of steps, not %s", what,
                   key ? isw_tree_describe(&reader->scratch, key) : isw_tree_describe(&reader->scratch, node));
    static const char *const words[] = {"every", "geomspace"};
    if (key) isw_suggest(reader, key->text, words, 2, NULL);
    return false;
  }
  number.what = every ? "every" : "geomspace";
  number.low = 1;
  if (geomspace) number.high = ISW_RECORDS_MAX - 2;
  if (!isw_read_number(reader, &number, node->child[1], &value)) return false;
  rule->kind = every ? ISW_EVERY : ISW_GEOMSPACE;
  rule->number = (uint64_t)value;
  return true;
}

/* Point i of n, geometric from 1 to steps, rounded. */
static uint64_t geometric_step(uint64_t steps, uint64_t i, uint64_t n)
{
  if (n < 2) return 1;
  if (i == n - 1) return steps;
  double x = floor(isw_exact_exp(isw_exact_log((double)steps) * (double)i / (double)(n - 1)) + 0.5);
  return x < (double)steps ? (uint64_t)x : steps;
}

/* Writes the schedule for `steps` into `step` (NULL: only counts), ascending and without duplicates; returns its
 * length. */
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
  uint64_t steps = isw_setting_at(sweep, grid, cell, ISW_SET_STEPS).integer;
  for (size_t p = 0; p <= sweep->probes; p++) { /* the last is record.steps */
    const struct isw_schedule_rule *rule = p < sweep->probes ? &sweep->probe_rule[p] : &sweep->rule;
    if (rule->kind != ISW_EVERY || steps / rule->number <= ISW_RECORDS_MAX) continue;
    isw_report_add(&reader->report, rule->place, "this makes more than %d records in %llu steps", ISW_RECORDS_MAX,
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

/* Reports a listed step that no network reaches. */
static void check_list(struct isw_reader *reader, uint64_t most)
{
  const struct isw_schedule_rule *rule = &reader->sweep->rule;
  if (rule->kind != ISW_LIST || !rule->count || rule->step[rule->count - 1] <= most) return;
  const struct isw_node *list = reader->leaf[ISW_SET_RECORD_STEPS];
  for (size_t i = 0; i < list->count; i++)
    if (strtod(list->child[i]->text, NULL) > (double)most) {
      isw_report_add(&reader->report, list->child[i]->place, "no network has a step %s", list->child[i]->text);
      isw_report_hint(&reader->report, "the longest training has %llu steps", (unsigned long long)most);
    }
}

static bool has_own(const struct isw_sweep *sweep)
{
  for (size_t p = 0; p < sweep->probes; p++)
    if (sweep->probe_rule[p].kind != ISW_AT_ALL) return true;
  return false;
}

/* Merges the steps of record.steps and of every probe with its own schedule, and stores which probes are due at which.
 * total: recorded steps of all schedules so far; false if they exceed the limit. */
static bool unite(struct isw_reader *reader, struct isw_schedule *schedule, size_t *total)
{
  struct isw_sweep *sweep = reader->sweep;
  size_t count = make_schedule(&sweep->rule, schedule->steps, NULL), unique = 0;
  if (count > all_records_limit - *total) return false;
  if (!has_own(sweep)) {
    schedule->step = isw_arena_get(&sweep->arena, count, sizeof *schedule->step);
    schedule->count = make_schedule(&sweep->rule, schedule->steps, schedule->step);
    *total += count;
    return true;
  }
  for (size_t p = 0; p < sweep->probes; p++) {
    if (sweep->probe_rule[p].kind != ISW_AT_ALL) count += make_schedule(&sweep->probe_rule[p], schedule->steps, NULL);
    if (count > (all_records_limit - *total) / sweep->probes) return false; /* `due` must not be longer */
  }
  uint64_t *step = isw_arena_get(&sweep->arena, count, sizeof *step);
  count = make_schedule(&sweep->rule, schedule->steps, step);
  for (size_t p = 0; p < sweep->probes; p++)
    if (sweep->probe_rule[p].kind != ISW_AT_ALL)
      count += make_schedule(&sweep->probe_rule[p], schedule->steps, step + count);
  uint64_t *own = isw_arena_get(&reader->scratch, count, sizeof *own);
  qsort(step, count, sizeof *step, by_value);
  for (size_t i = 0; i < count; i++)
    if (i == 0 || step[i] != step[unique - 1]) step[unique++] = step[i];
  schedule->step = step;
  schedule->count = unique;
  schedule->due = isw_arena_get(&sweep->arena, sweep->probes * unique, sizeof *schedule->due);
  for (size_t p = 0; p < sweep->probes; p++) {
    bool all = sweep->probe_rule[p].kind == ISW_AT_ALL;
    if (!all) make_schedule(&sweep->probe_rule[p], schedule->steps, own);
    for (size_t i = 0, next = 0; i < unique; i++) {
      schedule->due[p * unique + i] = all || own[next] == step[i];
      if (!all && own[next] == step[i]) next++;
    }
  }
  if (sweep->has_snapshots) {
    schedule->snapshots = make_schedule(&sweep->probe_rule[sweep->probes - 1], schedule->steps, own);
    schedule->snapshot = isw_arena_get(&sweep->arena, schedule->snapshots, sizeof *schedule->snapshot);
    memcpy(schedule->snapshot, own, schedule->snapshots * sizeof *own);
  }
  *total += sweep->probes * unique;
  return true;
}

void isw_make_schedules(struct isw_reader *reader)
{
  static const size_t steps[] = {ISW_SET_STEPS};
  struct isw_sweep *sweep = reader->sweep;
  struct distinct found = {.reader = reader};
  if (reader->broken[ISW_SET_STEPS] || reader->broken[ISW_SET_RECORD_STEPS] || reader->broken[ISW_SET_RECORD_PROBES] ||
      reader->broken[ISW_SET_RECORD_WEIGHTS])
    return;
  if (!isw_visit_classes(sweep, steps, 1, note_steps, &found)) longjmp(reader->out_of_memory, 1);
  if (!sweep->schedules) return;
  qsort(sweep->schedule, sweep->schedules, sizeof *sweep->schedule, by_steps);
  size_t distinct = 0, total = 0;
  for (size_t i = 0; i < sweep->schedules; i++)
    if (i == 0 || sweep->schedule[distinct - 1].steps != sweep->schedule[i].steps)
      sweep->schedule[distinct++] = sweep->schedule[i];
  sweep->schedules = distinct;
  check_list(reader, sweep->schedule[distinct - 1].steps);
  for (size_t p = 0; p < sweep->probes; p++) {
    const struct isw_schedule_rule *rule = &sweep->probe_rule[p];
    if (rule->kind == ISW_LIST && rule->count && rule->step[rule->count - 1] > sweep->schedule[distinct - 1].steps)
      isw_report_add(&reader->report, rule->place, "no network has a step %llu",
                     (unsigned long long)rule->step[rule->count - 1]);
  }
  for (size_t i = 0; i < distinct; i++) {
    struct isw_schedule *schedule = &sweep->schedule[i];
    if (!unite(reader, schedule, &total)) {
      isw_report_add(&reader->report, sweep->rule.place, "too many recorded steps over all values of train.steps");
      return;
    }
    if (schedule->count > sweep->records_max) sweep->records_max = schedule->count;
    if (schedule->snapshots > sweep->snapshots_max) sweep->snapshots_max = schedule->snapshots;
  }
}

static const struct isw_schedule *find_schedule(const struct isw_sweep *sweep, uint64_t steps)
{
  size_t low = 0, high = sweep->schedules;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (sweep->schedule[middle].steps <= steps)
      low = middle;
    else
      high = middle;
  }
  return &sweep->schedule[low];
}

size_t isw_sweep_schedule(const struct isw_sweep *sweep, uint64_t steps, const uint64_t **schedule)
{
  *schedule = find_schedule(sweep, steps)->step;
  return find_schedule(sweep, steps)->count;
}

size_t isw_sweep_snapshots(const struct isw_sweep *sweep, uint64_t steps, const uint64_t **snapshot)
{
  *snapshot = find_schedule(sweep, steps)->snapshot;
  return find_schedule(sweep, steps)->snapshots;
}

const bool *isw_sweep_due(const struct isw_sweep *sweep, uint64_t steps, size_t probe)
{
  const struct isw_schedule *schedule = find_schedule(sweep, steps);
  return schedule->due && sweep->probe_rule[probe].kind != ISW_AT_ALL ? schedule->due + probe * schedule->count : NULL;
}
