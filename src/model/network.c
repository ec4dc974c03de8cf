/* Sizes of networks (outputs, branches, parameters, FLOPs), and choices with default parameters. */
#include "initsweep/model.h"

size_t isw_row_parameters(const struct isw_row *row)
{
  size_t count = 0;
  while (count < ISW_PARAMETERS_MAX && row->parameters[count].name) count++;
  return count;
}

struct isw_choice isw_choice_default(const struct isw_row *row, size_t index)
{
  struct isw_choice choice = {.row = index};
  for (size_t p = 0; p < isw_row_parameters(row); p++)
    choice.value[p] = (struct isw_value){row->parameters[p].initial, row->parameters[p].initial_text};
  return choice;
}

size_t isw_outputs(const struct isw_data *data, const struct isw_loss *loss)
{
  switch (data->kind) {
  case ISW_TARGETS_VALUES: return loss->takes_values ? data->targets : 0;
  case ISW_TARGETS_BINARY: return loss->binary_as_classes ? 2 : data->targets;
  case ISW_TARGETS_CLASSES: return loss->one_hot ? data->classes : 0;
  }
  return 0;
}

size_t isw_branches(size_t layers, size_t branch_layers)
{
  return branch_layers && layers > 2 ? (layers - 2) / branch_layers : 0;
}

bool isw_ends_branch(size_t layers, size_t branch_layers, size_t k)
{
  return branch_layers && k > 0 && k + 1 < layers && k % branch_layers == 0;
}

bool isw_ends_linear(size_t layers, const struct isw_residual *residual, size_t k)
{
  return residual->ends_linear && isw_ends_branch(layers, residual->branch_layers, k);
}

bool isw_has_bias(enum isw_bias bias, size_t layers, size_t k)
{
  return bias == ISW_BIAS_ALL || (bias == ISW_BIAS_HIDDEN && k + 1 < layers);
}

struct isw_parts isw_parts_of(const struct isw_network *network)
{
  return (struct isw_parts){.branch_layers = network->residual.branch_layers,
                            .bias = network->bias,
                            .normalizing = isw_normalizing_of(&network->normalization)};
}

bool isw_normalizes(struct isw_parts parts, size_t layers, size_t k)
{
  return parts.normalizing.is_on && k + 1 < layers &&
         (parts.normalizing.branch_ends || !isw_ends_branch(layers, parts.branch_layers, k));
}

size_t isw_unit_parameters(struct isw_parts parts, size_t layers, size_t k)
{
  size_t affine = isw_normalizes(parts, layers, k) && parts.normalizing.affine ? 1 + parts.normalizing.centers : 0;
  return isw_has_bias(parts.bias, layers, k) + affine;
}

size_t isw_parameters(size_t layers, const size_t *size, struct isw_parts parts)
{
  size_t sum = isw_branches(layers, parts.branch_layers), layer;
  for (size_t k = 0; k < layers; k++) {
    size_t of_unit;
    if (__builtin_add_overflow(size[k], isw_unit_parameters(parts, layers, k), &of_unit) ||
        __builtin_mul_overflow(size[k + 1], of_unit, &layer) || __builtin_add_overflow(sum, layer, &sum))
      return SIZE_MAX;
  }
  return sum;
}

double isw_step_flops(size_t layers, const size_t *size, size_t branch_layers, size_t samples)
{
  double weights = 0.0;
  for (size_t k = 0; k < layers; k++) weights += (double)size[k] * (double)size[k + 1];
  double first = (double)size[0] * (double)size[1];
  double units = (double)isw_branches(layers, branch_layers) * (double)size[1];
  return (double)samples * (6.0 * weights - 2.0 * first + 6.0 * units);
}

double isw_solver_flops(size_t parameters, size_t samples, size_t outputs)
{
  double p = (double)parameters, rows = (double)samples * (double)outputs;
  return rows * p * (p + 1.0) + 2.0 * p * p * p / 3.0;
}
