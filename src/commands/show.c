/* initsweep show: what is in a results file. Reads columns, never a network at a time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common.h"
#include "initsweep/commands.h"
#include "initsweep/results.h"

enum { SHOWN_VALUES = 8, SHOWN_GROUPS = 24, SHOWN_CELLS = 3 };

/* A coordinate that takes more than one value, NaN (the choice has no such parameter) apart. */
struct axis {
  const char *name;
  bool text;
  size_t count;
  double *number; /* [count] ascending, NaN last */
  char **label;   /* [count] of a text, in order of appearance */
  uint32_t *code; /* [networks] */
};

struct show {
  struct isw_results *results;
  uint64_t networks;
  struct axis *axes;
  size_t axis_count;
  double *status;   /* [networks] */
  double *loss;     /* [networks] at the end; NaN: diverged or missing; NULL: not recorded */
  double *accuracy; /* likewise */
};

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  if (isnan(x) || isnan(y)) return isnan(x) - isnan(y);
  return (x > y) - (x < y);
}

static enum isw_status read_column(const struct show *show, const char *name, size_t record, double **values,
                                   struct isw_error *error)
{
  *values = isw_allocate((size_t)show->networks, sizeof **values);
  if (!*values) return isw_error_memory(error, (size_t)show->networks * sizeof **values, name);
  return isw_results_column(show->results, name, 0, show->networks, record, 1, *values, error);
}

static enum isw_status code_numbers(const struct show *show, struct axis *axis, struct isw_error *error)
{
  double *values = NULL;
  enum isw_status status = read_column(show, axis->name, 0, &values, error);
  axis->number = isw_allocate((size_t)show->networks, sizeof *axis->number);
  if (status == ISW_OK && !axis->number) status = isw_error_memory(error, (size_t)show->networks * 8, axis->name);
  if (status == ISW_OK) {
    memcpy(axis->number, values, (size_t)show->networks * sizeof *values);
    qsort(axis->number, (size_t)show->networks, sizeof *values, ascending);
    for (uint64_t i = 0; i < show->networks; i++)
      if (axis->count == 0 || ascending(&axis->number[axis->count - 1], &axis->number[i]) != 0)
        axis->number[axis->count++] = axis->number[i];
    for (uint64_t i = 0; i < show->networks; i++) {
      const double *found = bsearch(&values[i], axis->number, axis->count, sizeof *values, ascending);
      axis->code[i] = (uint32_t)(found - axis->number);
    }
  }
  free(values);
  return status;
}

static void forget_values(struct axis *axis)
{
  if (axis->label) isw_results_free_texts(axis->label, axis->count);
  free(axis->number);
  axis->label = NULL;
  axis->number = NULL;
  axis->count = 0;
}

static void clear_axis(struct axis *axis)
{
  forget_values(axis);
  free(axis->code);
}

static enum isw_status read_axes(struct show *show, struct isw_error *error)
{
  const struct isw_results_dataset *dataset;
  for (size_t i = 0; (dataset = isw_results_dataset(show->results, i)) != NULL; i++) {
    if (!dataset->coordinate) continue;
    struct axis *more = realloc(show->axes, (show->axis_count + 1) * sizeof *more);
    if (!more) return isw_error_memory(error, sizeof *more, "the axes");
    show->axes = more;
    struct axis *axis = &more[show->axis_count];
    *axis = (struct axis){.name = dataset->name, .text = dataset->text};
    axis->code = isw_allocate((size_t)show->networks, sizeof *axis->code);
    if (!axis->code) return isw_error_memory(error, (size_t)show->networks * sizeof *axis->code, axis->name);
    show->axis_count++;
    enum isw_status status =
        axis->text ? isw_results_texts(show->results, axis->name, axis->code, &axis->label, &axis->count, error)
                   : code_numbers(show, axis, error);
    if (status != ISW_OK) return status;
    size_t values = axis->count - (axis->count > 0 && axis->number && isnan(axis->number[axis->count - 1]));
    if (values < 2) clear_axis(&show->axes[--show->axis_count]); /* one, or one where the choice has it */
  }
  return ISW_OK;
}

static bool has_dataset(const struct show *show, const char *name)
{
  const struct isw_results_dataset *dataset;
  for (size_t i = 0; (dataset = isw_results_dataset(show->results, i)) != NULL; i++)
    if (strcmp(dataset->name, name) == 0) return true;
  return false;
}

/* A quantity at each network's end: the last record, or of a network that stopped before it the last that it has. */
static enum isw_status read_final(const struct show *show, const char *name, double **final, struct isw_error *error)
{
  size_t records = isw_results_records(show->results);
  *final = NULL;
  if (!has_dataset(show, name) || records == 0) return ISW_OK;
  enum isw_status status = read_column(show, name, records - 1, final, error);
  for (size_t r = records - 1; status == ISW_OK && r > 0; r--) {
    uint64_t open = 0;
    for (uint64_t i = 0; i < show->networks; i++) open += show->status[i] == ISW_STOPPED && isnan((*final)[i]);
    if (open == 0) break;
    double *earlier = NULL;
    status = read_column(show, name, r - 1, &earlier, error);
    for (uint64_t i = 0; status == ISW_OK && i < show->networks; i++)
      if (show->status[i] == ISW_STOPPED && isnan((*final)[i])) (*final)[i] = earlier[i];
    free(earlier);
  }
  return status;
}

/* Median of the numbers that are there, sorting them; NaN where none is. count: how many are. */
static double median(double *values, size_t length, size_t *count)
{
  qsort(values, length, sizeof *values, ascending);
  size_t n = length;
  while (n > 0 && isnan(values[n - 1])) n--;
  *count = n;
  if (n == 0) return (double)NAN;
  return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

static void print_value(const struct axis *axis, size_t code)
{
  if (axis->text)
    printf("%s", axis->label[code]);
  else if (isnan(axis->number[code]))
    printf("none");
  else
    printf("%g", axis->number[code]);
}

static void print_attribute(const struct show *show, const char *label, const char *name)
{
  const char *text = isw_results_attribute(show->results, name);
  if (text && text[0]) printf("%-12s %s\n", label, text);
}

static void print_head(const struct show *show, const char *file)
{
  const struct isw_results_dataset *dataset;
  uint64_t ended[ISW_SKIPPED + 1] = {0};
  printf("%-12s %s\n", "file", file);
  print_attribute(show, "sweep", "title");
  print_attribute(show, "about", "about");
  for (uint64_t i = 0; i < show->networks; i++)
    if (show->status[i] >= 0 && show->status[i] <= ISW_SKIPPED) ended[(size_t)show->status[i]]++;
  printf("%-12s %llu: %llu completed, %llu stopped by a rule, %llu diverged, %llu missing", "networks",
         (unsigned long long)show->networks, (unsigned long long)ended[ISW_COMPLETED],
         (unsigned long long)ended[ISW_STOPPED], (unsigned long long)ended[ISW_DIVERGED],
         (unsigned long long)ended[ISW_MISSING]);
  if (ended[ISW_SKIPPED] > 0) printf(", %llu skipped by the refinement", (unsigned long long)ended[ISW_SKIPPED]);
  printf("\n");
  for (size_t i = 0; i < show->axis_count; i++) {
    const struct axis *axis = &show->axes[i];
    printf("%-12s %s (%zu): ", i ? "" : "axes", axis->name, axis->count);
    for (size_t v = 0; v < axis->count && v < SHOWN_VALUES; v++) {
      if (v) printf(", ");
      print_value(axis, v);
    }
    printf("%s\n", axis->count > SHOWN_VALUES ? ", ..." : "");
  }
  printf("%-12s %zu, layers: at most %zu\n", "records", isw_results_records(show->results),
         isw_results_layers(show->results));
  printf("%-12s ", "quantities");
  for (size_t i = 0, n = 0; (dataset = isw_results_dataset(show->results, i)) != NULL; i++)
    if (dataset->per_record && strcmp(dataset->name, "step") != 0)
      printf("%s%s%s", n++ ? ", " : "", dataset->name,
             dataset->per_layer       ? " (by layer)"
             : dataset->per_parameter ? " (by parameter)"
                                      : "");
  printf("\n");
}

static const struct axis *grouping_axis(const struct show *show)
{
  for (size_t i = 0; i < show->axis_count; i++)
    if (strcmp(show->axes[i].name, "init") == 0) return &show->axes[i];
  return show->axis_count > 0 ? &show->axes[0] : NULL;
}

static void print_groups(const struct show *show, double *scratch)
{
  const struct axis *axis = grouping_axis(show);
  if (!axis) return;
  printf("\n%-28s %9s %9s %12s %12s %12s%s\n", axis->name, "networks", "diverged", "median loss", "lowest", "highest",
         show->accuracy ? "   median accuracy" : "");
  for (size_t group = 0; group < axis->count && group < SHOWN_GROUPS; group++) {
    size_t n = 0, diverged = 0, there;
    for (uint64_t i = 0; i < show->networks; i++)
      if (axis->code[i] == group) {
        scratch[n++] = show->loss[i];
        diverged += show->status[i] == ISW_DIVERGED;
      }
    double middle = median(scratch, n, &there);
    char name[32];
    if (axis->text)
      snprintf(name, sizeof name, "%s", axis->label[group]);
    else
      snprintf(name, sizeof name, "%g", axis->number[group]);
    printf("%-28s %9zu %9zu %12.4g %12.4g %12.4g", name, n, diverged, middle, there ? scratch[0] : (double)NAN,
           there ? scratch[there - 1] : (double)NAN);
    if (show->accuracy) {
      n = 0;
      for (uint64_t i = 0; i < show->networks; i++)
        if (axis->code[i] == group) scratch[n++] = show->accuracy[i];
      printf(" %17.4g", median(scratch, n, &there));
    }
    printf("\n");
  }
  if (axis->count > SHOWN_GROUPS) printf("and %zu more\n", axis->count - SHOWN_GROUPS);
}

struct member {
  uint64_t cell, network;
  double loss; /* infinite where there is none */
};

static int by_cell(const void *a, const void *b)
{
  const struct member *x = a, *y = b;
  if (x->cell != y->cell) return x->cell < y->cell ? -1 : 1;
  return (x->loss > y->loss) - (x->loss < y->loss);
}

static int by_loss(const void *a, const void *b)
{
  const struct member *x = a, *y = b;
  if (x->loss != y->loss) return x->loss < y->loss ? -1 : 1;
  return (x->network > y->network) - (x->network < y->network);
}

static void print_cell(const struct show *show, const struct member *cell)
{
  if (isinf(cell->loss))
    printf("  %12s ", "diverged");
  else
    printf("  %12.4g ", cell->loss);
  for (size_t i = 0; i < show->axis_count; i++) {
    const struct axis *axis = &show->axes[i];
    if (strcmp(axis->name, "replicate") == 0 || (!axis->text && isnan(axis->number[axis->code[cell->network]])))
      continue;
    printf(" %s=", axis->name);
    print_value(axis, axis->code[cell->network]);
  }
  printf("\n");
}

/* Cells: networks that differ in their replicate alone. A diverged network counts as an infinite loss. */
static void print_cells(const struct show *show)
{
  struct member *members = isw_allocate((size_t)show->networks, sizeof *members);
  if (!members) return;
  for (uint64_t i = 0; i < show->networks; i++)
    members[i] = (struct member){.network = i, .loss = isnan(show->loss[i]) ? (double)INFINITY : show->loss[i]};
  bool known = true;
  uint64_t cells = 1;
  for (size_t a = 0; a < show->axis_count && known; a++) {
    const struct axis *axis = &show->axes[a];
    if (strcmp(axis->name, "replicate") == 0) continue;
    known = !__builtin_mul_overflow(cells, axis->count, &cells);
    for (uint64_t i = 0; i < show->networks && known; i++)
      members[i].cell = members[i].cell * axis->count + axis->code[i];
  }
  size_t count = 0;
  if (known && cells > 1) {
    qsort(members, (size_t)show->networks, sizeof *members, by_cell);
    for (size_t first = 0, last; first < show->networks; first = last) {
      for (last = first; last < show->networks && members[last].cell == members[first].cell;) last++;
      size_t n = last - first;
      double low = members[first + (n - 1) / 2].loss, high = members[first + n / 2].loss;
      members[count++] =
          (struct member){.network = members[first].network, .loss = low == high ? low : 0.5 * (low + high)};
    }
    qsort(members, count, sizeof *members, by_loss);
    size_t shown = count < SHOWN_CELLS ? count : SHOWN_CELLS;
    printf("\nbest of %zu cells by median final loss over replicates\n", count);
    for (size_t i = 0; i < shown; i++) print_cell(show, &members[i]);
    if (count > shown) {
      size_t start = count - shown > shown ? count - shown : shown;
      printf("worst\n");
      for (size_t i = count; i > start; i--) print_cell(show, &members[i - 1]);
    }
  }
  free(members);
}

static void print_provenance(const struct show *show)
{
  static const char *const names[] = {"program_version", "git_description", "kernels", "mpi",          "hdf5",
                                      "ranks",           "threads",         "hosts",   "slurm_job_id", "start_time",
                                      "end_time",        "network_steps",   "seconds", "command_line"};
  printf("\nprovenance\n");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[64];
    snprintf(path, sizeof path, "provenance/%s", names[i]);
    const char *text = isw_results_attribute(show->results, path);
    if (text && text[0]) printf("  %-16s %s\n", names[i], text);
  }
}

static enum isw_status show_file(const char *file, struct isw_error *error)
{
  struct show show = {0};
  enum isw_status status = isw_results_open(file, &show.results, error);
  if (status != ISW_OK) return status;
  show.networks = isw_results_networks(show.results);
  status = read_column(&show, "status", 0, &show.status, error);
  if (status == ISW_OK) status = read_axes(&show, error);
  if (status == ISW_OK) status = read_final(&show, "loss", &show.loss, error);
  if (status == ISW_OK) status = read_final(&show, "accuracy", &show.accuracy, error);
  double *scratch = isw_allocate((size_t)show.networks, sizeof *scratch);
  if (status == ISW_OK && !scratch) status = isw_error_memory(error, (size_t)show.networks * 8, "medians");
  if (status == ISW_OK) {
    print_head(&show, file);
    if (show.loss) {
      size_t there;
      memcpy(scratch, show.loss, (size_t)show.networks * sizeof *scratch);
      double middle = median(scratch, (size_t)show.networks, &there);
      if (there > 0)
        printf("%-12s median %.4g, lowest %.4g, highest %.4g\n", "final loss", middle, scratch[0], scratch[there - 1]);
      print_groups(&show, scratch);
      print_cells(&show);
    }
    print_provenance(&show);
  }
  free(scratch);
  free(show.status);
  free(show.loss);
  free(show.accuracy);
  for (size_t i = 0; i < show.axis_count; i++) clear_axis(&show.axes[i]);
  free(show.axes);
  isw_results_close(show.results);
  return status;
}

static int run(int argc, char **argv)
{
  const char *file;
  struct isw_error error = {0};
  int result;
  if (!isw_read_words(&isw_command_show, argc, argv, NULL, NULL, &file, &result)) return result;
  enum isw_status status = show_file(file, &error);
  if (status != ISW_OK) result = isw_say_error(status, &error);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {{0}};
static const char *const examples[] = {"initsweep show zero-on-xor.h5", NULL};

const struct isw_command isw_command_show = {
    .name = "show",
    .argument = "FILE",
    .wants = "one results file",
    .offers = ISW_COMPLETE_RESULT,
    .summary = "what is in a results file",
    .about =
        "Shows what is in a results file: the sweep, its axes, how its networks ended, what was recorded, the final "
        "loss by initialiser (or by the first axis), the best and the worst cells of the grid, and where it was made.",
    .options = options,
    .examples = examples,
    .run = run,
};
