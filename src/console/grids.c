/* Formats the number of a sweep's networks and the grids that they come from as one line. */
#include "initsweep/console.h"

/* Points of all grids; there are fewer networks if points are excluded or if grids share them. */
static uint64_t count_points(const struct isw_sweep *sweep)
{
  uint64_t points = 0;
  for (size_t grid = 0; grid < isw_sweep_grids(sweep); grid++) {
    uint64_t product = 1;
    for (size_t axis = 0; axis < isw_sweep_axes(sweep, grid); axis++) {
      size_t values;
      isw_sweep_axis(sweep, grid, axis, &values);
      product *= values;
    }
    points += product;
  }
  return points;
}

enum isw_status isw_text_add_grids(struct isw_text *text, const struct isw_sweep *sweep)
{
  enum isw_status status = isw_text_add(text, "%llu", (unsigned long long)isw_sweep_networks(sweep));
  const char *before = count_points(sweep) == isw_sweep_networks(sweep) ? " = " : " of ";
  for (size_t grid = 0; grid < isw_sweep_grids(sweep); grid++) {
    for (size_t axis = 0; axis < isw_sweep_axes(sweep, grid) && status == ISW_OK; axis++) {
      size_t values;
      const char *name = isw_sweep_axis(sweep, grid, axis, &values);
      status = isw_text_add(text, "%s%s %zu", before, name, values);
      before = " x ";
    }
    before = " + ";
  }
  return status;
}
