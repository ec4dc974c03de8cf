/* The arithmetic of the cost model: from the shape of a pack to seconds. The coefficients come from calibrate.c. */
#include "initsweep/cost.h"
#include "initsweep/probes.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_PARAMETERS = 16384 }; /* of a pack, that a second-level cache of 1 MiB holds */

static double lines_of(size_t units, size_t line)
{
  size_t lines = units / line + (units % line > 0);
  return (double)lines;
}

void isw_cost_terms(size_t layers, const size_t *size, size_t samples, bool full, size_t line, double *terms)
{
  double n = (double)samples, units = 0, products = 0, parameters = 0;
  for (size_t k = 0; k < layers; k++) {
    double lines = lines_of(size[k + 1], line);
    units += lines;
    products += 2 * (double)size[k] * lines;
    if (k > 0) products += (double)size[k + 1] * lines_of(size[k], line);
    parameters += ((double)size[k] + 1) * lines;
  }
  terms[ISW_COST_STEP] = 1;
  terms[ISW_COST_LAYER] = n * (double)layers;
  terms[ISW_COST_UNIT] = n * units;
  terms[ISW_COST_PRODUCT] = n * products;
  terms[ISW_COST_PARAMETER] = parameters;
  terms[ISW_COST_FAR] = parameters > NEAR_PARAMETERS ? parameters - NEAR_PARAMETERS : 0;
  terms[ISW_COST_GATHER] = full ? 0 : n * (double)size[0];
}

enum isw_pack_path isw_cost_path(const struct isw_kernels *kernels, const struct isw_probe *const *probes,
                                 size_t probe_count, const struct isw_pack_class *class)
{
  struct isw_pack_shape shape = {.layout = class->layout,
                                 .layers = class->layers,
                                 .size = class->size,
                                 .parts = class->parts,
                                 .train_samples = class->samples,
                                 .batch_size = class->batch_size,
                                 .activation = class->activation,
                                 .output_activation = class->output_activation,
                                 .loss = class->loss,
                                 .optimizer = class->optimizer,
                                 .drops = class->drops,
                                 .draws_noise = class->draws_noise,
                                 .checks_every_step = class->checks_every_step,
                                 .has_mask = class->has_mask,
                                 .scales_output = class->scales_output,
                                 .has_factors = class->has_factors};
  for (size_t i = 0; i < probe_count; i++) shape.needs |= probes[i]->needs;
  return isw_pack_path(kernels, &shape);
}

/* What normalising a line of units costs in units of ISW_COST_UNIT, forward and backward: with networks in lanes, and
 * with units in lanes, where the sums go number by number. Measured at width 64 in batches of 64, where it is a tenth
 * and a third of a step. */
static const double normalized_networks = 0.3, normalized_units = 1.0;

/* The lines of normalised units of a sample, weighted by their cost. */
static double normalized_lines(const struct isw_pack_class *class, size_t line)
{
  double lines = 0;
  for (size_t k = 0; k < class->layers; k++)
    if (isw_normalizes(class->parts, class->layers, k)) lines += lines_of(class->size[k + 1], line);
  return lines * (line > 1 ? normalized_units : normalized_networks);
}

/* Consecutive units that a line holds in packs of a class. */
static size_t line_of(const struct isw_sweep *sweep, const struct isw_pack_class *class)
{
  return class->layout == ISW_UNITS_IN_LANES ? isw_lanes(isw_sweep_precision(sweep)) : 1;
}

static double apply(const double *coefficient, const double *terms)
{
  double sum = 0;
  for (size_t t = 0; t < ISW_COST_TERMS; t++) sum += coefficient[t] * terms[t];
  return sum;
}

/* Non-negative least squares of relative errors, one coefficient after the other (coordinate descent): no pass raises
 * the sum. */
void isw_cost_fit(size_t count, double (*terms)[ISW_COST_TERMS], const double *seconds, double *coefficient)
{
  enum { PASSES = 20000 };
  memset(coefficient, 0, ISW_COST_TERMS * sizeof *coefficient);
  for (size_t pass = 0; pass < PASSES; pass++)
    for (size_t t = 0; t < ISW_COST_TERMS; t++) {
      double squares = 0, products = 0;
      for (size_t i = 0; i < count; i++) {
        double x = terms[i][t] / seconds[i];
        squares += x * x;
        products += x * (1 - (apply(coefficient, terms[i]) - coefficient[t] * terms[i][t]) / seconds[i]);
      }
      coefficient[t] = squares > 0 && products > 0 ? products / squares : 0;
    }
}

/* ---- records ---- */

/* A step has three products per layer; a forward pass is one of them. */
static double forward_flops(const struct isw_pack_class *class, size_t samples)
{
  double weights = 0;
  for (size_t k = 0; k < class->layers; k++) weights += (double)class->size[k] * (double)class->size[k + 1];
  return 2 * (double)samples * weights;
}

/* The work that the probes of a record do beyond the passes, and their number. */
struct own_work {
  double flops, seconds, probes;
};

/* The seconds of one FLOP by a probe. */
static double probe_rate(const struct isw_record_cost *cost, const struct isw_probe *probe)
{
  size_t count, row = 0;
  const struct isw_probe *const *all = isw_probes(&count);
  while (row + 1 < count && strcmp(all[row]->row.name, probe->row.name) != 0) row++;
  return cost->probe[row];
}

/* What the probes of a record need, and their own work. `model` may be NULL: the seconds are then 0. */
static unsigned record_needs(const struct isw_cost_model *model, const struct isw_data *data,
                             const struct isw_probe *const *probes, size_t probe_count,
                             const struct isw_pack_class *class, const bool *const *due, size_t record,
                             struct own_work *own)
{
  unsigned needs = 0;
  *own = (struct own_work){0};
  for (size_t i = 0; i < probe_count; i++) {
    const struct isw_probe *probe = probes[i];
    bool shared = false; /* probes that share their scratch do most of their work once */
    if (due[i] && !due[i][record]) continue;
    for (size_t before = 0; before < i; before++)
      shared |= (!due[before] || due[before][record]) && isw_probes_share(probes[before], probe);
    needs |= probe->needs;
    own->probes += 1;
    if (!probe->flops || shared) continue;
    double flops = probe->flops(class->layers, class->size, data->train_samples, data->test_samples);
    own->flops += flops;
    if (model) own->seconds += flops * probe_rate(&model->record[class->layout], probe);
  }
  return needs;
}

/* Whether the batch's gradient is computed twice: the training set's overwrites it. */
static bool is_batch_again(const struct isw_pack_class *class, unsigned needs)
{
  return class->batch_size > 0 && (needs & ISW_NEEDS_BATCH) && (needs & ISW_NEEDS_GRADIENT);
}

double isw_cost_passes(const struct isw_cost_model *model, const struct isw_data *data,
                       const struct isw_pack_class *class, size_t line, unsigned needs)
{
  static const double slopes[2] = {4.5, 9.5}; /* of a line's units, in those of ISW_COST_UNIT, as measured */
  const double *step = line > 1 ? model->units : model->large;
  double terms[ISW_COST_TERMS], seconds = 0, outputs = (double)class->size[class->layers];
  const size_t samples[2] = {data->train_samples, data->test_samples};
  const bool wanted[2] = {needs & (ISW_NEEDS_GRADIENT | ISW_NEEDS_TRAIN | ISW_NEEDS_TRAIN_UNITS),
                          needs & ISW_NEEDS_TEST};
  for (size_t set = 0; set < 2; set++) {
    if (!wanted[set]) continue;
    isw_cost_terms(class->layers, class->size, samples[set], true, line, terms);
    bool gradient = set == 0 && (needs & ISW_NEEDS_GRADIENT);
    double forward = 0;
    for (size_t k = 0; k < class->layers; k++)
      forward += (double)samples[set] * (double)class->size[k] * lines_of(class->size[k + 1], line);
    double part = gradient ? 1.0 : 0.5; /* of a step's work of units and layers, the rest of which is backward */
    double units = terms[ISW_COST_UNIT] + (double)samples[set] * normalized_lines(class, line);
    seconds += part * (step[ISW_COST_STEP] + step[ISW_COST_LAYER] * terms[ISW_COST_LAYER]) +
               part * step[ISW_COST_UNIT] * units + model->activation[class->activation] * terms[ISW_COST_UNIT] +
               model->loss[class->loss] * lines_of(samples[set], line) * outputs +
               model->record[line > 1].output * (double)samples[set] * outputs +
               step[ISW_COST_PRODUCT] * (gradient ? terms[ISW_COST_PRODUCT] : forward);
    if (set == 0 && (needs & ISW_NEEDS_SLOPES)) seconds += slopes[line > 1] * step[ISW_COST_UNIT] * units;
  }
  if (is_batch_again(class, needs)) {
    isw_cost_terms(class->layers, class->size, class->samples, false, line, terms);
    seconds += apply(step, terms);
  }
  return seconds;
}

/* FLOPs and, with a model, seconds of all records of a class. Records differ if probes have their own schedules. */
static void sum_records(const struct isw_sweep *sweep, const struct isw_probe *const *probes, size_t probe_count,
                        const struct isw_pack_class *class, const struct isw_cost_model *model, double *flops,
                        double *seconds)
{
  const struct isw_data *data = isw_sweep_data(sweep, class->dataset);
  const bool **due = isw_allocate(probe_count, sizeof *due);
  bool own_schedule = false;
  *flops = *seconds = 0;
  for (size_t i = 0; due && i < probe_count; i++) {
    due[i] = isw_sweep_due(sweep, class->steps, i);
    own_schedule |= due[i] != NULL;
  }
  size_t different = !due ? 0 : own_schedule ? class->records : class->records > 0;
  double times = own_schedule ? 1 : (double)class->records;
  for (size_t r = 0; r < different; r++) {
    struct own_work own;
    unsigned needs = record_needs(model, data, probes, probe_count, class, due, r, &own);
    double passes = 0;
    if (needs & ISW_NEEDS_GRADIENT)
      passes += isw_step_flops(class->layers, class->size, class->parts.branch_layers, data->train_samples);
    else if (needs & (ISW_NEEDS_TRAIN | ISW_NEEDS_TRAIN_UNITS))
      passes += forward_flops(class, data->train_samples);
    if (needs & ISW_NEEDS_TEST) passes += forward_flops(class, data->test_samples);
    if (is_batch_again(class, needs))
      passes += isw_step_flops(class->layers, class->size, class->parts.branch_layers, class->samples);
    *flops += times * (own.flops + passes);
    if (model)
      *seconds += times * (model->record[class->layout].base * own.probes +
                           isw_cost_passes(model, data, class, line_of(sweep, class), needs) + own.seconds);
  }
  free(due);
}

double isw_cost_record_flops(const struct isw_sweep *sweep, const struct isw_probe *const *probes, size_t probe_count,
                             const struct isw_pack_class *class)
{
  double flops, seconds;
  sum_records(sweep, probes, probe_count, class, NULL, &flops, &seconds);
  return flops;
}

/* ---- packs ---- */

/* Seconds of a step on a path with tanh, mse and sgd; the other rows are relative to these. */
static double path_seconds(const struct isw_cost_model *model, enum isw_pack_path path, const double *terms)
{
  switch (path) {
  case ISW_PATH_TINY: return model->tiny;
  case ISW_PATH_SMALL: return apply(model->small, terms);
  case ISW_PATH_UNITS: return apply(model->units, terms);
  case ISW_PATH_BLOCKED: break;
  }
  return apply(model->large, terms);
}

/* Seconds of a step of a pack by its optimiser, beyond sgd's. */
static double optimizer_seconds(const struct isw_cost_model *model, const struct isw_pack_class *class,
                                const double *terms)
{
  size_t count;
  double each = model->optimizer[class->optimizer];
  if (!isw_optimizers(&count)[class->optimizer].solves) return each * terms[ISW_COST_PARAMETER];
  size_t parameters = isw_parameters(class->layers, class->size, class->parts);
  return each * (double)class->lanes * isw_solver_flops(parameters, class->samples, class->size[class->layers]);
}

double isw_cost_pack(const struct isw_cost_model *model, const struct isw_kernels *kernels,
                     const struct isw_sweep *sweep, const struct isw_probe *const *probes, size_t probe_count,
                     const struct isw_pack_class *class)
{
  double terms[ISW_COST_TERMS], flops, records, hidden = 0;
  size_t line = line_of(sweep, class);
  isw_cost_terms(class->layers, class->size, class->samples, class->batch_size == 0, line, terms);
  terms[ISW_COST_UNIT] += (double)class->samples * normalized_lines(class, line);
  terms[ISW_COST_PRODUCT] *= 1 - class->frozen;
  for (size_t k = 0; k + 1 < class->layers; k++) hidden += lines_of(class->size[k + 1], line);
  double samples = (double)class->samples, outputs = (double)class->size[class->layers];
  double step = path_seconds(model, isw_cost_path(kernels, probes, probe_count, class), terms) +
                samples * hidden * model->activation[class->activation] +
                lines_of(class->samples, line) * outputs * model->loss[class->loss] +
                optimizer_seconds(model, class, terms);
  double least = terms[ISW_COST_PRODUCT] * (line > 1 ? model->units : model->large)[ISW_COST_PRODUCT] / 4;
  if (!(step > least)) step = least; /* measured differences may be negative */
  sum_records(sweep, probes, probe_count, class, model, &flops, &records);
  double parameters = 0; /* of a full pack, or of the share of a pack that one network is */
  for (size_t k = 0; k < class->layers; k++) parameters += ((double)class->size[k] + 1) * (double)class->size[k + 1];
  if (class->drops) step += model->draw * samples * hidden; /* a mask's draw is as that of an initial weight */
  if (class->draws_noise) step += model->draw * parameters / (double)line;
  return (model->pack + model->draw * parameters) / (double)line + step * (double)class->steps + records;
}

/* Seconds of `packs` packs of a class of which a share of the workers trains some at a time, or shares each. */
static double seconds_of_share(const struct isw_pack_class *class, double seconds, uint64_t packs, double share)
{
  double each = share / (double)packs, most = (double)isw_cost_max_threads(class);
  if (each < 1.0) return seconds * ceil(1.0 / each);
  return seconds / isw_cost_speedup(class, (size_t)fmin(each, most));
}

void isw_cost_alone(const struct isw_cost_model *model, const struct isw_kernels *kernels,
                    const struct isw_sweep *sweep, const struct isw_probe *const *probes, size_t probe_count,
                    const struct isw_packs *packs, size_t workers, uint64_t *alone)
{
  const double per_pack = (double)workers / (double)isw_packs_count(packs);
  const double worth_dividing = 0.01; /* s of a pack: less does not outweigh that more packs are made and stored */
  for (size_t c = 0; c < isw_packs_classes(packs); c++) {
    const struct isw_pack_class *together = isw_packs_class(packs, c);
    struct isw_pack_class single = *together;
    single.layout = ISW_UNITS_IN_LANES;
    single.lanes = 1;
    double pack = isw_cost_pack(model, kernels, sweep, probes, probe_count, together);
    double each = isw_cost_pack(model, kernels, sweep, probes, probe_count, &single);
    uint64_t rest = together->networks % together->lanes;
    alone[c] = (double)together->lanes * each < pack ? together->networks : (double)rest * each < pack ? rest : 0;
    double share = per_pack * (double)together->packs;
    if (per_pack > 1.0 && pack > worth_dividing &&
        seconds_of_share(&single, each, together->networks, share) <
            seconds_of_share(together, pack, together->packs, share))
      alone[c] = together->networks;
  }
}

enum isw_status isw_cost_choose_layouts(const struct isw_cost_model *model, const struct isw_kernels *kernels,
                                        const struct isw_sweep *sweep, const struct isw_probe *const *probes,
                                        size_t probe_count, const struct isw_packs *packs, size_t workers,
                                        uint64_t *alone, struct isw_error *error)
{
  const char *asked = getenv("INITSWEEP_LAYOUT");
  bool networks = asked && strcmp(asked, "networks") == 0, units = asked && strcmp(asked, "units") == 0;
  if (asked && *asked && !networks && !units)
    return isw_error_set(error, ISW_BAD_INPUT, "INITSWEEP_LAYOUT is '%s', not networks or units", asked);
  if (!networks && !units) isw_cost_alone(model, kernels, sweep, probes, probe_count, packs, workers, alone);
  for (size_t c = 0; (networks || units) && c < isw_packs_classes(packs); c++)
    alone[c] = units ? isw_packs_class(packs, c)->networks : 0;
  return ISW_OK;
}

/* The seconds that the initialisers of a network's layers compute beyond draws. */
static double start_seconds(const struct isw_cost_model *model, const struct isw_network *network)
{
  size_t rows;
  const struct isw_initializer *all = isw_initializers(&rows);
  double seconds = 0;
  for (size_t k = 0; k < network->layers; k++) {
    size_t row = network->init[k].row;
    if (all[row].flops) seconds += model->start[row] * all[row].flops(network->size[k + 1], network->size[k]);
  }
  return seconds;
}

double isw_cost_starts(const struct isw_cost_model *model, const struct isw_sweep *sweep, const struct isw_packs *packs,
                       const struct isw_pack_class *class)
{
  enum { SAMPLES = 16 };
  uint64_t numbers[ISW_LANES_MAX], wanted = class->packs < SAMPLES ? class->packs : SAMPLES;
  double seconds = 0, networks = 0;
  for (uint64_t i = 0; i < wanted; i++) {
    size_t count = isw_packs_networks(packs, class->first_pack + i * class->packs / wanted, numbers);
    struct isw_network *network = NULL;
    /* which of the pack's networks differs from sample to sample, so that no initialiser always has the same place */
    if (isw_sweep_network(sweep, numbers[i % count], &network, NULL) != ISW_OK || !network) continue;
    seconds += start_seconds(model, network);
    networks += 1;
    isw_network_destroy(network);
  }
  double per_pack = class->packs > 0 ? (double)class->networks / (double)class->packs : 0;
  return networks > 0 ? seconds / networks * per_pack : 0;
}

double isw_cost_all(const struct isw_packs *packs, const double *cost, size_t workers)
{
  double sum = 0, longest = 0, each = (double)workers / (double)isw_packs_count(packs);
  for (size_t i = 0; i < isw_packs_classes(packs); i++) {
    const struct isw_pack_class *class = isw_packs_class(packs, i);
    sum += (double)class->packs * cost[i];
    double threads = each < 1 ? 1 : fmin(each, (double)isw_cost_max_threads(class));
    longest = fmax(longest, cost[i] / isw_cost_speedup(class, (size_t)threads));
  }
  return fmax(longest, sum / (double)workers);
}

struct isw_cost_model isw_cost_default(enum isw_precision precision)
{
  double factor = precision == ISW_FLOAT64 ? 1.6 : 1; /* half as many numbers per vector, a longer tanh */
  struct isw_cost_model model = {
      .small = {2e-8, 4e-9, 1.3e-8, 1.5e-9, 2e-9, 0, 0},
      .large = {2e-7, 2e-9, 1.4e-8, 3.3e-10, 3e-9, 2e-9, 1e-9},
      .units = {2e-7, 1e-8, 1.4e-8, 3.3e-10, 3e-9, 2e-9, 1e-9},
      .tiny = 9e-8,
      .record = {{.base = 2e-6, .output = 2e-8}, {.base = 1e-6, .output = 4e-9}},
      .pack = 2e-5,
      .draw = 3e-7,
  };
  for (size_t r = 0; r < ISW_COST_ROWS; r++) {
    model.record[ISW_NETWORKS_IN_LANES].probe[r] = 1.5e-9;
    model.record[ISW_UNITS_IN_LANES].probe[r] = 1e-9;
    model.start[r] = 2e-10;
  }
  for (size_t t = ISW_COST_UNIT; t < ISW_COST_PARAMETER; t++)
    model.small[t] *= factor, model.large[t] *= factor, model.units[t] *= factor;
  model.tiny *= factor;
  return model;
}

size_t isw_cost_max_threads(const struct isw_pack_class *class)
{
  const double worth = 1e7; /* FLOPs per thread and step: docs/benchmarks.md, "Threads that share a pack" */
  double step = class->steps > 0 ? class->flops / (double)class->steps * (double)class->lanes : 0;
  return step < 2 * worth ? 1 : step > 1024 * worth ? 1024 : (size_t)(step / worth);
}

double isw_cost_speedup(const struct isw_pack_class *class, size_t threads)
{
  const double gain = class->layout == ISW_UNITS_IN_LANES ? 0.7 : 0.4; /* of a second thread: docs/benchmarks.md */
  return 1 + gain * ((double)threads - 1);
}
