/* What the training loop takes from the model's tables as float64 numbers: factors of losses, and the rates of the
 * optimisers, from learning rate, schedule and weight decay. */
#include "engine_internal.h"
#include <math.h>

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
  bool change = optimizers[pack->optimizer_row].changing;
  for (size_t l = 0; l < pack->count; l++) change = change || pack->lane[l].schedule.row != 0;
  return change;
}

void isw_pack_set_rates(struct isw_pack *pack, uint64_t step, const bool *live)
{
  size_t count;
  const struct isw_rate_schedule *schedules = isw_schedules(&count);
  bool decoupled = isw_optimizers(&count)[pack->optimizer_row].decoupled_decay;
  for (size_t l = 0; l < pack->count; l++) {
    if (!live[l]) continue;
    struct isw_lane *lane = &pack->lane[l];
    double rate[ISW_RATES] = {0.0};
    double learning_rate =
        lane->learning_rate * schedules[lane->schedule.row].factor(&lane->schedule, step, pack->steps);
    optimizers[pack->optimizer_row].rates(lane->p, learning_rate, lane->running, rate);
    for (size_t of = 0; of < ISW_DECAYS; of++) {
      bool decays = of == ISW_DECAY_OF_WEIGHTS || lane->decay_biases == ISW_DECAY_ALL ||
                    (of == ISW_DECAY_OF_HIDDEN_BIASES && lane->decay_biases == ISW_DECAY_HIDDEN);
      double decay = decays ? lane->weight_decay : 0.0;
      isw_line_store(pack, pack->decay, of, l, decoupled ? 1.0 - learning_rate * decay : decay);
    }
    for (size_t i = 0; i < ISW_RATES; i++) isw_line_store(pack, pack->rate, i, l, rate[i]);
  }
}
