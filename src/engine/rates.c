/* What the training loop takes from the model's tables as float64 numbers: factors of losses, and the rates of the
 * optimisers, from learning rate, schedule and weight decay. */
#include "engine_internal.h"
#include <math.h>
#include <string.h>

#define ISW_OPTIMIZER_RATES
#include "model/optimizers.def"
#undef ISW_OPTIMIZER_RATES

static const struct {
  void (*rates)(const double *p, double learning_rate, double *running, double *rate);
  bool changing;
} optimizers[] = {
#define ISW_OPTIMIZER(name, parameters, states, changing, ...) {rates_##name, changing},
#include "model/optimizers.def"
#undef ISW_OPTIMIZER
};

static const double factors[] = {
#define ISW_LOSS(name, parameters, on_logits, one_hot, takes_values, binary_as_classes, mean_over_outputs, factor,     \
                 ...)                                                                                                  \
  factor,
#include "model/losses.def"
#undef ISW_LOSS
};

double isw_loss_factor(size_t row)
{
  return factors[row];
}

bool isw_pack_rates_change(const struct isw_pack *pack)
{
  if (pack->solves) return false; /* it has none */
  bool change = optimizers[pack->optimizer_row].changing;
  for (size_t l = 0; l < pack->count; l++) change = change || pack->lane[l].schedule.row != 0;
  return change;
}

/* Weight decay as the update takes it: a factor of the weight if the optimiser decouples it. */
static double decay_line(bool decoupled, double learning_rate, double decay)
{
  return decoupled ? 1.0 - learning_rate * decay : decay;
}

static bool biases_decay(const struct isw_pack *pack, const struct isw_lane *lane, size_t k)
{
  return lane->decay_biases == ISW_DECAY_ALL || (lane->decay_biases == ISW_DECAY_HIDDEN && k + 1 < pack->layers);
}

/* Sets the rates and decays of the layers of a lane with factors. running: before the step */
static void set_own_rates(struct isw_pack *pack, size_t l, double learning_rate, const double *running, bool decoupled)
{
  const struct isw_lane *lane = &pack->lane[l];
  for (size_t k = 0; k < pack->layers; k++)
    for (size_t part = 0; part < 2; part++) {
      const struct isw_layer_factors *of = &lane->factors[k];
      double rate[ISW_RATES] = {0.0}, copy[2] = {running[0], running[1]}, p[ISW_PARAMETERS_MAX];
      double own = learning_rate * of->rate[part], decay = lane->weight_decay * of->decay[part];
      size_t line = (2 * k + part) * (ISW_RATES + 1);
      memcpy(p, lane->p, sizeof p);
      if (pack->epsilon < ISW_PARAMETERS_MAX) p[pack->epsilon] = p[pack->epsilon] * of->epsilon[part];
      optimizers[pack->optimizer_row].rates(p, own, copy, rate);
      for (size_t i = 0; i < ISW_RATES; i++) isw_line_store(pack, pack->own_rates, line + i, l, rate[i]);
      if (part == 1 && !biases_decay(pack, lane, k)) decay = 0.0;
      isw_line_store(pack, pack->own_rates, line + ISW_RATES, l, decay_line(decoupled, own, decay));
    }
}

void isw_pack_set_rates(struct isw_pack *pack, uint64_t step, const bool *live)
{
  size_t count;
  const struct isw_rate_schedule *schedules = isw_schedules(&count);
  bool decoupled = isw_optimizers(&count)[pack->optimizer_row].decoupled_decay;
  if (pack->solves) return;
  for (size_t l = 0; l < pack->count; l++) {
    if (!live[l]) continue;
    struct isw_lane *lane = &pack->lane[l];
    double rate[ISW_RATES] = {0.0}, running[2] = {lane->running[0], lane->running[1]};
    double learning_rate =
        lane->learning_rate * schedules[lane->schedule.row].factor(&lane->schedule, step, pack->steps);
    optimizers[pack->optimizer_row].rates(lane->p, learning_rate, lane->running, rate);
    if (pack->has_factors) set_own_rates(pack, l, learning_rate, running, decoupled);
    for (size_t of = 0; of < ISW_DECAYS; of++) {
      bool decays = of == ISW_DECAY_OF_WEIGHTS || lane->decay_biases == ISW_DECAY_ALL ||
                    (of == ISW_DECAY_OF_HIDDEN_BIASES && lane->decay_biases == ISW_DECAY_HIDDEN);
      double decay = decays ? lane->weight_decay : 0.0;
      isw_line_store(pack, pack->decay, of, l, decay_line(decoupled, learning_rate, decay));
    }
    for (size_t i = 0; i < ISW_RATES; i++) isw_line_store(pack, pack->rate, i, l, rate[i]);
  }
}

void isw_pack_set_idle_rates(const struct isw_pack *pack, size_t lane)
{
  /* It does not change, because its rate 0 is 0. Its other rates are 1, so that nothing is 0 / 0. */
  for (size_t i = 0; i < ISW_RATES; i++) isw_line_store(pack, pack->rate, i, lane, i == 0 ? 0.0 : 1.0);
  for (size_t i = 0; i < ISW_DECAYS; i++) isw_line_store(pack, pack->decay, i, lane, 0.0);
  for (size_t i = 0; pack->own_rates && i < isw_own_rates_lines(pack); i++) {
    size_t at = i % (ISW_RATES + 1);
    isw_line_store(pack, pack->own_rates, i, lane, at == 0 || at == ISW_RATES ? 0.0 : 1.0);
  }
}
