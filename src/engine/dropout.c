/* Dropout: the masks of a step's pass, drawn for each network, and their use in the forward and the backward pass. The
 * passes themselves are pass.c's subject. */
#include <string.h>
#include "engine_internal.h"

void isw_draw_masks(const struct isw_pack *pack, size_t k, const struct isw_part *part, size_t position, uint64_t step)
{
  enum { LAYERS = 2048 }; /* more than a network may have */
  const struct isw_layer *l = &pack->layer[k];
  size_t unit, end = isw_part_units(pack, l, part, &unit);
  for (size_t lane = 0; lane < pack->count; lane++) {
    const struct isw_lane *network = &pack->lane[lane];
    const struct isw_stream stream = {pack->seed, network->replicate, ISW_PURPOSE_DROPOUT, step * LAYERS + k + 1};
    double kept = 1.0 / (1.0 - network->dropout);
    if (network->outcome.status != ISW_MISSING || network->saved_state) continue;
    for (size_t s = part->first; s < part->first + part->count; s++)
      for (size_t j = unit; j < end; j++) {
        bool drops = isw_uniform(&stream, (position + s) * l->fan_out + j) < network->dropout;
        isw_number_store(pack->precision, l->mask, isw_number_index(pack, l, s, j, lane), drops ? 0.0 : kept);
      }
  }
}

void isw_multiply_by_mask(const struct isw_pack *pack, const struct isw_layer *l, const struct isw_part *part,
                          const void *from, void *to)
{
  size_t row = l->stride * pack->line_numbers, numbers = part->columns * pack->line_numbers;
  const void *mask = isw_line(l->mask, isw_part_begin(l, part));
  for (size_t s = 0; s < part->count; s++)
    for (size_t i = s * row; i < s * row + numbers; i++)
      if (pack->precision == ISW_FLOAT32)
        ((float *)to)[i] = ((const float *)from)[i] * ((const float *)mask)[i];
      else
        ((double *)to)[i] = ((const double *)from)[i] * ((const double *)mask)[i];
}

void isw_copy_part(const struct isw_layer *l, const struct isw_part *part, const void *from, void *to)
{
  for (size_t s = 0; s < part->count; s++) {
    size_t at = s * l->stride * ISW_LINE_BYTES;
    memcpy((unsigned char *)to + at, (const unsigned char *)from + at, part->columns * ISW_LINE_BYTES);
  }
}
