/* initsweep new: a commented sweep file to start from. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "initsweep/commands.h"
#include "initsweep/model.h"

struct request {
  const char *name, *out, *dataset;
};

/* What the file says, where the networks learn classes and where they learn numbers. */
static const struct trade {
  const char *loss, *rate, *probes, *about_loss;
} trades[] = {
    {"cross_entropy", "0.1", "loss, accuracy, gradient_norm, distinct_units", "on logits; or mse, hinge, ..."},
    {"mse", "0.1", "loss, gradient_norm, distinct_units", "mean over samples and outputs; or huber, mae, ..."},
};

static const struct isw_row *find_dataset(const char *name)
{
  size_t count;
  const struct isw_table_view *tables = isw_tables(&count);
  for (size_t t = 0; t < count; t++)
    for (size_t i = 0; strcmp(tables[t].name, "datasets") == 0 && i < tables[t].count(); i++)
      if (strcmp(tables[t].row(i)->name, name) == 0) return tables[t].row(i);
  return NULL;
}

static int unknown_dataset(const char *name)
{
  const char *names[128], *nearest = NULL;
  size_t count;
  const struct isw_table_view *tables = isw_tables(&count);
  for (size_t t = 0; t < count; t++) {
    size_t rows = 0;
    for (; strcmp(tables[t].name, "datasets") == 0 && rows < tables[t].count() && rows < 128; rows++)
      names[rows] = tables[t].row(rows)->name;
    if (rows > 0) nearest = isw_nearest_word(name, names, rows);
  }
  if (nearest)
    return isw_usage_error("new", "unknown dataset '%s'\n  did you mean '%s'? `initsweep list datasets` shows all.",
                           name, nearest);
  return isw_usage_error("new", "unknown dataset '%s'\n  `initsweep list datasets` shows all.", name);
}

static enum isw_status write_dataset(struct isw_text *text, const struct isw_row *dataset, bool *to_fill_in)
{
  enum isw_status status = isw_text_add(text, "dataset: {name: %s", dataset->name);
  for (size_t p = 0; p < isw_row_parameters(dataset) && status == ISW_OK; p++) {
    const struct isw_parameter *parameter = &dataset->parameters[p];
    bool wanted = parameter->type == ISW_TEXT ? !parameter->initial_text : isnan(parameter->initial);
    if (wanted) status = isw_text_add(text, ", %s: FILL-IN", parameter->name);
    *to_fill_in |= wanted;
  }
  if (status == ISW_OK)
    status = isw_text_add(text, "}    # `initsweep list datasets` shows all, and their parameters\n");
  return status;
}

static enum isw_status write_sweep(struct isw_text *text, const struct request *request, const struct isw_row *dataset,
                                   const struct trade *trade, bool *to_fill_in)
{
  enum isw_status status =
      isw_text_add(text,
                   "# A sweep: one network is trained for every combination of the axes in grid.\n"
                   "# Every setting: `initsweep list settings --markdown`, or docs/sweep-file-reference.md.\n"
                   "sweep: %s                 # its name, and the default output's\n"
                   "about: What does the start decide?\n"
                   "seed: 2026                       # root of every random stream: the same seed, the same bits\n"
                   "precision: float32               # or float64\n\n",
                   request->name);
  if (status == ISW_OK) status = write_dataset(text, dataset, to_fill_in);
  if (status == ISW_OK)
    status = isw_text_add(
        text,
        "\nnetwork:\n"
        "  depth: 2                       # hidden layers; or hidden: [32, 16] in place of depth and width\n"
        "  width: 16                      # units of each\n"
        "  activation: tanh               # of the hidden layers\n"
        "  bias_init: zeros\n"
        "\ntrain:\n"
        "  loss: %s            # %s\n"
        "  optimizer: sgd                 # or {name: momentum, momentum: 0.9}, adam, ...\n"
        "  learning_rate: %s\n"
        "  batch_size: full               # or a number of samples\n"
        "  steps: 1000                    # one step is one update\n"
        "\nrecord:\n"
        "  steps: {geomspace: 30}         # step 0 and the last are always there\n"
        "  probes: [%s]    # `initsweep list probes`\n"
        "  weights: none                  # or initial, final, both\n"
        "\ngrid:                            # any setting by its path; the first axis varies slowest\n"
        "  network.init: [zeros, {name: constant, value: [0.1, 0.5]}, glorot_uniform, he_normal, orthogonal]\n"
        "  network.activation: [sigmoid, tanh, relu]\n"
        "  train.learning_rate: {geomspace: [0.01, 1, 3]}\n"
        "  replicate: {range: [0, 9]}     # ten random repetitions, paired over all other axes\n",
        trade->loss, trade->about_loss, trade->rate, trade->probes);
  return status == ISW_OK ? ISW_OK : ISW_FAILED;
}

/* The sweep file with the loss that suits the data: of classes where it has them. */
static enum isw_status compose(const struct request *request, const struct isw_row *dataset, struct isw_text *text,
                               bool *to_fill_in, struct isw_error *error)
{
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < sizeof trades / sizeof *trades; i++) {
    isw_text_clear(text);
    isw_error_clear(error);
    *to_fill_in = false;
    if (write_sweep(text, request, dataset, &trades[i], to_fill_in) != ISW_OK)
      return isw_error_memory(error, text->length, "a sweep file");
    if (*to_fill_in) return ISW_OK; /* nothing to be checked yet */
    struct isw_overrides none = {0};
    struct isw_sweep *sweep = NULL;
    status = isw_load_sweep(request->out, ".", text->bytes, text->length, &none, &sweep, error);
    isw_sweep_destroy(sweep);
    if (status != ISW_BAD_INPUT) return status;
  }
  return status;
}

static int take(void *state, int code, const char *argument)
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
  bool to_fill_in = false;
  int result;
  if (!isw_read_words(&isw_command_new, argc, argv, take, &request, &request.name, &result)) return result;
  const struct isw_row *dataset = find_dataset(request.dataset);
  if (!dataset) return unknown_dataset(request.dataset);
  enum isw_status status = isw_text_add(&out, "%s.yaml", request.name);
  if (status == ISW_OK) {
    if (!request.out) request.out = out.bytes;
    status = compose(&request, dataset, &text, &to_fill_in, &error);
  }
  if (status == ISW_OK) status = isw_output_create(request.out, text.bytes, text.length, &error);
  if (status != ISW_OK)
    result = isw_say_error(status, &error);
  else
    printf("%s: written%s\n  initsweep plan %s\n  mpirun -n 2 initsweep run %s\n", request.out,
           to_fill_in ? "; fill in what it calls FILL-IN, then" : "; what next:", request.out, request.out);
  isw_text_clear(&text);
  isw_text_clear(&out);
  isw_error_clear(&error);
  return result;
}

static const struct isw_option options[] = {
    {.name = "dataset",
     .code = 'd',
     .argument = "NAME",
     .offers = ISW_COMPLETE_ROWS,
     .words = "datasets",
     .about = "what the networks learn (default xor; `initsweep list datasets`)"},
    {.name = "output",
     .code = 'o',
     .letter = true,
     .argument = "FILE",
     .offers = ISW_COMPLETE_SWEEP,
     .about = "the sweep file; else NAME.yaml in this folder"},
    {0},
};
static const char *const examples[] = {"initsweep new first",
                                       "initsweep new depths --dataset digits -o sweeps/depths.yaml", NULL};

const struct isw_command isw_command_new = {
    .name = "new",
    .argument = "NAME",
    .wants = "the name of a sweep",
    .summary = "writes a commented sweep file to start from",
    .about =
        "Writes a sweep file that runs as it is, with a comment to every setting, and never over a file that is there.",
    .options = options,
    .examples = examples,
    .run = run,
};
