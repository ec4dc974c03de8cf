/* The path that the steps of a pack take, by its shape alone. Nothing else decides it: the engine dispatches by it,
 * and the cost model asks it. */
#include "engine_internal.h"

/* In a small pack weights, states, and a pass's activations and deltas leave some of the first cache's 32 KiB free. */
enum { MAX_SMALL_LINES = 448, MAX_SMALL_SAMPLES = 32 };
enum { TINY_FEATURES = 2, TINY_UNITS = 2, TINY_OUTPUTS = 1, TINY_SAMPLES = 4 }; /* kernels_tiny.inc.h */

/* Numbers of rows by name. */
enum {
#define ISW_ACTIVATION(name, ...) ACTIVATION_##name,
#include "model/activations.def"
#undef ISW_ACTIVATION
  ACTIVATIONS
};
enum {
#define ISW_LOSS(name, ...) LOSS_##name,
#include "model/losses.def"
#undef ISW_LOSS
  LOSSES
};
enum {
#define ISW_OPTIMIZER(name, ...) OPTIMIZER_##name,
#include "model/optimizers.def"
#undef ISW_OPTIMIZER
  OPTIMIZERS
};

bool isw_activation_is_identity(size_t row)
{
  return row == ACTIVATION_linear;
}

size_t isw_activation_row_of(const struct isw_pack *pack, size_t k)
{
  if (k + 1 == pack->layers) return pack->output_row;
  return isw_ends_linear(pack->layers, &pack->residual, k) ? ACTIVATION_linear : pack->activation_row;
}

const struct isw_layer_activation *isw_layer_activation_of(const struct isw_pack *pack, size_t k)
{
  if (k + 1 == pack->layers) return &pack->output;
  return isw_ends_linear(pack->layers, &pack->residual, k) ? &pack->identity : &pack->hidden;
}

struct isw_pack_shape isw_shape_of(const struct isw_pack *pack)
{
  return (struct isw_pack_shape){.layout = pack->layout,
                                 .layers = pack->layers,
                                 .size = pack->size,
                                 .parts = pack->parts,
                                 .train_samples = pack->train_samples,
                                 .batch_size = pack->full_batch ? 0 : pack->batch_size,
                                 .activation = pack->activation_row,
                                 .output_activation = pack->output_row,
                                 .loss = pack->loss_row,
                                 .optimizer = pack->optimizer_row,
                                 .needs = pack->needs,
                                 .drops = pack->drops,
                                 .draws_noise = pack->draws_noise,
                                 .checks_every_step =
                                     pack->has_gradient_rules || pack->has_other_rules || pack->clips_gradients,
                                 .has_mask = pack->has_mask,
                                 .scales_output = pack->scales_output,
                                 .has_factors = pack->has_factors};
}

bool isw_shape_keeps_pre_activation(const struct isw_pack_shape *shape, size_t k)
{
  size_t count;
  const struct isw_activation *activations = isw_activations(&count);
  bool for_probes = shape->needs & ISW_NEEDS_TRAIN_UNITS;
  if (k + 1 < shape->layers) return activations[shape->activation].needs_pre_activation || for_probes;
  return activations[shape->output_activation].needs_pre_activation ||
         (for_probes && !isw_activation_is_identity(shape->output_activation));
}

static bool is_small(const struct isw_pack_shape *shape)
{
  size_t lines = 0, count, states = isw_optimizers(&count)[shape->optimizer].states;
  if (isw_optimizers(&count)[shape->optimizer].solves || shape->batch_size > 0 ||
      shape->train_samples > MAX_SMALL_SAMPLES || shape->checks_every_step || shape->scales_output || shape->has_mask ||
      shape->draws_noise || shape->drops || isw_branches(shape->layers, shape->parts.branch_layers) > 0 ||
      (shape->parts.normalizing.is_on && shape->layers > 1))
    return false;
  for (size_t k = 0; k < shape->layers; k++) {
    size_t fan_in = shape->size[k], fan_out = shape->size[k + 1], stride = isw_stride_of(fan_out);
    if (fan_in > MAX_SMALL_LINES || fan_out > MAX_SMALL_LINES) return false;
    lines += (1 + states) * (fan_in + 1) * stride;
    lines += (isw_shape_keeps_pre_activation(shape, k) ? 3 : 2) * shape->train_samples * stride;
    if (lines > MAX_SMALL_LINES) return false;
  }
  return true;
}

static bool is_tiny(const struct isw_pack_shape *shape)
{
  return shape->layers == 2 && !shape->has_factors && shape->parts.bias == ISW_BIAS_ALL &&
         shape->train_samples == TINY_SAMPLES && shape->size[0] == TINY_FEATURES && shape->size[1] == TINY_UNITS &&
         shape->size[2] == TINY_OUTPUTS && shape->loss == LOSS_mse && shape->optimizer == OPTIMIZER_sgd &&
         isw_activation_is_identity(shape->output_activation);
}

enum isw_pack_path isw_pack_path(const struct isw_kernels *kernels, const struct isw_pack_shape *shape)
{
  if (shape->layout == ISW_UNITS_IN_LANES) return ISW_PATH_UNITS;
  if (!is_small(shape)) return ISW_PATH_BLOCKED;
  bool has_tiny = kernels->by_precision[ISW_FLOAT32].tiny_steps[0] != NULL; /* in both precisions or in none */
  return has_tiny && is_tiny(shape) ? ISW_PATH_TINY : ISW_PATH_SMALL;
}

enum isw_pack_path isw_pack_path_taken(const struct isw_pack *pack)
{
  return pack->path;
}
