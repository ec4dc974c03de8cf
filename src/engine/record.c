/* What is stored of a pack's networks: the probes' values of records, first steps, final weights. Which passes a
 * record needs is loop.c's subject. */
#include "engine_internal.h"
#include <math.h>
#include <stdalign.h>
#include <string.h>

/* Appends a number to values that need not be aligned. */
static void append(const struct isw_pack *pack, double x, unsigned char **to)
{
  alignas(double) unsigned char number[sizeof(double)];
  isw_number_store(pack->precision, number, 0, x);
  memcpy(*to, number, pack->number_bytes);
  *to += pack->number_bytes;
}

void isw_pack_copy_weights(const struct isw_pack *pack, size_t lane, void *to)
{
  unsigned char *at = to;
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    for (size_t j = 0; j < l->fan_out; j++)
      for (size_t i = 0; i < l->fan_in; i++)
        append(pack, isw_number_load(pack->precision, l->weight, isw_number_index(pack, l, i, j, lane)), &at);
    for (size_t j = 0; l->bias && j < l->fan_out; j++)
      append(pack, isw_number_load(pack->precision, l->bias, j * pack->lanes + lane), &at);
    for (size_t i = 0; i < 2; i++) {
      const void *numbers = (i ? &l->shift : &l->gain)->number;
      for (size_t j = 0; numbers && j < l->fan_out; j++)
        append(pack, isw_number_load(pack->precision, numbers, j * pack->lanes + lane), &at);
    }
    if (l->scale) append(pack, isw_number_load(pack->precision, l->scale, lane), &at);
  }
}

static void zero_lane(const struct isw_pack *pack, size_t lane, void *array, size_t lines)
{
  for (size_t i = 0; array && i < lines; i++) isw_line_store(pack, array, i, lane, 0.0);
}

void isw_pack_clear_lane(struct isw_pack *pack, size_t lane)
{
  /* Zeros, because numbers that are not finite or subnormal would slow its neighbours down. */
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    void *weight[] = {l->weight, l->weight_gradient, l->weight_state[0], l->weight_state[1]};
    void *bias[] = {l->bias, l->bias_gradient, l->bias_state[0], l->bias_state[1]};
    void *gain[] = {l->gain.number, l->gain.gradient, l->gain.state[0], l->gain.state[1]};
    void *shift[] = {l->shift.number, l->shift.gradient, l->shift.state[0], l->shift.state[1]};
    void *scale[] = {l->scale, l->scale_gradient, l->scale_state[0], l->scale_state[1]};
    for (size_t i = 0; i < 4; i++) {
      zero_lane(pack, lane, weight[i], l->fan_in * l->stride);
      zero_lane(pack, lane, bias[i], l->lines);
      zero_lane(pack, lane, gain[i], l->lines);
      zero_lane(pack, lane, shift[i], l->lines);
      zero_lane(pack, lane, scale[i], 1);
    }
  }
  isw_pack_set_idle_rates(pack, lane);
  pack->loss_below[lane] = -INFINITY;
  pack->finite[lane] = false;
}

void isw_pack_end_network(struct isw_pack *pack, size_t lane, enum isw_network_status status, uint64_t steps_done)
{
  struct isw_lane *ended = &pack->lane[lane];
  ended->outcome.status = status;
  ended->outcome.steps_done = steps_done;
  if (ended->weights_final) isw_pack_copy_weights(pack, lane, ended->weights_final);
  isw_pack_clear_lane(pack, lane);
}

bool isw_probes_share(const struct isw_probe *a, const struct isw_probe *b)
{
  return (a->block || a->prepare) && a->scratch == b->scratch && a->persistent_scratch == b->persistent_scratch &&
         a->block == b->block && a->prepare == b->prepare && a->parameter == b->parameter;
}

struct isw_record_layout isw_pack_layout(const struct isw_pack *pack)
{
  return (struct isw_record_layout){.records = pack->records,
                                    .layers = pack->layers,
                                    .parameters = pack->parameters,
                                    .snapshots = pack->snapshots,
                                    .real_bytes = pack->number_bytes};
}

static bool is_due(const struct isw_pack *pack, size_t i, size_t record)
{
  return !pack->probes[i]->quantity.per_run && pack->due[i * pack->records + record];
}

unsigned isw_pack_needs(const struct isw_pack *pack, size_t record)
{
  unsigned needs = 0;
  for (size_t i = 0; i < pack->probe_count; i++)
    if (is_due(pack, i, record)) needs |= pack->probes[i]->needs;
  return needs;
}

/* Whether probe number i fills its scratch at this record: it is due, and no earlier due one shares the scratch. */
static bool fills_scratch(const struct isw_pack *pack, size_t i)
{
  for (size_t first = 0; first < i; first++)
    if (is_due(pack, first, pack->current_record) && isw_probes_share(pack->probes[first], pack->probes[i]))
      return false;
  return is_due(pack, i, pack->current_record);
}

void isw_pack_begin_record(struct isw_pack *pack, size_t record)
{
  pack->current_record = record;
  pack->abandoned = false;
  for (size_t i = 0; i < pack->probe_count; i++) {
    size_t kept = pack->persistent_count[i], count = pack->scratch_count[i];
    if (kept < count) memset(pack->scratch[i] + kept, 0, (count - kept) * sizeof(double));
  }
}

/* g'(z) as the backward pass computes it: a delta of 1 times it. */
static void find_slopes(const struct isw_pack *pack, size_t samples)
{
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    const struct isw_layer_activation *unit = isw_layer_activation_of(pack, k);
    size_t numbers = samples * l->stride * pack->line_numbers;
    for (size_t i = 0; i < numbers; i++) isw_number_store(pack->precision, l->slope, i, 1.0);
    if (!unit->is_identity)
      unit->kernels->slope(samples, l->lines, l->stride, unit->needs_z ? l->pre_activation : NULL,
                           l->branch_output ? l->branch_output : l->activation, unit->parameter, l->slope);
  }
}

void isw_pack_feed_probes(struct isw_pack *pack, const struct isw_set *set, size_t first, size_t samples)
{
  bool test = set == &pack->samples->test;
  for (size_t i = 0; i < samples * pack->lanes; i++)
    pack->block_loss[i] = isw_number_load(pack->precision, pack->loss, i);
  bool slopes = !test && (isw_pack_needs(pack, pack->current_record) & ISW_NEEDS_SLOPES);
  if (slopes) find_slopes(pack, samples);
  const void *const *pre_activation = pack->pointers + 5 * pack->layers;
  const struct isw_block block = {
      .test = test,
      .first = first,
      .samples = samples,
      .activation = pack->pointers + 4 * pack->layers,
      .pre_activation = pack->needs & ISW_NEEDS_TRAIN_UNITS ? pre_activation : NULL,
      .normalized = pack->pointers + 12 * pack->layers,
      .inverse_deviation = pack->pointers + 13 * pack->layers,
      .slope = slopes ? pack->pointers + 6 * pack->layers : NULL,
      .activation_stride = pack->strides,
      .loss = pack->block_loss,
      .target = set->labels + first * pack->samples->columns,
      .targets = pack->samples->columns,
  };
  for (size_t i = 0; i < pack->probe_count; i++) {
    const struct isw_probe *probe = pack->probes[i];
    if (!probe->block || (test && !(probe->needs & ISW_NEEDS_TEST)) || !fills_scratch(pack, i)) continue;
    pack->view.probe = probe;
    probe->block(&pack->view, &block, pack->scratch[i]);
  }
}

static void store_value(const struct isw_pack *pack, const struct isw_probe *probe, unsigned char *to, double x)
{
  if (probe->quantity.integer) {
    int32_t whole = isfinite(x) ? (int32_t)x : -1;
    memcpy(to, &whole, sizeof whole);
    return;
  }
  append(pack, x, &to);
}

/* Whether probe number i belongs to this part of the record: the probes of the batch, or the others. */
static bool is_due_in_part(const struct isw_pack *pack, size_t i, size_t record, bool of_batch)
{
  return is_due(pack, i, record) && !(pack->probes[i]->needs & ISW_NEEDS_BATCH) == !of_batch;
}

bool isw_pack_prepare_probes(struct isw_pack *pack, size_t record, bool of_batch)
{
  pack->view.step = pack->record_steps[record];
  for (size_t i = 0; i < pack->probe_count; i++) {
    if (!pack->probes[i]->prepare || !is_due_in_part(pack, i, record, of_batch) || !fills_scratch(pack, i)) continue;
    pack->view.probe = pack->probes[i];
    pack->probes[i]->prepare(&pack->view, pack->scratch[i]);
    if (isw_pack_interrupted(pack)) return false;
  }
  return !pack->abandoned; /* by a probe of the last block */
}

/* Finishes and stores the probes of the batch, or the others, for the live lanes. */
static void store_part(struct isw_pack *pack, size_t record, bool of_batch, const bool *live)
{
  struct isw_record_layout layout = isw_pack_layout(pack);
  for (size_t i = 0; i < pack->probe_count; i++) {
    const struct isw_probe *probe = pack->probes[i];
    struct isw_record_place place = isw_record_layout_add(&layout, &probe->quantity);
    bool due = is_due_in_part(pack, i, record, of_batch); /* otherwise the stored values stay */
    size_t at = probe->quantity.at_snapshots ? pack->snapshots_before[record] : record;
    size_t offset = isw_record_offset(&place, at);
    if (due && probe->copies_weights) {
      for (size_t l = 0; l < pack->count; l++)
        if (live[l]) isw_pack_copy_weights(pack, l, pack->lane[l].values + offset);
      continue;
    }
    pack->view.probe = probe;
    if (due) probe->finish(&pack->view, pack->scratch[i], pack->probe_values);
    for (size_t l = 0; due && l < pack->count; l++)
      for (size_t k = 0; live[l] && k < place.width; k++)
        store_value(pack, probe, pack->lane[l].values + offset + k * place.item,
                    pack->probe_values[k * pack->lanes + l]);
  }
}

void isw_pack_store_batch_record(struct isw_pack *pack, size_t record, const double *loss, const bool *live)
{
  memcpy(pack->batch_loss, loss, sizeof pack->batch_loss);
  store_part(pack, record, true, live);
}

void isw_pack_store_record(struct isw_pack *pack, size_t record, const bool *live)
{
  store_part(pack, record, false, live);
  for (size_t l = 0; l < pack->count; l++)
    if (live[l]) pack->lane[l].outcome.records_done = record + 1;
}

/* ---- values that are exact to the step --------------------------------------------------------------------------- */

/* Value `index` of the probe of first changes, or of the one with a threshold, in a lane's values; NULL: there is
 * none. */
static unsigned char *step_value(const struct isw_pack *pack, bool first_change, size_t lane, size_t index)
{
  struct isw_record_layout layout = isw_pack_layout(pack);
  for (size_t i = 0; i < pack->probe_count; i++) {
    const struct isw_probe *probe = pack->probes[i];
    struct isw_record_place place = isw_record_layout_add(&layout, &probe->quantity);
    if (first_change ? probe->tracks_first_change : probe->threshold != NULL)
      return pack->lane[lane].values + place.offset + index * place.item;
  }
  return NULL;
}

static bool is_stored(const unsigned char *place)
{
  int32_t step;
  memcpy(&step, place, sizeof step);
  return step >= 0;
}

static void store_step(unsigned char *place, uint64_t step)
{
  int32_t whole = step < INT32_MAX ? (int32_t)step : INT32_MAX;
  memcpy(place, &whole, sizeof whole);
}

bool isw_pack_awaits_escape(const struct isw_pack *pack, size_t lane)
{
  return pack->escape_below[lane] > -INFINITY && !is_stored(step_value(pack, false, lane, 0));
}

void isw_pack_store_escapes(struct isw_pack *pack, uint64_t step, const double *loss, const double *escape)
{
  for (size_t l = 0; l < pack->count; l++)
    if (loss[l] < escape[l]) store_step(step_value(pack, false, l, 0), step);
}

/* differs[lane] |= whether some of `lines` lines differ. One function per precision, so that whole lines are compared
 * at once. */
static void compare32(size_t lines, const float *restrict now, const float *restrict start, int32_t *restrict differs)
{
  enum { LANES = ISW_LANES_MAX };
  for (size_t i = 0; i < lines; i++)
    for (size_t l = 0; l < LANES; l++) differs[l] |= now[i * LANES + l] != start[i * LANES + l];
}

static void compare64(size_t lines, const double *restrict now, const double *restrict start, int32_t *restrict differs)
{
  enum { LANES = ISW_LANES_FLOAT64 };
  for (size_t i = 0; i < lines; i++)
    for (size_t l = 0; l < LANES; l++) differs[l] |= now[i * LANES + l] != start[i * LANES + l];
}

/* Whether some of `count` numbers differ. */
static bool numbers_differ(enum isw_precision precision, size_t count, const void *now, const void *start)
{
  int differs = 0;
  for (size_t i = 0; precision == ISW_FLOAT32 && i < count; i++)
    differs |= ((const float *)now)[i] != ((const float *)start)[i];
  for (size_t i = 0; precision == ISW_FLOAT64 && i < count; i++)
    differs |= ((const double *)now)[i] != ((const double *)start)[i];
  return differs;
}

/* Marks the lanes whose weights of layer k differ from their start; ends early once all wanted lanes do. */
static void find_changed(const struct isw_pack *pack, size_t k, const bool *wanted, int32_t *differs)
{
  const struct isw_layer *layer = &pack->layer[k];
  const unsigned char *now = layer->weight, *start = layer->weight_start;
  for (size_t i = 0; i < layer->fan_in; i++) {
    size_t at = i * layer->stride * ISW_LINE_BYTES;
    if (pack->layout == ISW_UNITS_IN_LANES)
      differs[0] |= numbers_differ(pack->precision, layer->fan_out, now + at, start + at);
    else if (pack->precision == ISW_FLOAT32)
      compare32(layer->fan_out, (const void *)(now + at), (const void *)(start + at), differs);
    else
      compare64(layer->fan_out, (const void *)(now + at), (const void *)(start + at), differs);
    bool all = true;
    for (size_t l = 0; l < pack->count; l++) all = all && (differs[l] || !wanted[l]);
    if (all) return;
  }
}

void isw_pack_store_first_changes(struct isw_pack *pack, uint64_t steps, const bool *live)
{
  bool left = false;
  size_t offset = (size_t)(step_value(pack, true, 0, 0) - pack->lane[0].values); /* in every lane's values */
  for (size_t k = 0; k < pack->layers; k++) {
    bool wanted[ISW_LANES_MAX] = {false}, any = false;
    int32_t differs[ISW_LANES_MAX] = {0};
    for (size_t l = 0; l < pack->count; l++)
      any |= wanted[l] = live[l] && !is_stored(pack->lane[l].values + offset + k * sizeof(int32_t));
    if (!any) continue;
    find_changed(pack, k, wanted, differs);
    for (size_t l = 0; l < pack->count; l++) {
      if (wanted[l] && differs[l]) store_step(pack->lane[l].values + offset + k * sizeof(int32_t), steps);
      left = left || (wanted[l] && !differs[l]);
    }
  }
  pack->tracks_first_change = left;
}
