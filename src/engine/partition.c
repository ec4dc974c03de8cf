/* How the members of a team divide the weights among them: by rows, in whole tiles of the products, or by units. How
 * they divide the samples is pass.c's subject. */
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

/* Whether no member has more than 5/4 of an even share of the lines. */
static bool divides_evenly(size_t lines, size_t members)
{
  size_t most = (lines + members - 1) / members;
  return 4 * members * most <= 5 * lines;
}

bool isw_team_parts_units(const struct isw_pack_shape *shape, enum isw_precision precision, size_t members)
{
  const size_t line = isw_lanes(precision);
  if (shape->layout != ISW_UNITS_IN_LANES || members == 1 || shape->layers == 1) return false;
  for (size_t k = 0; k + 1 < shape->layers; k++)
    if (isw_normalizes(shape->parts, shape->layers, k) ||
        !divides_evenly((shape->size[k + 1] + line - 1) / line, members))
      return false;
  return true;
}

void isw_member_lines(const struct isw_member *m, size_t k, struct isw_part *part)
{
  size_t lines = m->pack->layer[k].lines;
  part->column = lines * m->index / m->members;
  part->columns = lines * (m->index + 1) / m->members - part->column;
}

/* Its weights of layer k by units. */
static struct isw_part units_part(const struct isw_member *m, size_t k)
{
  const struct isw_layer *l = &m->pack->layer[k];
  struct isw_part part = {.count = l->fan_in, .columns = l->lines}, below;
  if (k + 1 < m->pack->layers) {
    isw_member_lines(m, k, &part);
    return part;
  }
  isw_member_lines(m, k - 1, &below);
  size_t end = isw_part_units(m->pack, l - 1, &below, &part.first);
  part.count = end - part.first;
  return part;
}

void isw_member_for_weights(const struct isw_member *m, void *context,
                            void (*work)(const struct isw_pack *, size_t layer, const struct isw_part *, void *context))
{
  const struct isw_pack *pack = m->pack;
  size_t before = 0, total = 0;
  for (size_t k = 0; k < pack->layers; k++) total += pack->layer[k].fan_in * pack->layer[k].fan_out;
  for (size_t k = 0; k < pack->layers; k++) {
    const struct isw_layer *l = &pack->layer[k];
    size_t first = first_row(m, m->index, before, total, l), end = first_row(m, m->index + 1, before, total, l);
    struct isw_part part = m->by_units ? units_part(m, k) : (struct isw_part){first, end - first, 0, l->lines};
    if (part.count > 0) work(pack, k, &part, context);
    before += l->fan_in * l->fan_out;
  }
}
