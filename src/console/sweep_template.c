/* Writes a commented sweep file to start from, as text, and checks it with the reader of sweep files. The command
 * writes it to the disk. */
#include <math.h>
#include <string.h>
#include <strings.h>
#include "initsweep/console.h"

enum { DATASETS_MAX = 128 };

/* Settings that depend on the targets: one preset for classes, one for numbers. */
static const struct preset {
  const char *loss, *rate, *probes, *about_loss;
} presets[] = {
    {"cross_entropy", "0.1", "loss, accuracy, gradient_norm, distinct_units", "on logits; or mse, hinge, ..."},
    {"mse", "0.1", "loss, gradient_norm, distinct_units", "mean over samples and outputs; or huber, mae, ..."},
};

const struct isw_row *isw_find_dataset(const char *name, const char **nearest)
{
  const char *names[DATASETS_MAX];
  size_t count, rows = 0;
  const struct isw_table_view *tables = isw_tables(&count);
  *nearest = NULL;
  for (size_t t = 0; t < count; t++)
    for (size_t i = 0; strcmp(tables[t].name, "datasets") == 0 && i < tables[t].count() && rows < DATASETS_MAX; i++) {
      const struct isw_row *row = tables[t].row(i);
      if (strcmp(row->name, name) == 0) return row;
      names[rows++] = row->name;
    }
  *nearest = isw_nearest_word(name, names, rows);
  return NULL;
}

static enum isw_status write_dataset(struct isw_text *text, const struct isw_row *dataset, bool *incomplete)
{
  enum isw_status status = isw_text_add(text, "dataset: {name: %s", dataset->name);
  for (size_t p = 0; p < isw_row_parameters(dataset) && status == ISW_OK; p++) {
    const struct isw_parameter *parameter = &dataset->parameters[p];
    bool required = parameter->type == ISW_TEXT ? !parameter->initial_text : isnan(parameter->initial);
    if (required) status = isw_text_add(text, ", %s: FILL-IN", parameter->name);
    *incomplete |= required;
  }
  for (size_t p = 0; *incomplete && p < isw_row_parameters(dataset) && status == ISW_OK; p++)
    if (strcmp(dataset->parameters[p].name, "kind") == 0) status = isw_text_add(text, ", kind: classes");
  if (status == ISW_OK)
    status = isw_text_add(text, "}    # `initsweep list datasets` shows all, and their parameters\n");
  if (status == ISW_OK && *incomplete)
    status = isw_text_add(text, "# To do: replace each FILL-IN by the path of your file, from this file's folder. For "
                                "targets that are\n# numbers, set kind: values, loss: mse, and take accuracy out of "
                                "probes.\n");
  return status;
}

/* Writes a name so that YAML reads it back: in quotes, unless it is a plain word that is neither a number nor a
 * truth value. */
static enum isw_status write_name(struct isw_text *text, const char *name)
{
  static const char *const others[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  bool quoted = strspn(name, plain + 26 * 2) > 0 || name[strspn(name, plain)];
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) quoted = quoted || strcasecmp(name, others[i]) == 0;
  enum isw_status status = isw_text_add(text, "sweep: %s", quoted ? "'" : "");
  for (const char *c = name; *c && status == ISW_OK; c++)
    status = isw_text_add(text, quoted && *c == '\'' ? "''" : "%c", *c);
  return status == ISW_OK ? isw_text_add(text, "%s", quoted ? "'" : "") : status;
}

static enum isw_status write_sweep(struct isw_text *text, const char *name, const struct isw_row *dataset,
                                   const struct preset *preset, bool *incomplete)
{
  enum isw_status status =
      isw_text_add(text, "# A sweep: one network is trained for every combination of the axes in grid.\n"
                         "# Every setting: `initsweep list settings --markdown`, or docs/sweep-file-reference.md.\n");
  if (status == ISW_OK) status = write_name(text, name);
  if (status == ISW_OK)
    status = isw_text_add(
        text, "                 # its name, and the default output's\n"
              "about: What does the start decide?\n"
              "seed: 2026                       # root of every random stream: the same seed, the same bits\n"
              "precision: float32               # or float64\n\n");
  if (status == ISW_OK) status = write_dataset(text, dataset, incomplete);
  if (status != ISW_OK) return status;
  return isw_text_add(
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
      preset->loss, preset->about_loss, preset->rate, preset->probes);
}

enum isw_status isw_sweep_template(const char *name, const char *file, const char *dataset, struct isw_text *text,
                                   bool *incomplete, struct isw_error *error)
{
  const char *nearest;
  const struct isw_row *row = isw_find_dataset(dataset, &nearest);
  if (!row) return isw_error_set(error, ISW_BAD_INPUT, "unknown dataset '%s'", dataset);
  if (!isw_is_sweep_name(name))
    return isw_error_set(error, ISW_BAD_INPUT, "'%s' cannot name a sweep\n  " ISW_SWEEP_NAME_RULE, name);
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
    isw_text_clear(text);
    isw_error_clear(error);
    *incomplete = false;
    if (write_sweep(text, name, row, &presets[i], incomplete) != ISW_OK)
      return isw_error_memory(error, text->length, "a sweep file");
    if (*incomplete) return ISW_OK; /* it cannot be read before the user completes it */
    struct isw_overrides none = {0};
    struct isw_sweep *sweep = NULL;
    status = isw_load_sweep(file, ".", text->bytes, text->length, &none, &sweep, error);
    isw_sweep_destroy(sweep);
    if (status != ISW_BAD_INPUT) return status; /* otherwise the loss does not suit the targets */
  }
  return status;
}
