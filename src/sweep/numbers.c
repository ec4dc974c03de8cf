/* Reads numbers of a sweep file: one, a list, or a generator (range, linspace, geomspace). */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "sweep_internal.h"

enum { TEXT_SIZE = 160 };

/* YAML 1.2's core schema: an optional sign, digits with or without a point, an exponent. */
static bool looks_like_number(const char *c)
{
  if (*c == '+' || *c == '-') c++;
  size_t digits = strspn(c, "0123456789");
  c += digits;
  if (*c == '.') {
    c++;
    size_t more = strspn(c, "0123456789");
    c += more;
    digits += more;
  }
  if (!digits) return false;
  if (*c == 'e' || *c == 'E') {
    c++;
    if (*c == '+' || *c == '-') c++;
    size_t exponent = strspn(c, "0123456789");
    if (!exponent) return false;
    c += exponent;
  }
  return *c == '\0';
}

bool isw_read_number(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                     double *number)
{
  if (node->kind == ISW_NODE_SCALAR && rule->word && strcmp(node->text, rule->word) == 0) {
    *number = rule->word_number;
    return true;
  }
  bool is_number = node->kind == ISW_NODE_SCALAR && node->plain && looks_like_number(node->text);
  double value = is_number ? strtod(node->text, NULL) : NAN;
  if (is_number && value >= rule->low && value <= rule->high && !(rule->low_open && value <= rule->low) &&
      !(rule->high_open && value >= rule->high) && isfinite(value) && (!rule->integer || floor(value) == value)) {
    *number = value + 0.0; /* -0 is the same setting as 0 */
    return true;
  }
  char range[TEXT_SIZE];
  isw_describe_range(rule->integer, rule->low, rule->high, rule->low_open, rule->high_open, range, sizeof range);
  isw_report_add(&reader->report, node->place, "%s must be %s%s%s%s, not %s", rule->what, rule->word ? "'" : "",
                 rule->word ? rule->word : "", rule->word ? "' or " : "", range,
                 isw_tree_describe(&reader->scratch, node));
  if (node->kind == ISW_NODE_SCALAR && !node->plain && looks_like_number(node->text))
    isw_report_hint(&reader->report, "a number in quotes is read as text");
  else if (node->kind == ISW_NODE_MAP && rule->instead_of_mapping)
    isw_report_hint(&reader->report, "%s", rule->instead_of_mapping);
  else if (node->kind == ISW_NODE_SCALAR && node->plain && rule->word)
    isw_suggest(reader, node->text, &rule->word, 1, NULL);
  return false;
}

static double *new_numbers(struct isw_reader *reader, size_t count)
{
  return isw_arena_get(&reader->scratch, count, sizeof(double));
}

static void read_range(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                       const double *argument, struct isw_numbers *numbers)
{
  double first = argument[0], last = argument[1], step = argument[2];
  double count = floor((last - first) / step + 1e-9) + 1.0;
  if (step == 0.0 || !(count >= 1.0)) {
    isw_report_add(&reader->report, node->place, "this range is empty");
    isw_report_hint(&reader->report,
                    "expected [first, last] or [first, last, step] with a step that leads from first to last");
    return;
  }
  if (rule->integer) {
    if (count >= 1099511627776.0) { /* 2^40 */
      isw_report_add(&reader->report, node->place, "this range has 2^40 values or more");
      return;
    }
    *numbers =
        (struct isw_numbers){.count = (size_t)count, .is_range = true, .first = (int64_t)first, .step = (int64_t)step};
    return;
  }
  if (count > ISW_VALUES_MAX) {
    isw_report_add(&reader->report, node->place, "this range has more than %d values", ISW_VALUES_MAX);
    return;
  }
  numbers->count = (size_t)count;
  numbers->value = new_numbers(reader, numbers->count);
  for (size_t i = 0; i < numbers->count; i++) numbers->value[i] = first + (double)i * step;
  double *end = &numbers->value[numbers->count - 1];
  if (numbers->count > 1 && fabs(*end - last) <= 1e-9 * fabs(step)) *end = last;
}

static double spaced(bool geometric, double a, double b, size_t i, size_t n)
{
  if (i == 0) return a;
  if (i == n - 1) return b;
  double part = (double)i / (double)(n - 1);
  if (!geometric) return a + (b - a) * (double)i / (double)(n - 1);
  /* Rounded to 12 digits, so that a value such as 0.1 is exactly that number. */
  char text[TEXT_SIZE];
  snprintf(text, sizeof text, "%.12g", a * isw_exact_exp(isw_exact_log(b / a) * part));
  return strtod(text, NULL);
}

static void read_spaced(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                        bool geometric, const double *argument, struct isw_numbers *numbers)
{
  double a = argument[0], b = argument[1];
  if (geometric && (a == 0.0 || b == 0.0 || (a < 0.0) != (b < 0.0))) {
    isw_report_add(&reader->report, node->place, "the ends of a geomspace must have the same sign and must not be 0");
    return;
  }
  numbers->count = (size_t)argument[2];
  numbers->value = new_numbers(reader, numbers->count);
  for (size_t i = 0; i < numbers->count; i++) {
    double x = spaced(geometric, a, b, i, numbers->count);
    numbers->value[i] = rule->integer ? floor(x + 0.5) : x;
  }
}

/* {count: n} */
static void read_count(struct isw_reader *reader, const struct isw_node *node, struct isw_numbers *numbers)
{
  const struct isw_number_rule rule = {
      .what = "count", .integer = true, .low = 1, .high = 1099511627775.0}; /* 2^40 - 1 */
  double count;
  if (!isw_read_number(reader, &rule, node, &count)) return;
  *numbers = (struct isw_numbers){.count = (size_t)count, .is_range = true, .step = 1};
}

/* {range: [first, last, step]}, {linspace: [a, b, n]}, {geomspace: [a, b, n]} */
static void read_generator(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                           struct isw_numbers *numbers)
{
  static const char *const generators[] = {"range", "linspace", "geomspace"};
  enum { GENERATORS = 3 };
  const struct isw_node *key = node->count ? node->child[0] : node, *list = node->count ? node->child[1] : node;
  size_t which = 0;
  if (rule->counts && node->count == 1 && strcmp(key->text, "count") == 0) {
    read_count(reader, list, numbers);
    return;
  }
  while (which < GENERATORS && strcmp(node->count ? key->text : "", generators[which]) != 0) which++;
  if (which == GENERATORS || node->count != 1) {
    isw_report_add(&reader->report, which == GENERATORS ? key->place : node->child[2]->place,
                   which == GENERATORS ? "unknown generator %s" : "unexpected key %s beside a generator",
                   isw_tree_describe(&reader->scratch, which == GENERATORS ? key : node->child[2]));
    isw_suggest(reader, node->count ? key->text : "", generators, GENERATORS,
                "Expected {range: [first, last, step]}, {linspace: [a, b, n]} or {geomspace: [a, b, n]}.");
    return;
  }
  bool range = which == 0;
  if (list->kind != ISW_NODE_LIST || list->count > 3 || list->count < (range ? 2 : 3)) {
    isw_report_add(&reader->report, list->place, "%s needs %s, not %s", generators[which],
                   range ? "[first, last] or [first, last, step]" : "[a, b, n]",
                   list->kind == ISW_NODE_LIST ? "a list of a different length"
                                               : isw_tree_describe(&reader->scratch, list));
    return;
  }
  struct isw_number_rule end = *rule, step = {.what = "the step of a range",
                                              .integer = rule->integer,
                                              .low = -ISW_LARGEST_NUMBER,
                                              .high = ISW_LARGEST_NUMBER};
  struct isw_number_rule count = {.what = "the number of points", .integer = true, .low = 1, .high = ISW_VALUES_MAX};
  end.word = NULL;
  if (rule->integer) step.low = -ISW_LARGEST_INTEGER, step.high = ISW_LARGEST_INTEGER;
  double argument[3] = {0.0, 0.0, 1.0};
  for (size_t i = 0; i < list->count; i++)
    if (!isw_read_number(reader, i < 2 ? &end : range ? &step : &count, list->child[i], &argument[i])) return;
  if (!range && argument[2] < 2.0 && argument[0] != argument[1]) {
    isw_report_add(&reader->report, list->child[2]->place, "a single point cannot have two different ends");
    return;
  }
  if (range)
    read_range(reader, rule, node, argument, numbers);
  else
    read_spaced(reader, rule, node, which == 2, argument, numbers);
}

/* Reads one number, a list of numbers or a generator. */
void isw_read_numbers(struct isw_reader *reader, const struct isw_number_rule *rule, const struct isw_node *node,
                      bool several, struct isw_numbers *numbers)
{
  *numbers = (struct isw_numbers){0};
  if (several && node->kind == ISW_NODE_MAP) {
    read_generator(reader, rule, node, numbers);
    return;
  }
  bool list = several && node->kind == ISW_NODE_LIST;
  size_t count = list ? node->count : 1;
  numbers->value = new_numbers(reader, count);
  numbers->place = isw_arena_get(&reader->scratch, count, sizeof *numbers->place);
  for (size_t i = 0; i < count; i++) {
    const struct isw_node *element = list ? node->child[i] : node;
    if (isw_read_number(reader, rule, element, &numbers->value[numbers->count]))
      numbers->place[numbers->count++] = element->place;
  }
}

double isw_number_at(const struct isw_numbers *numbers, size_t i)
{
  return numbers->is_range ? (double)(numbers->first + (int64_t)i * numbers->step) : numbers->value[i];
}
