/* Reads the section `record`: schedule and probes. */
#include <math.h>
#include <string.h>
#include "sweep_internal.h"

enum { DEFAULT_POINTS = 60, NUMBER_SIZE = 40 };

static void read_steps(struct isw_reader *reader)
{
  static const struct isw_schedule_rule standard = {.kind = ISW_GEOMSPACE, .number = DEFAULT_POINTS};
  struct isw_schedule_rule *rule = &reader->sweep->rule;
  const struct isw_node *node = reader->leaf[ISW_SET_RECORD_STEPS];
  *rule = (struct isw_schedule_rule){0};
  if (node && isw_read_schedule_rule(reader, "record.steps", node, rule)) return;
  struct isw_place place = rule->place;
  *rule = standard;
  rule->place = place;
}

/* Finds a probe by name, or NULL. */
static const struct isw_probe *find_probe(const char *name)
{
  size_t count;
  const struct isw_probe *const *probes = isw_probes(&count);
  for (size_t p = 0; p < count; p++)
    if (strcmp(probes[p]->row.name, name) == 0) return probes[p];
  return NULL;
}

static bool all_have_classes(const struct isw_sweep *sweep)
{
  for (size_t d = 0; d < sweep->datasets; d++)
    if (sweep->data[d].kind == ISW_TARGETS_VALUES) return false;
  return sweep->datasets > 0;
}

static const struct isw_schedule_rule at_all = {.kind = ISW_AT_ALL};

/* A probe with a parameter becomes a copy that has this sweep's. */
static void add_probe(struct isw_sweep *sweep, const struct isw_probe *probe, double parameter,
                      const struct isw_schedule_rule *rule)
{
  if (isw_row_parameters(&probe->row)) {
    struct isw_probe *own = isw_arena_get(&sweep->arena, 1, sizeof *own);
    *own = *probe;
    own->parameter = parameter;
    probe = own;
  }
  sweep->probe[sweep->probes] = probe;
  sweep->probe_rule[sweep->probes++] = *rule;
}

static bool needs_classes(const struct isw_probe *probe)
{
  return (probe->needs & ISW_NEEDS_CLASSES) != 0;
}

/* The probe's parameter; NULL: it has none, or there is no such probe. */
static const struct isw_parameter *parameter_of(const struct isw_probe *probe)
{
  return probe && isw_row_parameters(&probe->row) ? &probe->row.parameters[0] : NULL;
}

/* Reads `{name: ..., steps: ..., parameter: ...}`: returns the node of the probe's name and reads its schedule and its
 * parameter. NULL after an error. */
static const struct isw_node *read_probe_map(struct isw_reader *reader, const struct isw_node *map,
                                             struct isw_schedule_rule *rule, double *number)
{
  const struct isw_node *name = isw_tree_find(map, "name", strlen("name"), NULL), *steps = NULL, *value = NULL;
  const struct isw_parameter *parameter =
      parameter_of(name && name->kind == ISW_NODE_SCALAR ? find_probe(name->text) : NULL);
  const char *const words[] = {"name", "steps", parameter ? parameter->name : ""};
  bool good = true;
  for (size_t i = 0; i < map->count; i++) {
    const struct isw_node *key = map->child[2 * i];
    if (strcmp(key->text, "steps") == 0) {
      steps = map->child[2 * i + 1];
    } else if (parameter && strcmp(key->text, parameter->name) == 0) {
      value = map->child[2 * i + 1];
    } else if (strcmp(key->text, "name") != 0) {
      isw_report_add(&reader->report, key->place, "unknown key %s of a probe",
                     isw_tree_describe(&reader->scratch, key));
      isw_suggest(reader, key->text, words, parameter ? 3 : 2, "A probe is a name, or {name: ..., steps: ...}.");
      good = false;
    }
  }
  if (good && !name) isw_report_add(&reader->report, map->place, "this probe has no name");
  if (steps) good = isw_read_schedule_rule(reader, "a probe's steps", steps, rule) && good;
  if (value) {
    const struct isw_number_rule allowed = {.what = parameter->name,
                                            .integer = parameter->type == ISW_COUNT,
                                            .low = parameter->low,
                                            .high = parameter->high};
    good = isw_read_number(reader, &allowed, value, number) && good;
  }
  return good ? name : NULL;
}

/* Default probes: loss, gradient norm and, if every dataset has classes, accuracy. */
static void add_default_probes(struct isw_sweep *sweep)
{
  static const char *const names[] = {"loss", "gradient_norm", "accuracy"};
  enum { NAMES = sizeof names / sizeof names[0] };
  sweep->probe = isw_arena_get(&sweep->arena, NAMES + 1, sizeof *sweep->probe); /* and that of the weights */
  sweep->probe_rule = isw_arena_get(&sweep->arena, NAMES + 1, sizeof *sweep->probe_rule);
  for (size_t i = 0; i < NAMES; i++) {
    const struct isw_probe *probe = find_probe(names[i]);
    if (all_have_classes(sweep) || !needs_classes(probe)) add_probe(sweep, probe, 0.0, &at_all);
  }
}

static void unknown_probe(struct isw_reader *reader, const struct isw_node *element)
{
  size_t count;
  const struct isw_probe *const *probes = isw_probes(&count);
  const char **names = isw_arena_get(&reader->scratch, count, sizeof *names);
  for (size_t p = 0; p < count; p++) names[p] = probes[p]->row.name;
  isw_report_add(&reader->report, element->place, "unknown probe %s", isw_tree_describe(&reader->scratch, element));
  isw_suggest(reader, element->kind == ISW_NODE_SCALAR ? element->text : "", names, count,
              "`initsweep list probes` shows all.");
}

static bool any_has_test_samples(const struct isw_sweep *sweep)
{
  for (size_t d = 0; d < sweep->datasets; d++)
    if (sweep->data[d].test_samples > 0) return true;
  return false;
}

/* Reads an element of record.probes: a name, or {name: ..., steps: ..., parameter: ...}. */
static void read_probe(struct isw_reader *reader, const struct isw_node *element)
{
  struct isw_sweep *sweep = reader->sweep;
  struct isw_schedule_rule rule = at_all;
  double number = NAN;
  const struct isw_node *name =
      element->kind == ISW_NODE_MAP ? read_probe_map(reader, element, &rule, &number) : element;
  if (!name) return;
  const struct isw_probe *probe = name->kind == ISW_NODE_SCALAR ? find_probe(name->text) : NULL;
  if (!probe) {
    unknown_probe(reader, name);
    return;
  }
  for (size_t k = 0; k < sweep->probes; k++)
    if (strcmp(sweep->probe[k]->row.name, probe->row.name) == 0)
      isw_report_add(&reader->report, name->place, "probe '%s' is listed twice", probe->row.name);
  if (needs_classes(probe) && sweep->datasets && !all_have_classes(sweep)) {
    isw_report_add(&reader->report, name->place, "probe '%s' needs targets that are classes, or 0 and 1",
                   probe->row.name);
    isw_report_hint(&reader->report, "a dataset of this sweep has real numbers as targets");
  }
  if ((probe->needs & ISW_NEEDS_TEST) && sweep->datasets && !reader->from->stored && !any_has_test_samples(sweep)) {
    isw_report_add(&reader->report, name->place, "probe '%s' needs test samples, of which there are none",
                   probe->row.name);
    isw_report_hint(&reader->report, "test_fraction of the dataset, or its test files, make a test set");
  }
  if (probe->quantity.per_run && rule.kind != ISW_AT_ALL) {
    isw_report_add(&reader->report, element->place, "probe '%s' cannot have steps: it has one value per training",
                   probe->row.name);
    isw_report_hint(&reader->report, "it is exact to the step, independently of record.steps");
  }
  add_probe(sweep, probe, isnan(number) && parameter_of(probe) ? parameter_of(probe)->initial : number, &rule);
}

bool isw_sweep_same_probe(const struct isw_probe *a, const struct isw_probe *b)
{
  return strcmp(a->row.name, b->row.name) == 0 && (!parameter_of(a) || a->parameter == b->parameter);
}

static bool has_own_parameter(const struct isw_probe *probe)
{
  return parameter_of(probe) && probe->parameter != parameter_of(probe)->initial;
}

enum isw_status isw_write_probe_map(const struct isw_probe *probe, struct isw_text *text)
{
  enum isw_status status = isw_text_add(text, "{name: %s", probe->row.name);
  if (!has_own_parameter(probe) || status != ISW_OK) return status;
  char number[NUMBER_SIZE];
  isw_write_number(probe->parameter, number, sizeof number);
  return isw_text_add(text, ", %s: %s", parameter_of(probe)->name, number);
}

enum isw_status isw_sweep_write_probe(const struct isw_probe *probe, struct isw_text *text)
{
  if (!has_own_parameter(probe)) return isw_text_add(text, "%s", probe->row.name);
  enum isw_status status = isw_write_probe_map(probe, text);
  return status == ISW_OK ? isw_text_add(text, "}") : status;
}

static void read_probes(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_node *node = reader->leaf[ISW_SET_RECORD_PROBES];
  if (!node) {
    add_default_probes(sweep);
    return;
  }
  size_t count = node->kind == ISW_NODE_LIST ? node->count : 0;
  sweep->probe = isw_arena_get(&sweep->arena, count + 1, sizeof *sweep->probe); /* and that of the weights */
  sweep->probe_rule = isw_arena_get(&sweep->arena, count + 1, sizeof *sweep->probe_rule);
  if (node->kind != ISW_NODE_LIST) {
    isw_report_add(&reader->report, node->place, "record.probes must be a list of probes, not %s",
                   isw_tree_describe(&reader->scratch, node));
    isw_report_hint(&reader->report, "for example [loss, gradient_norm]; `initsweep list probes` shows all.");
    return;
  }
  for (size_t i = 0; i < count; i++) read_probe(reader, node->child[i]);
}

/* Reads `{steps: ...}`; base_values.c reads the other values. */
static void read_weights(struct isw_reader *reader)
{
  struct isw_sweep *sweep = reader->sweep;
  const struct isw_node *node = reader->leaf[ISW_SET_RECORD_WEIGHTS];
  if (!node || node->kind != ISW_NODE_MAP) return;
  struct isw_schedule_rule rule = {0};
  const struct isw_node *key = node->count == 1 ? node->child[0] : NULL;
  if (!key || strcmp(key->text, "steps") != 0) {
    static const char *const words[] = {"steps"};
    isw_report_add(&reader->report, key ? key->place : node->place,
                   "record.weights must be none, initial, final, both or {steps: ...}, not %s",
                   isw_tree_describe(&reader->scratch, key ? key : node));
    isw_suggest(reader, key ? key->text : "", words, 1, "For example record.weights: {steps: {geomspace: 8}}.");
    return;
  }
  if (!isw_read_schedule_rule(reader, "steps of record.weights", node->child[1], &rule)) return;
  add_probe(sweep, &isw_probe_weights, NAN, &rule);
  sweep->has_snapshots = true;
  sweep->keep.final = true;
}

void isw_read_record(struct isw_reader *reader)
{
  static void (*const read[])(struct isw_reader * reader) = {read_steps, read_probes, read_weights};
  static const size_t setting[] = {ISW_SET_RECORD_STEPS, ISW_SET_RECORD_PROBES, ISW_SET_RECORD_WEIGHTS};
  for (size_t i = 0; i < sizeof setting / sizeof *setting; i++) {
    size_t problems = reader->report.count + reader->report.left_out;
    read[i](reader);
    if (problems != reader->report.count + reader->report.left_out) reader->broken[setting[i]] = true;
  }
}
