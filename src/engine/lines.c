/* Lines that hold one number of every network of a pack: parameters, rates, scales. */
#include "engine_internal.h"

void isw_line_store(const struct isw_pack *pack, void *array, size_t line, size_t lane, double x)
{
  size_t first = line * pack->line_numbers + lane, copies = pack->line_numbers / pack->lanes;
  for (size_t i = 0; i < copies; i++) isw_number_store(pack->precision, array, first + i, x);
}
