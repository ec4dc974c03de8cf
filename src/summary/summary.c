#include "initsweep/summary.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/console.h"

enum {
  BLOCK = 65536,         /* networks read at once */
  SLAB_NUMBERS = 1 << 20 /* numbers of a slab of networks and records */
};

/* ---- small parts ---- */

/* Numbers, none NaN: the one that sorting would put at k, none before it larger. Linear on average (Hoare 1961). */
static double select_number(double *values, size_t count, size_t k)
{
  ptrdiff_t low = 0, high = (ptrdiff_t)count - 1, wanted = (ptrdiff_t)k;
  while (low < high) {
    double pivot = values[low + (high - low) / 2];
    ptrdiff_t i = low, j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      double swap = values[i];
      values[i++] = values[j];
      values[j--] = swap;
    }
    if (wanted <= j)
      high = j;
    else if (wanted >= i)
      low = i;
    else
      break;
  }
  return values[k];
}

static double median(double *values, size_t count)
{
  if (count == 0) return (double)NAN;
  double upper = select_number(values, count, count / 2);
  if (count % 2) return upper;
  double lower = values[0]; /* the largest of those before it */
  for (size_t i = 1; i < count / 2; i++) lower = values[i] > lower ? values[i] : lower;
  return lower == upper ? upper : 0.5 * (lower + upper);
}

/* Of the numbers that are there; they are moved to the front. */
static struct isw_spread spread_of(double *values, size_t count)
{
  size_t there = 0;
  struct isw_spread spread = {(double)NAN, (double)NAN, (double)NAN};
  for (size_t i = 0; i < count; i++)
    if (!isnan(values[i])) values[there++] = values[i];
  for (size_t i = 0; i < there; i++) {
    if (i == 0 || values[i] < spread.lowest) spread.lowest = values[i];
    if (i == 0 || values[i] > spread.highest) spread.highest = values[i];
  }
  spread.median = median(values, there);
  return spread;
}

/* The code of a key: 0, 1, 2, ... in order of appearance. ISW_NO_CODE where memory ran out. */
static uint32_t code_of(struct isw_table *codes, uint64_t key)
{
  uint64_t code;
  size_t place = 0;
  if (isw_table_find(codes, key, &place, &code)) return (uint32_t)code;
  code = codes->count;
  return isw_table_add(codes, key, code) == ISW_OK ? (uint32_t)code : ISW_NO_CODE;
}

/* A number's bits, those of equal numbers alike. */
static uint64_t key_of(double number)
{
  uint64_t key = 0;
  double canonical = isnan(number) ? (double)NAN : number == 0 ? 0.0 : number;
  memcpy(&key, &canonical, sizeof key);
  return key;
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* ---- reading ---- */

struct reading {
  struct isw_summary *summary;
  uint32_t *cell;  /* [networks] */
  uint32_t *order; /* [networks] */
  double *block;   /* [SLAB_NUMBERS] */
  double *scratch; /* [networks] */
};

static uint64_t some_of(const struct isw_summary *summary, uint64_t first)
{
  return summary->networks - first < BLOCK ? summary->networks - first : BLOCK;
}

static enum isw_status read_status(struct reading *reading, struct isw_error *error)
{
  struct isw_summary *summary = reading->summary;
  enum isw_status status = ISW_OK;
  for (uint64_t first = 0, some; first < summary->networks && status == ISW_OK; first += some) {
    some = some_of(summary, first);
    status = isw_results_column(summary->results, "status", first, some, 0, 0, reading->block, error);
    for (uint64_t i = 0; i < some && status == ISW_OK; i++) {
      double code = reading->block[i];
      uint8_t known = code >= 0 && code <= ISW_SKIPPED ? (uint8_t)code : ISW_MISSING;
      summary->status[first + i] = known;
      summary->ended[known]++;
    }
  }
  return status;
}

/* Makes finer cells of those that there are: two networks stay together where they have the same value too. */
static bool refine(struct reading *reading, struct isw_table *pairs, uint64_t network, uint32_t value)
{
  uint32_t *cell = &reading->cell[network];
  *cell = value == ISW_NO_CODE ? ISW_NO_CODE : code_of(pairs, (uint64_t)*cell << 32 | value);
  return *cell != ISW_NO_CODE;
}

/* The distinct numbers of an axis, and finer cells unless it is the replicate. */
static enum isw_status read_numbers(struct reading *reading, struct isw_summary_axis *axis, bool refines,
                                    struct isw_error *error)
{
  const struct isw_summary *summary = reading->summary;
  struct isw_table values = {0}, pairs = {0};
  enum isw_status status = ISW_OK;
  for (uint64_t first = 0, some; first < summary->networks && status == ISW_OK; first += some) {
    some = some_of(summary, first);
    status = isw_results_column(summary->results, axis->name, first, some, 0, 0, reading->block, error);
    for (uint64_t i = 0; i < some && status == ISW_OK; i++) {
      uint32_t value = code_of(&values, key_of(reading->block[i]));
      if (value == ISW_NO_CODE || (refines && !refine(reading, &pairs, first + i, value)))
        status = isw_error_memory(error, (values.count + pairs.count) * sizeof *values.entry, axis->name);
    }
  }
  axis->number = isw_allocate(values.count, sizeof *axis->number);
  for (size_t i = 0; i < values.capacity && axis->number; i++) {
    double number;
    memcpy(&number, &values.entry[i].key, sizeof number);
    if (values.entry[i].number && !isnan(number)) axis->number[axis->count++] = number;
  }
  if (axis->number)
    qsort(axis->number, axis->count, sizeof *axis->number, ascending);
  else if (status == ISW_OK)
    status = isw_error_memory(error, values.count * 8, axis->name);
  isw_table_clear(&values);
  isw_table_clear(&pairs);
  return status;
}

static enum isw_status read_texts(struct reading *reading, struct isw_summary_axis *axis, bool refines,
                                  struct isw_error *error)
{
  const struct isw_summary *summary = reading->summary;
  struct isw_table pairs = {0};
  uint32_t *code = reading->order; /* free until the cells are known */
  enum isw_status status = isw_results_texts(summary->results, axis->name, code, &axis->label, &axis->count, error);
  for (uint64_t i = 0; i < summary->networks && status == ISW_OK && refines; i++)
    if (!refine(reading, &pairs, i, code[i]))
      status = isw_error_memory(error, pairs.count * sizeof *pairs.entry, axis->name);
  isw_table_clear(&pairs);
  return status;
}

static void clear_axis(struct isw_summary_axis *axis)
{
  if (axis->label) isw_results_free_texts(axis->label, axis->count);
  free(axis->number);
  *axis = (struct isw_summary_axis){0};
}

static enum isw_status read_axes(struct reading *reading, struct isw_error *error)
{
  struct isw_summary *summary = reading->summary;
  const struct isw_results_dataset *dataset;
  enum isw_status status = ISW_OK;
  for (size_t i = 0; status == ISW_OK && (dataset = isw_results_dataset(summary->results, i)) != NULL; i++) {
    if (!dataset->coordinate) continue;
    struct isw_summary_axis *more = realloc(summary->axes, (summary->axis_count + 1) * sizeof *more);
    if (!more) return isw_error_memory(error, (summary->axis_count + 1) * sizeof *more, "the axes");
    summary->axes = more;
    struct isw_summary_axis *axis = &more[summary->axis_count++];
    *axis = (struct isw_summary_axis){.name = dataset->name, .text = dataset->text};
    bool refines = strcmp(axis->name, "replicate") != 0;
    status = axis->text ? read_texts(reading, axis, refines, error) : read_numbers(reading, axis, refines, error);
    if (axis->count < 2) clear_axis(&summary->axes[--summary->axis_count]); /* one, or one where the choice has it */
  }
  return status;
}

static const struct isw_results_dataset *find_dataset(const struct isw_summary *summary, const char *name)
{
  const struct isw_results_dataset *dataset;
  for (size_t i = 0; (dataset = isw_results_dataset(summary->results, i)) != NULL; i++)
    if (strcmp(dataset->name, name) == 0) return dataset;
  return NULL;
}

/* What has one number a network, or one a record: cells can be ranked by it. */
static bool ranks(const struct isw_results_dataset *dataset)
{
  static const char *const others[] = {"id", "status", "step", "features"};
  if (!dataset || dataset->coordinate || dataset->text || dataset->per_layer || dataset->per_parameter) return false;
  bool known = false;
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) known = known || strcmp(dataset->name, others[i]) == 0;
  return !known;
}

/* One record of all networks; where a block has stopped ones, their whole trajectories besides. */
static enum isw_status read_final(struct reading *reading, struct isw_final *final, struct isw_error *error)
{
  const struct isw_summary *summary = reading->summary;
  const struct isw_results_dataset *dataset = find_dataset(summary, final->name);
  size_t records = isw_results_records(summary->results), last = records > 0 ? records - 1 : 0;
  final->value = isw_allocate((size_t)summary->networks, sizeof *final->value);
  if (!final->value) return isw_error_memory(error, (size_t)summary->networks * sizeof *final->value, final->name);
  double *value = final->value;
  enum isw_status status = ISW_OK;
  for (uint64_t first = 0, some; first < summary->networks && status == ISW_OK; first += some) {
    some = some_of(summary, first);
    status = isw_results_column(summary->results, final->name, first, some, last, 0, value + first, error);
  }
  if (!dataset || !dataset->per_record || records == 0 || summary->ended[ISW_STOPPED] == 0) return status;
  uint64_t slab = SLAB_NUMBERS / records;
  for (uint64_t first = 0, some; first < summary->networks && status == ISW_OK; first += some) {
    some = summary->networks - first < slab ? summary->networks - first : slab;
    bool open = false;
    for (uint64_t i = first; i < first + some && !open; i++)
      open = summary->status[i] == ISW_STOPPED && isnan(value[i]);
    if (!open) continue;
    status = isw_results_slab(summary->results, final->name, first, some, 0, records, reading->block, error);
    for (uint64_t i = 0; i < some && status == ISW_OK; i++)
      if (summary->status[first + i] == ISW_STOPPED)
        for (size_t r = records; r > 0 && isnan(value[first + i]); r--)
          value[first + i] = reading->block[i * records + r - 1];
  }
  return status;
}

static enum isw_status unknown_quantity(const struct isw_summary *summary, const char *by, struct isw_error *error)
{
  const struct isw_results_dataset *dataset;
  const char *names[64], *nearest;
  size_t count = 0;
  struct isw_text list = {0};
  for (size_t i = 0; (dataset = isw_results_dataset(summary->results, i)) != NULL; i++)
    if (ranks(dataset)) {
      isw_text_add(&list, "%s%s", list.length ? ", " : "", dataset->name);
      if (count < sizeof names / sizeof *names) names[count++] = dataset->name;
    }
  nearest = isw_nearest_word(by, names, count);
  isw_error_set(
      error, ISW_BAD_INPUT, "--by: the file has no '%s' with one number a network or a record%s%s%s\n  it has %s", by,
      nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "", list.bytes ? list.bytes : "none");
  isw_text_clear(&list);
  return ISW_BAD_INPUT;
}

static enum isw_status read_finals(struct reading *reading, const char *by, struct isw_error *error)
{
  struct isw_summary *summary = reading->summary;
  if (by && !ranks(find_dataset(summary, by))) return unknown_quantity(summary, by, error);
  if (isw_results_records(summary->results) > SLAB_NUMBERS)
    return isw_error_set(error, ISW_BAD_INPUT, "more than %d records: too many to be shown", SLAB_NUMBERS);
  const char *names[ISW_FINALS] = {"loss", "accuracy", by};
  for (size_t n = 0; n < ISW_FINALS; n++) {
    const struct isw_results_dataset *dataset = names[n] ? find_dataset(summary, names[n]) : NULL;
    bool known = false;
    for (size_t f = 0; f < summary->final_count && !known; f++) {
      known = dataset && strcmp(summary->finals[f].name, dataset->name) == 0;
      if (known) summary->by = f; /* --by names what is there already */
    }
    if (known || !dataset || !ranks(dataset) || (dataset->per_record && isw_results_records(summary->results) == 0))
      continue;
    struct isw_final *final = &summary->finals[summary->final_count];
    *final = (struct isw_final){.name = dataset->name, .larger = strstr(dataset->name, "accuracy") != NULL};
    summary->by = summary->final_count++;
    enum isw_status status = read_final(reading, final, error);
    if (status != ISW_OK) return status;
    memcpy(reading->scratch, final->value, (size_t)summary->networks * sizeof *final->value);
    summary->spread[summary->by] = spread_of(reading->scratch, (size_t)summary->networks);
  }
  return ISW_OK;
}

/* ---- groups and cells ---- */

/* Sorts networks by their code, 0 .. count - 1, in linear time: those of code c are order[start[c]] .. order[start[c + 1] - 1],
 * ascending. start is on the heap; NULL where memory ran out. */
static uint64_t *sort_by_code(const uint32_t *code, uint64_t networks, size_t count, uint32_t *order)
{
  uint64_t *start = isw_allocate(count + 2, sizeof *start);
  if (!start) return NULL;
  for (uint64_t i = 0; i < networks; i++) start[code[i] + 2]++;
  for (size_t c = 0; c < count; c++) start[c + 2] += start[c + 1];
  for (uint64_t i = 0; i < networks; i++) order[start[code[i] + 1]++] = (uint32_t)i;
  return start; /* by now start[c + 1] is where code c ends */
}

static enum isw_status code_groups(struct reading *reading, uint32_t *code, struct isw_error *error)
{
  const struct isw_summary *summary = reading->summary;
  const struct isw_summary_axis *axis = summary->grouped;
  enum isw_status status = ISW_OK;
  if (axis->text) {
    char **label = NULL;
    size_t count = 0;
    status = isw_results_texts(summary->results, axis->name, code, &label, &count, error);
    isw_results_free_texts(label, count);
    return status;
  }
  for (uint64_t first = 0, some; first < summary->networks && status == ISW_OK; first += some) {
    some = some_of(summary, first);
    status = isw_results_column(summary->results, axis->name, first, some, 0, 0, reading->block, error);
    for (uint64_t i = 0; i < some && status == ISW_OK; i++) {
      const double *found = bsearch(&reading->block[i], axis->number, isnan(reading->block[i]) ? 0 : axis->count,
                                    sizeof *axis->number, ascending);
      code[first + i] = (uint32_t)(found ? (size_t)(found - axis->number) : axis->count);
    }
  }
  return status;
}

static enum isw_status make_groups(struct reading *reading, struct isw_error *error)
{
  struct isw_summary *summary = reading->summary;
  for (size_t i = summary->axis_count; i > 0; i--)
    if (strcmp(summary->axes[i - 1].name, "replicate") != 0) summary->grouped = &summary->axes[i - 1];
  for (size_t i = 0; i < summary->axis_count; i++)
    if (strcmp(summary->axes[i].name, "init") == 0) summary->grouped = &summary->axes[i];
  if (!summary->grouped) return ISW_OK;
  size_t count = summary->grouped->count + 1;
  uint32_t *code = isw_allocate((size_t)summary->networks, sizeof *code);
  summary->groups = isw_allocate(count, sizeof *summary->groups);
  if (!code || !summary->groups) {
    free(code);
    return isw_error_memory(error, (size_t)summary->networks * sizeof *code, "the groups");
  }
  enum isw_status status = code_groups(reading, code, error);
  uint64_t *start = status == ISW_OK ? sort_by_code(code, summary->networks, count, reading->order) : NULL;
  if (status == ISW_OK && !start) status = isw_error_memory(error, count * sizeof *start, "the groups");
  for (size_t c = 0; c < count && start; c++) {
    struct isw_group group = {.value = c, .networks = start[c + 1] - start[c]};
    const uint32_t *member = reading->order + start[c];
    for (uint64_t i = 0; i < group.networks; i++) group.diverged += summary->status[member[i]] == ISW_DIVERGED;
    for (size_t f = 0; f < summary->final_count; f++) {
      for (uint64_t i = 0; i < group.networks; i++) reading->scratch[i] = summary->finals[f].value[member[i]];
      group.final[f] = spread_of(reading->scratch, (size_t)group.networks);
    }
    if (group.networks > 0) summary->groups[summary->group_count++] = group;
  }
  free(start);
  free(code);
  return status;
}

/* Whether cell a is better than b; equal ones stand in grid order. */
static bool better(const struct isw_summary *summary, const struct isw_cell *a, const struct isw_cell *b)
{
  double x = a->median[summary->by], y = b->median[summary->by];
  if (x != y) return summary->finals[summary->by].larger ? x > y : x < y;
  double p = (double)a->diverged / (double)a->networks, q = (double)b->diverged / (double)b->networks;
  if (p != q) return p < q;
  if (strcmp(summary->finals[0].name, "loss") == 0 && a->median[0] != b->median[0]) return a->median[0] < b->median[0];
  return a->first < b->first;
}

/* Keeps a cell where it is among the `top` best (or worst) so far, in their order. */
static void keep(const struct isw_summary *summary, bool best, const struct isw_cell *cell, struct isw_cell *list,
                 size_t *count, size_t top)
{
  size_t low = 0, high = *count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (better(summary, cell, &list[middle]) == best)
      high = middle;
    else
      low = middle + 1;
  }
  if (low >= top) return;
  size_t moved = (*count < top ? *count : top - 1) - low;
  memmove(&list[low + 1], &list[low], moved * sizeof *list);
  list[low] = *cell;
  if (*count < top) ++*count;
}

/* Members that have ended come to the front. */
static struct isw_cell make_cell(struct reading *reading, uint32_t *member, uint64_t count)
{
  const struct isw_summary *summary = reading->summary;
  struct isw_cell cell = {0};
  for (uint64_t i = 0; i < count; i++) {
    uint8_t status = summary->status[member[i]];
    if (status == ISW_MISSING || status == ISW_SKIPPED) continue;
    uint32_t network = member[i];
    member[i] = member[cell.networks];
    member[cell.networks++] = network;
    cell.diverged += status == ISW_DIVERGED;
  }
  if (cell.networks == 0) return cell;
  cell.first = member[0];
  for (size_t f = 0; f < summary->final_count; f++) {
    double worst = summary->finals[f].larger ? -(double)INFINITY : (double)INFINITY;
    for (uint64_t i = 0; i < cell.networks; i++) {
      double value = summary->finals[f].value[member[i]];
      reading->scratch[i] = isnan(value) || summary->status[member[i]] == ISW_DIVERGED ? worst : value;
    }
    cell.median[f] = median(reading->scratch, (size_t)cell.networks);
  }
  return cell;
}

/* The median loss at each record over the first networks of a cell; a stopped network keeps its last loss. */
static enum isw_status read_trajectory(struct reading *reading, const uint32_t *member, struct isw_cell *cell,
                                       struct isw_error *error)
{
  const struct isw_summary *summary = reading->summary;
  size_t records = isw_results_records(summary->results);
  size_t count = cell->networks < ISW_TRAJECTORY ? (size_t)cell->networks : ISW_TRAJECTORY;
  double *losses = isw_allocate(count * records, sizeof *losses), column[ISW_TRAJECTORY];
  cell->trajectory = isw_allocate(records, sizeof *cell->trajectory);
  if (!losses || !cell->trajectory) {
    free(losses);
    return isw_error_memory(error, count * records * sizeof *losses, "trajectories");
  }
  enum isw_status status = ISW_OK;
  for (size_t first = 0, some; first < count && status == ISW_OK; first += some) {
    for (some = 1; first + some < count && member[first + some] == member[first] + some;) some++;
    status =
        isw_results_slab(summary->results, "loss", member[first], some, 0, records, losses + first * records, error);
  }
  for (size_t i = 0; i < count && status == ISW_OK; i++) {
    double *loss = losses + i * records;
    bool diverged = summary->status[member[i]] == ISW_DIVERGED;
    for (size_t r = 0; r < records; r++)
      if (isnan(loss[r])) loss[r] = diverged || r == 0 ? (double)INFINITY : loss[r - 1];
  }
  for (size_t r = 0; r < records && status == ISW_OK; r++) {
    for (size_t i = 0; i < count; i++) column[i] = losses[i * records + r];
    cell->trajectory[r] = median(column, count);
  }
  free(losses);
  return status;
}

static enum isw_status make_cells(struct reading *reading, size_t top, struct isw_error *error)
{
  struct isw_summary *summary = reading->summary;
  uint32_t cells = 0;
  for (uint64_t i = 0; i < summary->networks; i++) cells = reading->cell[i] >= cells ? reading->cell[i] + 1 : cells;
  uint64_t *start = sort_by_code(reading->cell, summary->networks, cells, reading->order);
  if (top > cells) top = cells;
  summary->best = isw_allocate(top, sizeof *summary->best);
  summary->worst = isw_allocate(top, sizeof *summary->worst);
  if (!start || !summary->best || !summary->worst) {
    free(start);
    return isw_error_memory(error, (size_t)cells * sizeof *start, "the cells");
  }
  for (uint32_t c = 0; c < cells; c++) {
    struct isw_cell cell = make_cell(reading, reading->order + start[c], start[c + 1] - start[c]);
    if (cell.networks == 0) continue;
    summary->cell_count++;
    keep(summary, true, &cell, summary->best, &summary->best_count, top);
    keep(summary, false, &cell, summary->worst, &summary->worst_count, top);
  }
  if (summary->best_count + summary->worst_count > summary->cell_count)
    summary->worst_count = (size_t)summary->cell_count - summary->best_count;
  const struct isw_results_dataset *loss = find_dataset(summary, "loss");
  bool curves = loss && ranks(loss) && loss->per_record && isw_results_records(summary->results) > 0;
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < summary->best_count + summary->worst_count && curves && status == ISW_OK; i++) {
    struct isw_cell *cell = i < summary->best_count ? &summary->best[i] : &summary->worst[i - summary->best_count];
    status = read_trajectory(reading, reading->order + start[reading->cell[cell->first]], cell, error);
  }
  free(start);
  return status;
}

static enum isw_status read_all(struct reading *reading, const char *by, size_t top, struct isw_error *error)
{
  struct isw_summary *summary = reading->summary;
  enum isw_status status = read_status(reading, error);
  if (status == ISW_OK) status = read_axes(reading, error);
  if (status == ISW_OK) status = read_finals(reading, by, error);
  if (status == ISW_OK && summary->final_count > 0) status = make_groups(reading, error);
  if (status == ISW_OK && summary->final_count > 0 && summary->networks > 0) status = make_cells(reading, top, error);
  return status;
}

enum isw_status isw_summary_read(struct isw_results *results, const char *by, size_t top, struct isw_summary *summary,
                                 struct isw_error *error)
{
  *summary = (struct isw_summary){.results = results, .networks = isw_results_networks(results)};
  size_t networks = (size_t)summary->networks;
  if (summary->networks >= ISW_NO_CODE)
    return isw_error_set(error, ISW_BAD_INPUT, "%llu networks: more than can be shown", (unsigned long long)networks);
  struct reading reading = {.summary = summary,
                            .cell = isw_allocate(networks, sizeof *reading.cell),
                            .order = isw_allocate(networks, sizeof *reading.order),
                            .block = isw_allocate(SLAB_NUMBERS, sizeof *reading.block),
                            .scratch = isw_allocate(networks, sizeof *reading.scratch)};
  summary->status = isw_allocate(networks, 1);
  bool ready = reading.cell && reading.order && reading.block && reading.scratch && summary->status;
  enum isw_status status =
      ready ? read_all(&reading, by, top, error) : isw_error_memory(error, networks * 32, "the networks");
  free(reading.cell);
  free(reading.order);
  free(reading.block);
  free(reading.scratch);
  return status;
}

void isw_summary_clear(struct isw_summary *summary)
{
  for (size_t i = 0; i < summary->axis_count; i++) clear_axis(&summary->axes[i]);
  for (size_t f = 0; f < summary->final_count; f++) free(summary->finals[f].value);
  for (size_t i = 0; i < summary->best_count; i++) free(summary->best[i].trajectory);
  for (size_t i = 0; i < summary->worst_count; i++) free(summary->worst[i].trajectory);
  free(summary->axes);
  free(summary->groups);
  free(summary->best);
  free(summary->worst);
  free(summary->status);
  *summary = (struct isw_summary){0};
}
