/* Checks of settings that must match: loss and data, batch and samples, branches and widths, initialisers and
 * layers. */
#include <math.h>
#include <string.h>
#include "sweep_internal.h"

static void check_loss(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  const struct isw_sweep *sweep = reader->sweep;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, cell, settings);
  const struct isw_data *data = &sweep->data[isw_data_of(sweep, settings)];
  size_t losses, datasets;
  const struct isw_loss *loss = &isw_losses(&losses)[settings[ISW_SET_LOSS].item->choice.row];
  if (isw_outputs(data, loss) > 0) return;
  static const char *const kinds[] = {
      [ISW_TARGETS_VALUES] = "numbers", [ISW_TARGETS_BINARY] = "0 or 1", [ISW_TARGETS_CLASSES] = "classes"};
  isw_report_add(&reader->report, isw_place_of_value(reader, grid, cell, ISW_SET_LOSS),
                 "loss '%s' does not accept the targets of dataset '%s', which are %s", loss->row.name,
                 isw_datasets(&datasets)[settings[ISW_SET_DATASET].item->choice.row]->row.name, kinds[data->kind]);
  for (size_t i = 0; i < losses; i++)
    if (isw_outputs(data, &isw_losses(&losses)[i]) > 0)
      isw_report_hint(&reader->report, "'%s' accepts them", isw_losses(&losses)[i].row.name);
}

static void check_output(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(reader->sweep, cell, settings);
  size_t count;
  const struct isw_loss *loss = &isw_losses(&count)[settings[ISW_SET_LOSS].item->choice.row];
  const struct isw_row *output = &isw_activations(&count)[settings[ISW_SET_OUTPUT_ACTIVATION].item->choice.row].row;
  if (!loss->on_logits || strcmp(output->name, "linear") == 0) return;
  isw_report_add(&reader->report, isw_place_of_value(reader, grid, cell, ISW_SET_OUTPUT_ACTIVATION),
                 "loss '%s' is computed from logits: network.output_activation must be linear, not '%s'",
                 loss->row.name, output->name);
}

/* Reports networks for which a parametrization defines no rates. */
static void check_parametrization(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(reader->sweep, cell, settings);
  size_t count, row = settings[ISW_SET_PARAMETRIZATION].item->choice.row;
  size_t optimizer = settings[ISW_SET_OPTIMIZER].item->choice.row;
  const char *name = isw_parametrizations(&count)[row].row.name;
  struct isw_place place = isw_place_of_value(reader, grid, cell, ISW_SET_PARAMETRIZATION);
  bool trains_scale = settings[ISW_SET_BRANCH_LAYERS].integer > 0 && settings[ISW_SET_TRAIN_SCALE].integer == 1;
  if (!isw_is_parametrized(row, optimizer))
    isw_report_add(&reader->report, place, "parametrization '%s' defines no learning rates for optimizer '%s'", name,
                   isw_optimizers(&count)[optimizer].row.name);
  else if (row != 0 && trains_scale)
    isw_report_add(&reader->report, place,
                   "parametrization '%s' defines no learning rate for network.residual.train_scale", name);
}

static void check_batch(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  const struct isw_sweep *sweep = reader->sweep;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, cell, settings);
  const struct isw_data *data = &sweep->data[isw_data_of(sweep, settings)];
  if (settings[ISW_SET_BATCH_SIZE].integer <= data->train_samples) return;
  size_t datasets;
  isw_report_add(&reader->report, isw_place_of_value(reader, grid, cell, ISW_SET_BATCH_SIZE),
                 "train.batch_size %llu is more than the %zu training samples of dataset '%s'",
                 (unsigned long long)settings[ISW_SET_BATCH_SIZE].integer, data->train_samples,
                 isw_datasets(&datasets)[settings[ISW_SET_DATASET].item->choice.row]->row.name);
  isw_report_hint(&reader->report, "'full' uses all of them");
}

/* Reports a stop rule for the accuracy of data that have none. */
static void check_accuracy(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  const struct isw_sweep *sweep = reader->sweep;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, cell, settings);
  size_t datasets;
  if (settings[ISW_SET_STOP_ACCURACY_ABOVE].number == 0.0) return;
  if (sweep->data[isw_data_of(sweep, settings)].kind != ISW_TARGETS_VALUES) return;
  isw_report_add(&reader->report, isw_place_of_value(reader, grid, cell, ISW_SET_STOP_ACCURACY_ABOVE),
                 "train.stop.accuracy_above needs targets that are classes, or 0 and 1; those of dataset '%s' are "
                 "numbers",
                 isw_datasets(&datasets)[settings[ISW_SET_DATASET].item->choice.row]->row.name);
  isw_report_hint(&reader->report, "train.stop.loss_below stops at a loss");
}

/* Reports depths that residual branches do not divide, and widths that differ. */
static void check_branches(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  const struct isw_sweep *sweep = reader->sweep;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, cell, settings);
  size_t branch_layers = (size_t)settings[ISW_SET_BRANCH_LAYERS].integer, depth = isw_depth_of(settings);
  const struct isw_item *hidden = settings[ISW_SET_HIDDEN].item;
  size_t setting = hidden ? ISW_SET_HIDDEN : ISW_SET_DEPTH;
  if (!branch_layers || depth < 2) return;
  if ((depth - 1) % branch_layers != 0) {
    isw_report_add(&reader->report, isw_place_of_value(reader, grid, cell, setting),
                   "%zu hidden layers cannot be divided into one layer and branches of %zu", depth, branch_layers);
    isw_report_hint(&reader->report,
                    "with network.residual.branch_layers %zu the number of hidden layers must be odd: the first one "
                    "is outside the branches",
                    branch_layers);
  }
  for (size_t k = 1; hidden && k < depth; k++) {
    if (hidden->size[k] == hidden->size[0]) continue;
    isw_report_add(&reader->report, isw_place_of_value(reader, grid, cell, setting),
                   "residual branches need hidden layers of one width, not %zu and %zu", hidden->size[0],
                   hidden->size[k]);
    return;
  }
}

static void find_branch(void *context, const struct isw_grid *grid, uint64_t cell)
{
  struct isw_reader *reader = context;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  (void)grid;
  isw_cell_settings(reader->sweep, cell, settings);
  size_t depth = isw_depth_of(settings);
  if (depth + 1 > reader->most_layers) reader->most_layers = depth + 1;
  reader->has_branches = reader->has_branches || (settings[ISW_SET_BRANCH_LAYERS].integer > 0 && depth > 1);
}

bool isw_layer_exists(const struct isw_reader *reader, size_t layer)
{
  return layer >= ISW_BRANCH_FIRST ? reader->has_branches : layer <= reader->most_layers;
}

static void check_layers(struct isw_reader *reader, size_t setting)
{
  struct isw_sweep *sweep = reader->sweep;
  size_t first;
  const struct isw_slots *slots = isw_slots_of(sweep, setting, &first);
  for (size_t s = 0; s < slots->count; s++) {
    if (isw_layer_exists(reader, slots->layer[s])) continue;
    const char *name = strrchr(slots->path[s], '.') + 1;
    struct isw_node *key = NULL;
    struct isw_place place = reader->root->place;
    for (size_t g = 0; g < sweep->grids; g++)
      if (sweep->grid[g].binding[first + s].axis) place = sweep->grid[g].binding[first + s].values->key;
    if (reader->leaf[setting] && isw_tree_find(reader->leaf[setting], name, strlen(name), &key)) place = key->place;
    isw_report_add(&reader->report, place, "no network has a layer %s", name);
    if (slots->layer[s] >= ISW_BRANCH_FIRST)
      isw_report_hint(&reader->report, "set network.residual.branch_layers to have branches");
    else
      isw_report_hint(&reader->report, "the deepest network has %zu weight layers, numbered from 1 at the input",
                      reader->most_layers);
  }
}

/* The position in the file of a cell's initialiser of a layer (0: of the biases). */
static struct isw_place place_of_init(const struct isw_reader *reader, const struct isw_grid *grid, uint64_t cell,
                                      const struct isw_item *item)
{
  const struct isw_sweep *sweep = reader->sweep;
  size_t setting = ISW_SET_BIAS_INIT;
  if (isw_setting_at(sweep, grid, cell, ISW_SET_INIT).item == item) setting = ISW_SET_INIT;
  for (size_t s = ISW_INIT_SLOTS; s < ISW_INIT_SLOTS + sweep->init_slots.count; s++)
    if (isw_setting_at(sweep, grid, cell, s).item == item) setting = s;
  return isw_place_of_value(reader, grid, cell, setting);
}

static bool takes_gain_of_activation(const struct isw_item *item)
{
  size_t count;
  const struct isw_row *row = &isw_initializers(&count)[item->choice.row].row;
  bool takes = false;
  for (size_t p = 0; p < isw_row_parameters(row); p++)
    takes = takes || (row->parameters[p].word && item->choice.value[p].number == row->parameters[p].word_number);
  return takes;
}

/* Reports weights of a file that are not those of a network of these sizes. Returns whether they are. */
static bool check_weights(struct isw_reader *reader, const struct isw_item *item, const char *what, const char *row,
                          struct isw_place place, size_t layers, const size_t *size, size_t parameters)
{
  const struct isw_weights *weights = item->choice.weights;
  if (!weights || weights->count == parameters) return true;
  struct isw_text sizes = {0};
  bool told = isw_text_add(&sizes, "%zu", size[0]) == ISW_OK;
  for (size_t j = 1; told && j <= layers; j++) told = isw_text_add(&sizes, "-%zu", size[j]) == ISW_OK;
  isw_report_add(&reader->report, place,
                 "%s %s: network %.0f of '%s' in %s has %zu weights and biases, a network of sizes %.400s has %zu",
                 what, row, item->choice.value[2].number, item->choice.value[1].text, item->choice.value[0].text,
                 weights->count, told ? sizes.bytes : "?", parameters);
  isw_text_clear(&sizes);
  return false;
}

/* Reports masks with probes that take masked weights for parameters, and weights of other networks. */
static void check_mask(void *context, const struct isw_grid *grid, uint64_t cell)
{
  enum { SIZES_MAX = 1002 };
  struct isw_reader *reader = context;
  const struct isw_sweep *sweep = reader->sweep;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, cell, settings);
  const struct isw_item *mask = settings[ISW_SET_MASK].item;
  struct isw_place place = isw_place_of_value(reader, grid, cell, ISW_SET_MASK);
  size_t size[SIZES_MAX], layers = isw_depth_of(settings) + 1, count;
  if (mask->choice.row == 0) return;
  isw_sizes_of(sweep, settings, size);
  check_weights(reader, mask, "mask", isw_masks(&count)[mask->choice.row].row.name, place, layers, size,
                isw_parameters(layers, size, isw_parts_of_settings(settings)));
  for (size_t p = 0; p < sweep->probes; p++)
    if ((sweep->probe[p]->needs & ISW_NEEDS_CURVATURE) && !sweep->probe[p]->allows_masks) {
      isw_report_add(&reader->report, place, "probe '%s' cannot measure networks with a mask",
                     sweep->probe[p]->row.name);
      isw_report_hint(&reader->report, "its derivatives are by all weights, and masked ones are not trained");
      return;
    }
}

/* Checks that the network provides what its initialisers need: the gain of its activation, its shape in a weights
 * file. */
static void check_init(void *context, const struct isw_grid *grid, uint64_t cell)
{
  enum { SIZES_MAX = 1002 };
  struct isw_reader *reader = context;
  const struct isw_sweep *sweep = reader->sweep;
  union isw_setting_value settings[ISW_SETTINGS_MAX];
  isw_cell_settings(sweep, cell, settings);
  size_t size[SIZES_MAX], layers = isw_depth_of(settings) + 1, count;
  isw_sizes_of(sweep, settings, size);
  size_t parameters = isw_parameters(layers, size, isw_parts_of_settings(settings));
  const struct isw_residual residual = {.branch_layers = (size_t)settings[ISW_SET_BRANCH_LAYERS].integer,
                                        .ends_linear = settings[ISW_SET_ACTIVATION_AFTER].integer == 1};
  for (size_t k = 0; k <= layers; k++) { /* 0: the biases */
    const struct isw_item *item = k ? isw_init_of(sweep, settings, k, layers) : settings[ISW_SET_BIAS_INIT].item;
    const struct isw_item *activation = settings[k == layers ? ISW_SET_OUTPUT_ACTIVATION : ISW_SET_ACTIVATION].item;
    struct isw_place place = place_of_init(reader, grid, cell, item);
    const char *row = isw_initializers(&count)[item->choice.row].row.name;
    if (!check_weights(reader, item, "initializer", row, place, layers, size, parameters)) return;
    if (k > 0 && isw_ends_linear(layers, &residual, k - 1)) continue;
    if (!takes_gain_of_activation(item) || (activation && !isnan(isw_gain(&activation->choice)))) continue;
    if (!activation) continue; /* no hidden layer: the output layer's bias is checked with its weights */
    isw_report_add(&reader->report, place_of_init(reader, grid, cell, item),
                   "gain: activation: torch.nn.init.calculate_gain has no gain for '%s'",
                   isw_activations(&count)[activation->choice.row].row.name);
    isw_report_hint(&reader->report, "give gain as a number");
    return;
  }
}

/* Whether some initialiser of the sweep depends on its network. */
static bool inits_look_around(const struct isw_sweep *sweep, size_t setting)
{
  const struct isw_item *item = sweep->base[setting].item;
  bool found = item && (item->choice.weights || takes_gain_of_activation(item));
  for (size_t g = 0; g < sweep->grids; g++) {
    const struct isw_axis_binding *binding = &sweep->grid[g].binding[setting];
    for (size_t i = 0; binding->axis && i < binding->axis->count && !found; i++) {
      item = isw_value_at(binding->values, i, binding->member).item;
      found = item && (item->choice.weights || takes_gain_of_activation(item));
    }
  }
  return found;
}

static bool check_inits(struct isw_reader *reader)
{
  const struct isw_sweep *sweep = reader->sweep;
  size_t setting[ISW_SETTINGS_MAX] = {ISW_SET_DATASET, ISW_SET_SEED,   ISW_SET_LOSS,       ISW_SET_DEPTH,
                                      ISW_SET_WIDTH,   ISW_SET_HIDDEN, ISW_SET_ACTIVATION, ISW_SET_OUTPUT_ACTIVATION};
  size_t count = 8;
  bool any = false;
  setting[count++] = ISW_SET_BRANCH_LAYERS;
  setting[count++] = ISW_SET_ACTIVATION_AFTER;
  setting[count++] = ISW_SET_NORMALIZATION;
  setting[count++] = ISW_SET_BIAS;
  size_t first_init = count;
  setting[count++] = ISW_SET_INIT;
  setting[count++] = ISW_SET_BIAS_INIT;
  for (size_t s = 0; s < sweep->init_slots.count; s++) setting[count++] = ISW_INIT_SLOTS + s;
  for (size_t i = first_init; i < count; i++) any = any || inits_look_around(sweep, setting[i]);
  return !any || !isw_all_usable(reader, setting, count) ||
         isw_visit_classes(sweep, setting, count, check_init, reader);
}

/* Checks the classes of cells that agree in these settings, unless one of them has an error; false if memory cannot be
 * allocated. */
static bool check_classes(struct isw_reader *reader, const size_t *settings, size_t count,
                          void (*visit)(void *context, const struct isw_grid *grid, uint64_t cell))
{
  return !isw_all_usable(reader, settings, count) || isw_visit_classes(reader->sweep, settings, count, visit, reader);
}

void isw_check_combinations(struct isw_reader *reader)
{
  static const size_t loss[] = {ISW_SET_DATASET, ISW_SET_SEED, ISW_SET_LOSS};
  static const size_t output[] = {ISW_SET_LOSS, ISW_SET_OUTPUT_ACTIVATION};
  static const size_t rates[] = {ISW_SET_PARAMETRIZATION, ISW_SET_OPTIMIZER, ISW_SET_BRANCH_LAYERS,
                                 ISW_SET_TRAIN_SCALE};
  static const size_t mask[] = {ISW_SET_MASK,          ISW_SET_DATASET,      ISW_SET_SEED,   ISW_SET_LOSS,
                                ISW_SET_DEPTH,         ISW_SET_WIDTH,        ISW_SET_HIDDEN, ISW_SET_BIAS,
                                ISW_SET_BRANCH_LAYERS, ISW_SET_NORMALIZATION};
  static const size_t batch[] = {ISW_SET_DATASET, ISW_SET_SEED, ISW_SET_BATCH_SIZE};
  static const size_t accuracy[] = {ISW_SET_DATASET, ISW_SET_SEED, ISW_SET_STOP_ACCURACY_ABOVE};
  static const size_t branches[] = {ISW_SET_BRANCH_LAYERS, ISW_SET_DEPTH, ISW_SET_HIDDEN};
  bool good = check_classes(reader, loss, 3, check_loss) && check_classes(reader, output, 2, check_output) &&
              check_classes(reader, rates, 4, check_parametrization) &&
              check_classes(reader, mask, sizeof mask / sizeof mask[0], check_mask) &&
              check_classes(reader, batch, 3, check_batch) && check_classes(reader, accuracy, 3, check_accuracy) &&
              check_classes(reader, branches, 3, check_branches) && check_classes(reader, branches, 3, find_branch) &&
              check_inits(reader);
  if (!good) longjmp(reader->out_of_memory, 1);
  for (size_t id = 0; id < ISW_SETTINGS && isw_all_usable(reader, branches, 3); id++)
    if (isw_setting(id)->kind == ISW_KIND_LAYERS) check_layers(reader, id);
}
