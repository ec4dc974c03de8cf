/* How the members of a team divide the weights among them: by rows, in whole tiles of the products. How they divide
 * the samples is pass.c's subject. */
#include <math.h>
#include "engine_internal.h"

enum { TILE_ROWS = 6 }; /* of the products, kernels_products.inc.h */

/* Where member `index`'s rows of a layer begin. before: weights of the layers before it, total: of all layers */
static size_t first_row(const struct isw_member *m, size_t index, size_t before, size_t total,
                        const struct isw_layer *l)
{
  if (index == 0) return 0;
  if (index == m->members) return l->fan_in;
  double target = (double)total * (double)index / (double)m->members - (double)before;
  if (target <= 0.0) return 0;
  double row = TILE_ROWS * ceil(target / (TILE_ROWS * (double)l->fan_out));
  return row < (double)l->fan_in ? (size_t)row : l->fan_in;
}

void isw_member_for_rows(const struct isw_member *m, void *context,
                         void (*work)(const struct isw_pack *, size_t layer, size_t first, size_t count, void *context))
{
  const struct isw_pack *pack = m->pack;
  size_t before = 0, total = 0;
  for (size_t k = 0; k < pack->layers; k++) total += pack->layer[k].fan_in * pack->layer[k].fan_out;
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    size_t first = first_row(m, m->index, before, total, l), end = first_row(m, m->index + 1, before, total, l);
    if (first < end) work(pack, k, first, end - first, context);
    before += l->fan_in * l->fan_out;
  }
}
