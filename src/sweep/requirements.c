/* Checks that every grid has the required settings and no setting without effect. */
#include <string.h>
#include "sweep_internal.h"

static struct isw_place place_of_section(const struct isw_reader *reader, const char *path)
{
  struct isw_node *key = NULL;
  size_t length = strcspn(path, ".");
  if (path[length] && isw_tree_find(reader->root, path, length, &key)) return key->place;
  struct isw_place place = reader->root->place;
  place.length = 1;
  return place;
}

static void check_hidden(struct isw_reader *reader)
{
  const struct isw_sweep *sweep = reader->sweep;
  static const size_t others[] = {ISW_SET_DEPTH, ISW_SET_WIDTH};
  bool all_by_axis = sweep->grids > 0;
  for (size_t g = 0; g < sweep->grids; g++) all_by_axis = all_by_axis && sweep->grid[g].binding[ISW_SET_HIDDEN].axis;
  for (size_t k = 0; k < 2; k++) {
    const char *path = isw_setting(others[k])->path;
    if (sweep->written[others[k]] && (sweep->written[ISW_SET_HIDDEN] || all_by_axis)) {
      isw_report_add(&reader->report, reader->leaf_key[others[k]]->place,
                     "%s has no effect together with network.hidden", path);
      isw_report_hint(&reader->report, "network.hidden replaces network.depth and network.width");
    }
    for (size_t g = 0; g < sweep->grids; g++) {
      const struct isw_axis_binding *binding = &sweep->grid[g].binding[others[k]];
      if (!binding->axis || !(sweep->written[ISW_SET_HIDDEN] || sweep->grid[g].binding[ISW_SET_HIDDEN].axis)) continue;
      isw_report_add(&reader->report, binding->values->key, "%s has no effect together with network.hidden", path);
      isw_report_hint(&reader->report, "network.hidden replaces network.depth and network.width");
    }
  }
}

static bool lacks(const struct isw_sweep *sweep, const struct isw_grid *grid, size_t id)
{
  bool hidden = grid->binding[ISW_SET_HIDDEN].axis || sweep->given[ISW_SET_HIDDEN];
  if (hidden && (id == ISW_SET_DEPTH || id == ISW_SET_WIDTH)) return false;
  if (sweep->given[id] || grid->binding[id].axis) return false;
  if (id == ISW_SET_LEARNING_RATE && isw_only_solves(sweep, grid)) return false;
  bool layers_only = id == ISW_SET_WIDTH || id == ISW_SET_ACTIVATION; /* only hidden layers use them */
  bool no_layers = (sweep->given[ISW_SET_DEPTH] || grid->binding[ISW_SET_DEPTH].axis || hidden) &&
                   isw_largest_depth(sweep, grid) == 0;
  return !(layers_only && no_layers);
}

static void check_required(struct isw_reader *reader)
{
  const struct isw_sweep *sweep = reader->sweep;
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    const struct isw_setting *row = isw_setting(id);
    if (!row->required) continue;
    size_t lacking = 0;
    for (size_t g = 0; g < sweep->grids; g++) lacking += lacks(sweep, &sweep->grid[g], id);
    if (!lacking) continue;
    reader->broken[id] = true;
    isw_report_add(&reader->report, place_of_section(reader, row->path), "missing setting '%s'", row->path);
    isw_report_hint(&reader->report, "%s: %s", row->path, row->about);
    if (lacking < sweep->grids)
      isw_report_hint(&reader->report, "it is missing in %zu of %zu grids", lacking, sweep->grids);
  }
}

/* Reports a --set of a base value that every grid replaces, because it would have no effect. */
static void check_overrides(struct isw_reader *reader)
{
  const struct isw_sweep *sweep = reader->sweep;
  for (size_t id = 0; id < ISW_SETTINGS; id++) {
    if (!reader->leaf_key[id] || reader->leaf_key[id]->place.source == 0 || !isw_setting(id)->axis) continue;
    bool swept = sweep->grids > 0;
    for (size_t g = 0; g < sweep->grids; g++) swept = swept && sweep->grid[g].binding[id].axis;
    if (!swept) continue;
    isw_report_add(&reader->report, reader->leaf_key[id]->place, "%s is an axis of the grid", isw_setting(id)->path);
    isw_report_hint(&reader->report, "set the axis: --set grid.%s=...", isw_setting(id)->path);
  }
}

void isw_check_grids(struct isw_reader *reader)
{
  check_hidden(reader);
  check_required(reader);
  check_overrides(reader);
}
