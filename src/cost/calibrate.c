/* Measures the cost model's coefficients by short trainings of packs of several shapes, and fits them. Time is the
 * thread's own CPU time, so that other processes hardly matter. The networks are described by short sweep files, so
 * that every row of the tables is found by its name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "initsweep/cost.h"
#include "initsweep/probes.h"

enum { REPEATS = 9, TEXT = 512, RECORDS = 33 };
static const double ONE_RUN = 5e-4; /* s of the short training; the long one has five times as many steps, or two */
static const double LONG = 0.2;     /* s after which trainings are not repeated: noise is a small part of them */

struct shape {
  const char *dataset, *hidden, *batch;
};
static const char xor_data[] = "{name: xor}", spirals[] = "{name: spirals, test_fraction: 0}",
                  parity[] = "{name: parity, bits: 4}";
static const char classes[] = "{name: gaussian_mixture, samples: 320, features: 64, classes: 10, test_fraction: 0}";
static const char wide[] = "{name: gaussian_mixture, samples: 256, features: 400, classes: 10, test_fraction: 0}";
static const char one_batch[] = "{name: gaussian_mixture, samples: 64, features: 400, classes: 10, test_fraction: 0}";
/* None is a shape of the benchmark, so that docs/benchmarks.md compares the model with other shapes. */
static const struct shape shapes[] = {
    {xor_data, "[3]", "full"},
    {xor_data, "[6]", "full"},
    {xor_data, "[12]", "full"},
    {xor_data, "[20]", "full"},
    {xor_data, "[3, 3]", "full"},
    {xor_data, "[4, 4, 4]", "full"},
    {xor_data, "[2, 2, 2, 2]", "full"},
    {xor_data, "[8, 6]", "full"},
    {parity, "[5]", "full"},
    {spirals, "[4]", "full"},
    {spirals, "[40]", "full"},
    {spirals, "[12, 12]", "full"},
    {spirals, "[20, 20, 20]", "full"},
    {spirals, "[8, 8, 8, 8, 8]", "full"},
    {xor_data, "[40, 40]", "full"},
    {spirals, "[48, 48]", "50"},
    {classes, "[24, 24]", "64"},
    {classes, "[48]", "32"},
    {classes, "[96, 96]", "64"},
    {classes, "[160]", "64"},
    {wide, "[160, 160]", "64"},
    {wide, "[256]", "64"},
    {classes, "[112, 112]", "64"},
    {one_batch, "[1024, 1024]", "64"}, /* beyond the last cache */
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };
/* With units in lanes. */
static const struct shape unit_shapes[] = {
    {spirals, "[12, 12]", "full"},     {spirals, "[40]", "full"},   {classes, "[24, 24]", "64"},
    {classes, "[48]", "32"},           {classes, "[96, 96]", "64"}, {classes, "[160, 160, 160]", "64"},
    {wide, "[160, 160]", "64"},        {wide, "[512, 512]", "64"},  {wide, "[256]", "32"},
    {one_batch, "[1024, 1024]", "64"},
};
enum { UNIT_SHAPES = sizeof unit_shapes / sizeof unit_shapes[0] };

enum choice { ACTIVATION, LOSS, OPTIMIZER, CHOICES };
enum { LAYERS_MAX = 6 };

/* The measured times of a pack, and its amounts of work. */
struct measured {
  double terms[ISW_COST_TERMS], step, record, create;
  double hidden, outputs, samples; /* units; samples of a step */
  size_t layers, size[LAYERS_MAX + 1], train_samples, test_samples, lanes;
  bool small;
};

/* What is measured: a network, and the function that sets the times. */
struct trial {
  bool (*time)(const struct trial *trial, struct isw_sweep *sweep, const struct isw_samples *samples,
               struct measured *m);
  const struct isw_kernels *kernels;
  const char *precision;
  enum isw_layout layout;
  struct shape shape;
  const char *row[CHOICES], *probes, *init;
  bool every_step; /* a record at every step, of fewer than RECORDS, in place of one at both ends */
};

static double now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Creates a pack of copies of one network and trains it, with a record at both ends or at every step. False where that
 * fails. */
static bool train(const struct trial *trial, struct isw_sweep *sweep, const struct isw_samples *samples, uint64_t steps,
                  double *create, double *seconds, bool *small)
{
  struct isw_network *network = NULL;
  struct isw_pack *pack = NULL;
  struct isw_team *team = isw_team_create(1);
  enum isw_precision precision = isw_sweep_precision(sweep);
  const struct isw_probe *const *probes;
  size_t probe_count = isw_sweep_probes(sweep, &probes), lanes = isw_layout_networks(trial->layout, precision);
  uint64_t schedule[RECORDS] = {0, steps};
  for (uint64_t i = 0; trial->every_step && i <= steps; i++) schedule[i] = i;
  const struct isw_network *all[ISW_LANES_MAX];
  atomic_int never = 0;
  double start = now();
  bool ready = team != NULL;
  for (size_t i = 0; ready && i < lanes; i++) { /* as many as a real pack has */
    if (network) isw_network_destroy(network);
    network = NULL;
    ready = isw_sweep_network(sweep, 0, &network, NULL) == ISW_OK;
  }
  if (ready && network) network->steps = steps;
  for (size_t i = 0; i < lanes; i++) all[i] = network;
  struct isw_pack_settings settings = {.kernels = trial->kernels,
                                       .samples = samples,
                                       .precision = precision,
                                       .layout = trial->layout,
                                       .count = lanes,
                                       .networks = all,
                                       .records = trial->every_step ? steps + 1 : 2,
                                       .record_steps = schedule,
                                       .probe_count = probe_count,
                                       .probes = probes};
  ready = ready && isw_pack_create(&settings, &pack, NULL) == ISW_OK;
  double middle = now();
  ready = ready && isw_pack_train(pack, team, 0, &never) == ISW_OK;
  *seconds = now() - middle;
  *create = middle - start;
  if (pack) *small = isw_pack_path_taken(pack) < ISW_PATH_BLOCKED;
  if (pack) isw_pack_destroy(pack);
  if (network) isw_network_destroy(network);
  if (team) isw_team_destroy(team);
  return ready;
}

static void keep_minimum(double *least, double seconds)
{
  if (seconds < *least) *least = seconds;
}

static bool time_steps(const struct trial *trial, struct isw_sweep *sweep, const struct isw_samples *samples,
                       struct measured *m)
{
  double create, seconds, less = 1e9, more = 1e9;
  uint64_t few = 1;
  m->create = 1e9;
  double one = 1e9; /* step, with a record before and after it */
  double start = now();
  for (size_t i = 0; i < REPEATS && (i == 0 || now() - start < LONG); i++) {
    if (!train(trial, sweep, samples, 1, &create, &seconds, &m->small)) return false;
    keep_minimum(&one, seconds);
  }
  for (seconds = one; seconds < ONE_RUN && few < 100000;) {
    few *= 2;
    if (!train(trial, sweep, samples, few, &create, &seconds, &m->small)) return false;
  }
  uint64_t many = (one < LONG ? 5 : 2) * few;
  start = now();
  for (size_t i = 0; i < REPEATS && (i == 0 || now() - start < LONG); i++) {
    if (!train(trial, sweep, samples, few, &create, &seconds, &m->small)) return false;
    keep_minimum(&less, seconds);
    keep_minimum(&m->create, create);
    if (!train(trial, sweep, samples, many, &create, &seconds, &m->small)) return false;
    keep_minimum(&more, seconds);
  }
  m->step = (more - less) / (double)(many - few);
  m->record = (one - m->step) / 2;
  if (m->record < 0) m->record = 0;
  return m->step > 0;
}

/* False where the sweep file is not valid, or its network cannot be trained. */
static bool measure(const struct trial *trial, struct measured *m)
{
  struct isw_text text = {0};
  struct isw_sweep *sweep = NULL;
  struct isw_error error = {0};
  isw_text_add(&text,
               "sweep: calibration\nseed: 1\nprecision: %s\ndataset: %s\nnetwork: {hidden: %s, activation: %s, init: "
               "%s}\ntrain: {loss: %s, optimizer: %s, learning_rate: 0.001, batch_size: %s, steps: "
               "1}\nrecord: {steps: [0, 1], probes: %s}\n",
               trial->precision, trial->shape.dataset, trial->shape.hidden, trial->row[ACTIVATION], trial->init,
               trial->row[LOSS], trial->row[OPTIMIZER], trial->shape.batch, trial->probes);
  const struct isw_overrides none = {0};
  struct isw_network *network = NULL;
  struct isw_samples *samples = NULL;
  size_t rows;
  bool ready = text.bytes &&
               isw_load_sweep("calibration", "/", text.bytes, text.length, &none, &sweep, &error) == ISW_OK &&
               isw_sweep_network(sweep, 0, &network, &error) == ISW_OK && network;
  const struct isw_data *data = ready ? isw_sweep_data(sweep, 0) : NULL;
  ready = ready &&
          isw_samples_create(data, &isw_losses(&rows)[network->loss.row], isw_sweep_precision(sweep), &samples,
                             &error) == ISW_OK &&
          network->layers <= LAYERS_MAX && trial->time(trial, sweep, samples, m);
  if (ready) {
    size_t batch = network->batch_size ? network->batch_size : data->train_samples;
    size_t line = trial->layout == ISW_UNITS_IN_LANES ? isw_lanes(isw_sweep_precision(sweep)) : 1;
    isw_cost_terms(network->layers, network->size, batch, network->batch_size == 0, line, m->terms);
    m->samples = (double)batch;
    m->outputs = (double)network->size[network->layers];
    m->hidden = 0;
    for (size_t k = 1; k < network->layers; k++) m->hidden += (double)network->size[k];
    memcpy(m->size, network->size, (network->layers + 1) * sizeof *m->size);
    m->layers = network->layers;
    m->train_samples = data->train_samples;
    m->test_samples = data->test_samples;
    m->lanes = isw_lanes(isw_sweep_precision(sweep));
  }
  if (samples) isw_samples_destroy(samples);
  if (network) isw_network_destroy(network);
  if (sweep) isw_sweep_destroy(sweep);
  isw_text_clear(&text);
  isw_error_clear(&error);
  return ready;
}

/* How often a row is applied in a step: per unit or output and sample, or per parameter. */
static double count_of(enum choice choice, const struct measured *m)
{
  if (choice == ACTIVATION) return m->samples * m->hidden;
  return choice == LOSS ? m->samples * m->outputs : m->terms[ISW_COST_PARAMETER];
}

static const char *name_of(enum choice choice, size_t row)
{
  size_t rows;
  if (choice == ACTIVATION) return row < (isw_activations(&rows), rows) ? isw_activations(&rows)[row].row.name : NULL;
  if (choice == LOSS) return row < (isw_losses(&rows), rows) ? isw_losses(&rows)[row].row.name : NULL;
  return row < (isw_optimizers(&rows), rows) ? isw_optimizers(&rows)[row].row.name : NULL;
}

/* Whether a row of a table is an optimiser that solves. */
static bool solves(enum choice choice, size_t row)
{
  size_t rows;
  return choice == OPTIMIZER && isw_optimizers(&rows)[row].solves;
}

/* The cost of each row of a table relative to the one that the shapes use. Some losses need numbers as targets and
 * some need classes, so two datasets are tried. */
static void measure_rows(struct trial trial, enum choice choice, double *cost)
{
  static const struct shape tries[2] = {
      {"{name: gaussian_mixture, samples: 64, test_fraction: 0}", "[16, 16]", "full"},
      {"{name: gaussian_mixture, samples: 64, classes: 10, test_fraction: 0}", "[16, 16]", "full"}};
  struct measured base[2];
  bool known[2];
  const char *first = trial.row[choice];
  for (size_t i = 0; i < 2; i++) {
    trial.shape = tries[i];
    known[i] = measure(&trial, &base[i]);
    for (size_t again = 0; known[i] && again < 2; again++) { /* every row is compared with it */
      struct measured other;
      if (measure(&trial, &other)) keep_minimum(&base[i].step, other.step);
    }
  }
  for (size_t row = 0; row < ISW_COST_ROWS && (trial.row[choice] = name_of(choice, row)) != NULL; row++) {
    struct measured this;
    bool done = strcmp(trial.row[choice], first) == 0; /* 0 by definition */
    if (solves(choice, row)) continue;                 /* measure_solvers */
    for (size_t i = 0; i < 2 && !done; i++) {
      trial.shape = tries[i];
      done = known[i] && measure(&trial, &this);
      if (done) cost[row] = (this.step - base[i].step) / count_of(choice, &this);
    }
  }
}

/* The seconds of a FLOP of the optimisers that solve, in networks of 42 parameters. */
static void measure_solvers(struct trial trial, double *cost)
{
  trial.shape = (struct shape){"{name: gaussian_mixture, samples: 64, test_fraction: 0}", "[8]", "full"};
  trial.init = "glorot_uniform";
  for (size_t row = 0; row < ISW_COST_ROWS && (trial.row[OPTIMIZER] = name_of(OPTIMIZER, row)) != NULL; row++) {
    struct measured m;
    if (!solves(OPTIMIZER, row) || !measure(&trial, &m)) continue;
    size_t parameters = isw_parameters(m.layers, m.size, (struct isw_parts){.bias = ISW_BIAS_ALL});
    cost[row] = m.step / ((double)m.lanes * isw_solver_flops(parameters, m.train_samples, m.size[m.layers]));
  }
}

/* The class of the packs that were measured, as far as isw_cost_passes uses it. */
static struct isw_pack_class class_of(const struct trial *trial, const struct measured *m)
{
  struct isw_pack_class class = {.layers = m->layers, .size = m->size};
  while (strcmp(name_of(ACTIVATION, class.activation), trial->row[ACTIVATION]) != 0) class.activation++;
  while (strcmp(name_of(LOSS, class.loss), trial->row[LOSS]) != 0) class.loss++;
  return class;
}

/* Seconds of the passes of one record of the packs that were measured. */
static double passes_of(const struct trial *trial, const struct isw_cost_model *model, const struct measured *m,
                        unsigned needs)
{
  const struct isw_data data = {.train_samples = m->train_samples, .test_samples = m->test_samples};
  const struct isw_pack_class class = class_of(trial, m);
  return isw_cost_passes(model, &data, &class, trial->layout == ISW_UNITS_IN_LANES ? m->lanes : 1, needs);
}

/* The time of a record of gradient and accuracy beyond the time of its passes. */
static void measure_show(struct trial trial, struct isw_cost_model *model)
{
  struct measured m;
  struct isw_record_cost *cost = &model->record[trial.layout];
  trial.shape = (struct shape){"{name: gaussian_mixture, samples: 640, features: 64, classes: 10, test_fraction: 0}",
                               "[32, 32]", "64"};
  trial.probes = "[loss, accuracy, gradient_norm]";
  if (!measure(&trial, &m)) return;
  double more = m.record - 3 * cost->base - passes_of(&trial, model, &m, ISW_NEEDS_TRAIN | ISW_NEEDS_GRADIENT);
  cost->output = more > 0 ? more / ((double)m.train_samples * m.outputs) : 0;
}

/* The least times of creating a pack and of training it for a step with two records. */
static bool time_records(const struct trial *trial, struct isw_sweep *sweep, const struct isw_samples *samples,
                         struct measured *m)
{
  enum { FEW = 3 };
  double create, seconds, least = 1e9, start = now();
  m->create = 1e9;
  for (size_t i = 0; i < FEW && (i == 0 || now() - start < LONG / 4); i++) {
    if (!train(trial, sweep, samples, 1, &create, &seconds, &m->small)) return false;
    keep_minimum(&least, seconds);
    keep_minimum(&m->create, create);
  }
  m->record = least / 2;
  return true;
}

/* The least times of a pack's training with a record at both ends (step) and at every step (record). */
static bool time_every_step(const struct trial *trial, struct isw_sweep *sweep, const struct isw_samples *samples,
                            struct measured *m)
{
  double create, seconds;
  struct trial often = *trial;
  often.every_step = true;
  m->step = m->record = 1e9;
  for (size_t i = 0; i < REPEATS; i++) {
    if (!train(trial, sweep, samples, RECORDS - 1, &create, &seconds, &m->small)) return false;
    keep_minimum(&m->step, seconds);
    if (!train(&often, sweep, samples, RECORDS - 1, &create, &seconds, &m->small)) return false;
    keep_minimum(&m->record, seconds);
  }
  return true;
}

/* The seconds of a record beside those of its passes, on the smallest network. Returns the seconds of a pack's training
 * that are not of its steps and records. first: the measured times of that network. */
static double measure_base(struct trial trial, const struct measured *first, struct isw_cost_model *model)
{
  struct measured m;
  double least = 0.1 * first->record;
  trial.time = time_every_step;
  if (!measure(&trial, &m)) return 0;
  double record = (m.record - m.step) / (RECORDS - 2);
  double base = record - passes_of(&trial, model, &m, ISW_NEEDS_TRAIN);
  model->record[trial.layout].base = base > least ? base : least;
  return first->record > record ? 2 * (first->record - record) : 0;
}

/* The seconds of a record of a pack with a probe, beyond those without it; 0 or less if it cannot be measured. base:
 * the same record without the probe. */
static double probe_seconds(struct trial *trial, const struct isw_cost_model *model, const struct isw_probe *probe,
                            const struct measured *base)
{
  struct measured with;
  char list[TEXT];
  snprintf(list, sizeof list, "[loss, %s]", probe->row.name);
  trial->probes = list;
  if (!measure(trial, &with)) return 0;
  return with.record - base->record - model->record[trial->layout].base -
         passes_of(trial, model, &with, probe->needs | ISW_NEEDS_TRAIN) +
         passes_of(trial, model, &with, ISW_NEEDS_TRAIN);
}

/* The seconds of a FLOP of every probe that counts its own, from records with and without it. Each is measured on the
 * largest shape on which it is quick, and of these on the first on which it is more than noise beside the rest. */
static void measure_probes(struct trial trial, struct isw_cost_model *model)
{
  static const struct shape tries[] = {
      {"{name: gaussian_mixture, samples: 128, features: 64, classes: 4, test_fraction: 0.5}", "[64, 64]", "full"},
      {"{name: gaussian_mixture, samples: 128, features: 8, classes: 4, test_fraction: 0.5}", "[12, 12]", "full"},
  };
  enum { TRIES = sizeof tries / sizeof tries[0] };
  const double most = 6e7;  /* FLOPs of a record: 0.1 s at most */
  const double clear = 0.3; /* of the rest of the record */
  struct measured base[TRIES];
  bool known[TRIES];
  size_t count;
  const struct isw_probe *const *probes = isw_probes(&count);
  trial.row[LOSS] = "cross_entropy";
  trial.time = time_records;
  for (size_t i = 0; i < TRIES; i++) {
    trial.shape = tries[i];
    known[i] = measure(&trial, &base[i]);
  }
  for (size_t row = 0; row < count && row < ISW_COST_ROWS; row++) {
    double share = 0;
    for (size_t i = 0; probes[row]->flops && i < TRIES && share < clear; i++) {
      const struct measured *m = &base[i];
      double flops = known[i] ? probes[row]->flops(m->layers, m->size, m->train_samples, m->test_samples) : 0;
      if (!(flops > 0 && flops <= most)) continue;
      trial.shape = tries[i];
      double seconds = probe_seconds(&trial, model, probes[row], m);
      if (seconds <= share * m->record) continue;
      share = seconds / m->record;
      model->record[trial.layout].probe[row] = seconds / flops;
    }
  }
}

/* The seconds of a FLOP of every initialiser that counts its own. */
static void measure_starts(struct trial trial, double *rate)
{
  struct measured base, with;
  size_t count;
  const struct isw_initializer *rows = isw_initializers(&count);
  trial.shape = (struct shape){classes, "[96, 96]", "64"};
  trial.time = time_records;
  if (!measure(&trial, &base)) return;
  for (size_t row = 0; row < count && row < ISW_COST_ROWS; row++) {
    if (!rows[row].flops) continue;
    double flops = 0;
    for (size_t k = 0; k < base.layers; k++) flops += rows[row].flops(base.size[k + 1], base.size[k]);
    trial.init = rows[row].row.name;
    if (measure(&trial, &with) && with.create > base.create)
      rate[row] = (with.create - base.create) / flops / (double)with.lanes;
  }
}

/* What records cost in the layout of a trial. */
static void measure_records(struct trial trial, struct isw_cost_model *model)
{
  measure_show(trial, model);
  measure_probes(trial, model);
}

static bool fit_units(struct trial trial, struct isw_cost_model *model)
{
  struct measured small = {0};
  double terms[UNIT_SHAPES][ISW_COST_TERMS], seconds[UNIT_SHAPES];
  trial.layout = ISW_UNITS_IN_LANES;
  for (size_t i = 0; i < UNIT_SHAPES; i++) {
    struct measured m;
    trial.shape = unit_shapes[i];
    if (!measure(&trial, &m)) return false;
    memcpy(terms[i], m.terms, sizeof m.terms);
    seconds[i] = m.step;
    if (i == 0) small = m;
  }
  isw_cost_fit(UNIT_SHAPES, terms, seconds, model->units);
  trial.shape = unit_shapes[0];
  measure_base(trial, &small, model);
  return true;
}

enum isw_status isw_cost_calibrate(const struct isw_kernels *kernels, enum isw_precision precision,
                                   struct isw_cost_model *model, struct isw_error *error)
{
  struct trial trial = {.time = time_steps,
                        .kernels = kernels,
                        .precision = precision == ISW_FLOAT64 ? "float64" : "float32",
                        .row = {"tanh", "mse", "sgd"},
                        .probes = "[loss]",
                        .init = "{name: constant, value: 0.01}"}; /* quick to create */
  double terms[2][SHAPES][ISW_COST_TERMS], seconds[2][SHAPES];
  size_t count[2] = {0, 0};
  struct measured first = {0}, drawn;
  *model = (struct isw_cost_model){0};
  for (size_t i = 0; i < SHAPES; i++) {
    struct measured m;
    trial.shape = shapes[i];
    if (!measure(&trial, &m)) return isw_error_set(error, ISW_FAILED, "the calibration's networks cannot be trained");
    memcpy(terms[m.small][count[m.small]], m.terms, sizeof m.terms);
    seconds[m.small][count[m.small]++] = m.step;
    if (i == 0) first = m;
  }
  isw_cost_fit(count[true], terms[true], seconds[true], model->small);
  isw_cost_fit(count[false], terms[false], seconds[false], model->large);
  if (!fit_units(trial, model)) return isw_error_set(error, ISW_FAILED, "the calibration's networks cannot be trained");
  struct trial tiny = trial;
  tiny.shape = (struct shape){xor_data, "[2]", "full"};
  if (measure(&tiny, &drawn)) model->tiny = drawn.step;
  trial.shape = shapes[0];
  model->pack = first.create + measure_base(trial, &first, model);
  struct trial random = trial;
  random.shape = (struct shape){classes, "[64, 64]", "64"};
  random.init = "glorot_uniform";
  if (measure(&random, &drawn) && drawn.create > first.create)
    model->draw = (drawn.create - first.create) / drawn.terms[ISW_COST_PARAMETER];
  measure_rows(trial, ACTIVATION, model->activation);
  measure_rows(trial, LOSS, model->loss);
  measure_rows(trial, OPTIMIZER, model->optimizer);
  measure_solvers(trial, model->optimizer);
  measure_records(trial, model);
  struct trial alone = trial;
  alone.layout = ISW_UNITS_IN_LANES;
  measure_records(alone, model);
  measure_starts(trial, model->start);
  return ISW_OK;
}
