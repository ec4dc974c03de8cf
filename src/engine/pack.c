/* Creates and destroys packs: settings, initial weights and rates of the lanes. The arrays are layout.c's subject. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "engine_internal.h"

/* Rounds `from` [fan_out] into a lane of an array of lines; NULL: none. Returns whether all are finite. */
static bool store_units(const struct isw_pack *pack, const struct isw_layer *l, size_t lane, const double *from,
                        void *array)
{
  bool finite = true;
  for (size_t j = 0; array && j < l->fan_out; j++) {
    isw_number_store(pack->precision, array, j * pack->lanes + lane, from[j]);
    finite = finite && isfinite(isw_number_load(pack->precision, array, j * pack->lanes + lane));
  }
  return finite;
}

/* Draws a network's initial weights and rounds them into its lane. buffer: [weights of the largest layer, at least 2
 * units of it] */
static bool draw_lane(struct isw_pack *pack, size_t lane, struct isw_initial_weights *initial, double *buffer)
{
  bool finite = true;
  for (size_t k = 0; k < pack->layers; k++) {
    struct isw_layer *l = &pack->layer[k];
    if (!isw_initial_weights_draw(initial, buffer)) return false;
    for (size_t i = 0; i < l->fan_in; i++)
      for (size_t j = 0; j < l->fan_out; j++) {
        size_t at = isw_number_index(pack, l, i, j, lane);
        isw_number_store(pack->precision, l->weight, at, buffer[j * l->fan_in + i]);
        if (l->weight_mask) isw_number_store(pack->precision, l->weight_mask, at, initial->kept[j * l->fan_in + i]);
        finite = finite && isfinite(isw_number_load(pack->precision, l->weight, at));
      }
    isw_initial_normalization(initial, buffer, buffer + l->fan_out);
    finite &= store_units(pack, l, lane, buffer, l->gain.number);
    finite &= store_units(pack, l, lane, buffer + l->fan_out, l->shift.number);
    if (!isw_initial_weights_draw_biases(initial, buffer)) return false;
    finite &= store_units(pack, l, lane, buffer, l->bias);
    if (l->scale) isw_line_store(pack, l->scale, 0, lane, initial->network->residual.scale);
  }
  pack->finite[lane] = finite;
  return true;
}

static void fill_values(const struct isw_pack *pack, unsigned char *values)
{
  const int32_t none = -1;
  const float nan_float32 = NAN;
  const double nan_float64 = (double)NAN;
  const void *nan = pack->precision == ISW_FLOAT32 ? (const void *)&nan_float32 : &nan_float64;
  struct isw_record_layout layout = isw_pack_layout(pack);
  for (size_t i = 0; i < pack->probe_count; i++) {
    const struct isw_quantity *quantity = &pack->probes[i]->quantity;
    struct isw_record_place place = isw_record_layout_add(&layout, quantity);
    for (size_t n = 0; n < place.records * place.width; n++)
      memcpy(values + place.offset + n * place.item, quantity->integer ? &none : nan, place.item);
  }
}

static bool start_lane(struct isw_pack *pack, size_t l, const struct isw_network *network, double *buffer)
{
  struct isw_lane *lane = &pack->lane[l];
  struct isw_initial_weights initial;
  lane->home = pack->location[l] = (struct isw_lane_place){pack, l};
  bool drawn = isw_initial_weights_begin(pack, network, &initial) && draw_lane(pack, l, &initial, buffer);
  isw_initial_weights_clear(&initial);
  if (!drawn) return false;
  lane->learning_rate = network->learning_rate;
  lane->weight_decay = network->weight_decay;
  if (lane->factors) memcpy(lane->factors, network->factors, pack->layers * sizeof *lane->factors);
  lane->decay_biases = network->decay_biases;
  lane->schedule = network->schedule;
  lane->clip_norm = network->clip_norm;
  lane->gradient_noise = network->gradient_noise;
  lane->dropout = network->dropout;
  lane->replicate = network->replicate;
  pack->draws_noise = pack->draws_noise || network->gradient_noise > 0.0;
  pack->clips_gradients = pack->clips_gradients || network->clip_norm > 0.0;
  for (size_t i = 0; i < ISW_PARAMETERS_MAX; i++) lane->p[i] = network->optimizer.value[i].number;
  lane->running[0] = lane->running[1] = 1.0;
  if (pack->solves) lane->running[0] = lane->p[0];
  pack->loss_below[l] = network->stop_loss_below;
  pack->gradient_below[l] = network->stop_gradient_below;
  pack->has_gradient_rules = pack->has_gradient_rules || network->stop_gradient_below > -INFINITY;
  if (network->stop_loss_above > 0.0) pack->loss_above[l] = network->stop_loss_above;
  if (network->stop_accuracy_above > 0.0) pack->accuracy_above[l] = network->stop_accuracy_above;
  pack->plateau_relative[l] = network->stop_plateau.relative;
  pack->has_accuracy_rules = pack->has_accuracy_rules || network->stop_accuracy_above > 0.0;
  pack->has_other_rules =
      pack->has_other_rules || network->stop_loss_above > 0.0 || pack->has_accuracy_rules || pack->plateau_steps > 0;
  isw_line_store(pack, pack->hidden.parameter, 0, l, network->activation.value[0].number);
  isw_line_store(pack, pack->output.parameter, 0, l, network->output_activation.value[0].number);
  isw_line_store(pack, pack->loss_parameter, 0, l, network->loss.value[0].number);
  isw_line_store(pack, pack->norm_epsilon, 0, l, isw_normalization_epsilon(&network->normalization));
  isw_line_store(pack, pack->output_scale, 0, l, network->output_scale);
  pack->scales_output = pack->scales_output || network->output_scale != 1.0;
  fill_values(pack, lane->values);
  if (lane->weights_initial) isw_pack_copy_weights(pack, l, lane->weights_initial);
  lane->outcome = (struct isw_outcome){.values = lane->values,
                                       .values_bytes = isw_layout_values_bytes(pack),
                                       .weights_initial = lane->weights_initial,
                                       .weights_final = lane->weights_final,
                                       .parameters = pack->parameters};
  return true;
}

static bool start_lanes(struct isw_pack *pack, const struct isw_network *const *networks)
{
  size_t most = 1;
  for (size_t k = 0; k < pack->layers; k++) {
    size_t weights = pack->size[k] * pack->size[k + 1];
    if (weights > most) most = weights;
    if (2 * pack->size[k + 1] > most) most = 2 * pack->size[k + 1];
  }
  double *buffer = isw_allocate(most, sizeof *buffer);
  bool done = buffer != NULL;
  pack->plateau_steps = networks[0]->stop_plateau.steps;
  for (size_t l = 0; l < ISW_LANES_MAX; l++) {
    pack->loss_below[l] = pack->gradient_below[l] = -INFINITY;
    pack->loss_above[l] = pack->accuracy_above[l] = INFINITY;
    pack->best_loss[l] = (struct isw_best_loss){INFINITY, 0};
  }
  for (size_t l = 0; l < pack->lanes; l++) isw_line_store(pack, pack->norm_epsilon, 0, l, 1.0); /* nothing is 0 / 0 */
  for (size_t l = 0; l < pack->count && done; l++) done = start_lane(pack, l, networks[l], buffer);
  free(buffer);
  pack->rates_change = isw_pack_rates_change(pack);
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    if (l->weight_start) memcpy(l->weight_start, l->weight, l->fan_in * l->stride * ISW_LINE_BYTES);
  }
  for (size_t l = 0; l < pack->lanes; l++) isw_pack_set_idle_rates(pack, l);
  return done;
}

/* Sets what probes ask for that is not part of a record: thresholds of the loss, first changes. */
static void set_thresholds(struct isw_pack *pack, double fraction)
{
  for (size_t l = 0; l < ISW_LANES_MAX; l++) pack->escape_below[l] = -INFINITY;
  for (size_t i = 0; i < pack->probe_count; i++) {
    const struct isw_probe *probe = pack->probes[i];
    double below[ISW_LANES_MAX];
    pack->tracks_first_change = pack->tracks_first_change || probe->tracks_first_change;
    if (!probe->threshold) continue;
    probe->threshold(&pack->view, fraction, below);
    for (size_t l = 0; l < pack->count; l++)
      if (below[l] > -INFINITY) pack->escape_below[l] = below[l]; /* not if it is NaN */
  }
}

static bool is_due(const struct isw_pack_settings *settings, size_t probe, size_t record)
{
  return !settings->due || !settings->due[probe] || settings->due[probe][record];
}

/* Sets what the settings decide, before anything is allocated. */
static void set_settings(struct isw_pack *pack, const struct isw_pack_settings *settings)
{
  const struct isw_network *network = settings->networks[0];
  const struct isw_samples *samples = settings->samples;
  pack->kernels = &settings->kernels->by_precision[settings->precision];
  pack->kernels_float64 = &settings->kernels->by_precision[ISW_FLOAT64];
  pack->samples = samples;
  pack->count = settings->count;
  pack->records = settings->records;
  pack->probe_count = settings->probe_count;
  pack->probes = settings->probes;
  for (size_t i = 0; i < pack->probe_count; i++) {
    pack->needs |= pack->probes[i]->needs;
    if (!pack->probes[i]->quantity.at_snapshots) continue;
    pack->snapshots = 0; /* all such probes are due at the same records */
    for (size_t r = 0; r < pack->records; r++) pack->snapshots += is_due(settings, i, r);
  }
  atomic_init(&pack->nonfinite_lanes[0], 0);
  atomic_init(&pack->nonfinite_lanes[1], 0);
  isw_layout_set_shape(pack, network, settings->precision, settings->layout, samples->features, samples->train.samples,
                       samples->test.samples);
  pack->hidden.kernels = &pack->kernels->activation[network->activation.row];
  pack->output.kernels = &pack->kernels->activation[network->output_activation.row];
  for (size_t k = 0; k + 1 < pack->layers; k++)
    if (isw_ends_linear(pack->layers, &pack->residual, k))
      pack->identity.kernels = &pack->kernels->activation[isw_activation_row_of(pack, k)];
}

static void copy_schedule(struct isw_pack *pack, const struct isw_pack_settings *settings)
{
  size_t before = 0;
  memcpy(pack->record_steps, settings->record_steps, pack->records * sizeof *pack->record_steps);
  for (size_t i = 0; i < pack->probe_count; i++)
    for (size_t r = 0; r < pack->records; r++) pack->due[i * pack->records + r] = is_due(settings, i, r);
  for (size_t i = 0; i < pack->probe_count && pack->snapshots > 0; i++)
    for (size_t r = 0; pack->probes[i]->quantity.at_snapshots && r < pack->records; r++) {
      pack->snapshots_before[r] = before;
      before += pack->due[i * pack->records + r];
    }
}

/* Allocates and fills a pack of zeros; false without memory. */
static bool make(struct isw_pack *pack, const struct isw_pack_settings *settings)
{
  set_settings(pack, settings);
  if (!isw_layout_copy_sizes(pack, settings->networks[0])) return false;
  isw_layout_allocate(pack, settings->keep_initial, settings->keep_final);
  if (pack->memory.failed) return false;
  copy_schedule(pack, settings);
  if (!start_lanes(pack, settings->networks)) return false;
  const struct isw_pack_shape shape = isw_shape_of(pack);
  pack->path = isw_pack_path(settings->kernels, &shape);
  set_thresholds(pack, settings->escape_fraction);
  return true;
}

enum isw_status isw_pack_create(const struct isw_pack_settings *settings, struct isw_pack **pack,
                                struct isw_error *error)
{
  *pack = NULL;
  struct isw_pack *made = isw_allocate(1, sizeof *made);
  if (!made) return isw_error_memory(error, sizeof *made, "a pack");
  if (!make(made, settings)) {
    size_t bytes = made->memory.bytes;
    isw_pack_destroy(made);
    return isw_error_memory(error, bytes, "a pack of networks");
  }
  enum isw_status status = isw_check_interrupted(error); /* the initial weights may be incomplete */
  if (status != ISW_OK) {
    isw_pack_destroy(made);
    return status;
  }
  *pack = made;
  return ISW_OK;
}

void isw_pack_destroy(struct isw_pack *pack)
{
  if (!pack) return;
  isw_memory_clear(&pack->memory);
  free(pack->saved_states);
  free(pack->size);
  free(pack->layer);
  free(pack);
}

size_t isw_pack_bytes(const struct isw_network *network, const struct isw_data *data, enum isw_precision precision,
                      enum isw_layout layout, size_t records, size_t snapshots, const struct isw_probe *const *probes,
                      size_t probe_count)
{
  struct isw_pack pack = {.records = records,
                          .snapshots = snapshots,
                          .probe_count = probe_count,
                          .probes = probes,
                          .memory.measuring = true};
  for (size_t i = 0; i < probe_count; i++) pack.needs |= probes[i]->needs;
  isw_layout_set_shape(&pack, network, precision, layout, data->features, data->train_samples, data->test_samples);
  pack.count = pack.lanes;
  size_t bytes = SIZE_MAX;
  if (isw_layout_copy_sizes(&pack, network)) {
    isw_layout_allocate(&pack, true, true);
    bytes = pack.memory.bytes;
  }
  free(pack.size);
  free(pack.layer);
  return bytes;
}

const struct isw_outcome *isw_pack_outcome(const struct isw_pack *pack, size_t lane)
{
  const struct isw_lane_place *place = &pack->location[lane];
  return &place->pack->lane[place->lane].outcome;
}
