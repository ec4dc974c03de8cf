/* The tables of results format 1, and their rows as text for docs/results-format.md. */
#include "results/schema.h"
#include <string.h>

static const struct isw_field fields[ISW_FIELDS] = {
    [ISW_FIELD_NETWORK] = {.name = "network",
                           .long_name = "number of the network in grid order",
                           .type = ISW_TYPE_INT64,
                           .coordinate = true,
                           .rank = 1,
                           .dimension = {ISW_DIM_NETWORK},
                           .about = "0 .. N-1 in grid order; N is the number of all networks of the sweep"},
    [ISW_FIELD_RECORD] = {.name = "record",
                          .long_name = "number of the record",
                          .type = ISW_TYPE_INT64,
                          .coordinate = true,
                          .rank = 1,
                          .dimension = {ISW_DIM_RECORD},
                          .about = "0 .. R-1; R is the largest number of records of any network"},
    [ISW_FIELD_LAYER] = {.name = "layer",
                         .long_name = "weight layer, 1 at the inputs",
                         .type = ISW_TYPE_INT64,
                         .coordinate = true,
                         .rank = 1,
                         .dimension = {ISW_DIM_LAYER},
                         .about =
                             "1 .. L, from the inputs on; L is the largest number of weight layers of any network"},
    [ISW_FIELD_PARAMETER] = {.name = "parameter",
                             .long_name = "layer after layer: weight [fan_out][fan_in] row-major, then bias [fan_out]",
                             .type = ISW_TYPE_INT64,
                             .coordinate = true,
                             .rank = 1,
                             .dimension = {ISW_DIM_PARAMETER},
                             .about = "0 .. P-1; P is the largest number of parameters of any network. Only if weights "
                                      "or `hessian_eigenvalues` are stored"},
    [ISW_FIELD_EIGENVALUE] = {.name = "eigenvalue",
                              .long_name = "number of the eigenvalue",
                              .type = ISW_TYPE_INT64,
                              .coordinate = true,
                              .rank = 1,
                              .dimension = {ISW_DIM_EIGENVALUE},
                              .about = "0 .. `count`-1 of the probe `hessian_top`; only if it is recorded"},
    [ISW_FIELD_SINGULAR_VALUE] = {.name = "singular_value",
                                  .long_name = "number of the singular value, the largest first",
                                  .type = ISW_TYPE_INT64,
                                  .coordinate = true,
                                  .rank = 1,
                                  .dimension = {ISW_DIM_SINGULAR_VALUE},
                                  .about = "0 .. V-1; V is the largest min(inputs, outputs) of any network. Only if "
                                           "`jacobian_singular_values` or `linear_map_singular_values` is recorded"},
    [ISW_FIELD_OUTPUT] = {.name = "output",
                          .long_name = "sample after sample, its outputs",
                          .type = ISW_TYPE_INT64,
                          .coordinate = true,
                          .rank = 1,
                          .dimension = {ISW_DIM_OUTPUT},
                          .about = "s O + o for output o of chosen sample s; O is the number of outputs of the "
                                   "network. Only if `outputs` is recorded"},
    [ISW_FIELD_CLASS_PAIR] = {.name = "class_pair",
                              .long_name = "class after class, the predicted classes",
                              .type = ISW_TYPE_INT64,
                              .coordinate = true,
                              .rank = 1,
                              .dimension = {ISW_DIM_CLASS_PAIR},
                              .about = "t C + p for class t and predicted class p; C is the number of classes of the "
                                       "network. Only if `confusion` or `test_confusion` is recorded"},
    [ISW_FIELD_WEIGHTS_RECORD] = {.name = "weights_record",
                                  .long_name = "number of the stored weights",
                                  .type = ISW_TYPE_INT64,
                                  .coordinate = true,
                                  .rank = 1,
                                  .dimension = {ISW_DIM_WEIGHTS_RECORD},
                                  .about = "0 .. W-1; W is the largest number of steps of `record.weights` of any "
                                           "network. Only if it has steps"},
    [ISW_FIELD_FEATURES] = {.name = "features",
                            .long_name = "inputs of the network",
                            .units = "1",
                            .type = ISW_TYPE_INT32,
                            .rank = 1,
                            .dimension = {ISW_DIM_NETWORK},
                            .about = "number of inputs"},
    [ISW_FIELD_LAYER_SIZE] = {.name = "layer_size",
                              .long_name = "units of the weight layer (its fan_out)",
                              .units = "1",
                              .type = ISW_TYPE_INT32,
                              .fill = true,
                              .rank = 2,
                              .dimension = {ISW_DIM_NETWORK, ISW_DIM_LAYER},
                              .about = "units of each weight layer (fan_out); fan_in is that of the layer before, or "
                                       "`features`"},
    [ISW_FIELD_ID] = {.name = "id",
                      .long_name = "identity: hash of all that decides the trajectory",
                      .type = ISW_TYPE_UINT64,
                      .rank = 1,
                      .dimension = {ISW_DIM_NETWORK},
                      .about = "identity: a hash of everything that determines the trajectory of the network"},
    [ISW_FIELD_STATUS] = {.name = "status",
                          .long_name = "how the network's training ended",
                          .type = ISW_TYPE_INT8,
                          .rank = 1,
                          .dimension = {ISW_DIM_NETWORK},
                          .about = "0 missing (not trained yet), 1 completed, 2 stopped (a stop rule was met), 3 "
                                   "diverged (the loss or a weight is not finite), 4 skipped (a refinement did not "
                                   "train it): `flag_values`, `flag_meanings`"},
    [ISW_FIELD_STEPS_DONE] = {.name = "steps_done",
                              .long_name = "optimiser steps taken",
                              .units = "1",
                              .type = ISW_TYPE_INT64,
                              .fill = true,
                              .rank = 1,
                              .dimension = {ISW_DIM_NETWORK},
                              .about = "optimiser steps taken"},
    [ISW_FIELD_STEP] = {.name = "step",
                        .long_name = "optimiser steps before the record",
                        .units = "1",
                        .type = ISW_TYPE_INT64,
                        .coordinate = true,
                        .rank = 1,
                        .dimension = {ISW_DIM_RECORD},
                        .about = "optimiser steps before the record, if all networks have the same record schedule; a "
                                 "coordinate"},
    [ISW_FIELD_STEP_BY_NETWORK] = {.name = "step",
                                   .long_name = "optimiser steps before the record",
                                   .units = "1",
                                   .type = ISW_TYPE_INT64,
                                   .fill = true,
                                   .coordinate = true,
                                   .rank = 2,
                                   .dimension = {ISW_DIM_NETWORK, ISW_DIM_RECORD},
                                   .about = "the same, if record schedules differ between networks"},
    [ISW_FIELD_WEIGHTS_INITIAL] =
        {.name = "weights_initial",
         .long_name = "weights and biases before the first step",
         .units = "1",
         .type = ISW_TYPE_REAL,
         .fill = true,
         .rank = 2,
         .dimension = {ISW_DIM_NETWORK, ISW_DIM_PARAMETER},
         .about = "if stored: for each layer the weights [fan_out][fan_in], row-major, then "
                  "the biases [fan_out] if the layer has biases (`bias` is a coordinate in "
                  "every file of a sweep in which some layer has none), then the gains [fan_out] and shifts [fan_out] "
                  "of its normalisation if it has any (`normalization` and its parameters are coordinates in every "
                  "file of a sweep with one), then, if the layer ends a residual branch, the scale of the branch "
                  "(trained or not; hidden layers 1 + m, 1 + 2 m, ... "
                  "with m = `branch_layers`, which is a coordinate in every file of a sweep "
                  "with branches)"},
    [ISW_FIELD_WEIGHTS_FINAL] = {.name = "weights_final",
                                 .long_name = "weights and biases after the last step",
                                 .units = "1",
                                 .type = ISW_TYPE_REAL,
                                 .fill = true,
                                 .rank = 2,
                                 .dimension = {ISW_DIM_NETWORK, ISW_DIM_PARAMETER},
                                 .about = "the same after the last step, whatever the status"},
    [ISW_FIELD_WEIGHTS_STEP] = {.name = "weights_step",
                                .long_name = "optimiser steps before the weights",
                                .units = "1",
                                .type = ISW_TYPE_INT64,
                                .coordinate = true,
                                .rank = 1,
                                .dimension = {ISW_DIM_WEIGHTS_RECORD},
                                .about = "steps of `record.weights`, if all networks have the same; a coordinate of "
                                         "`weights`"},
    [ISW_FIELD_WEIGHTS_STEP_BY_NETWORK] = {.name = "weights_step",
                                           .long_name = "optimiser steps before the weights",
                                           .units = "1",
                                           .type = ISW_TYPE_INT64,
                                           .fill = true,
                                           .coordinate = true,
                                           .rank = 2,
                                           .dimension = {ISW_DIM_NETWORK, ISW_DIM_WEIGHTS_RECORD},
                                           .about = "the same, if they differ between networks"},
};

static const struct isw_attribute root[ISW_ROOT_ATTRIBUTES] = {
    [ISW_ROOT_CONVENTIONS] = {"Conventions", "CF-1.10"},
    [ISW_ROOT_FORMAT] = {"format", "\"" ISW_FORMAT_NAME "\""},
    [ISW_ROOT_TITLE] = {"title", "the name of the sweep"},
    [ISW_ROOT_ABOUT] = {"about", "the description of the sweep, if it has one"},
    [ISW_ROOT_SWEEP] = {"sweep", "the text of the sweep file"},
    [ISW_ROOT_SETTINGS] = {"settings", "every setting after defaults and `--set`, as a sweep file of the same sweep"},
    [ISW_ROOT_IDENTITY] = {"identity", "16 hexadecimal digits: hash of everything that determines the file"},
    [ISW_ROOT_PRECISION] = {"precision", "float32 or float64"},
    [ISW_ROOT_FORMAT_VERSION] = {"format_version", "1"},
    [ISW_ROOT_BITS_VERSION] = {"bits_version", "the [version of the bits](numerics.md#version-of-the-bits) of all "
                                               "networks; 1 if a file does not have it"},
    [ISW_ROOT_HASH] = {"hash", "32 hexadecimal digits: the results hash"},
};

static const struct isw_attribute attributes[ISW_DATASET_ATTRIBUTES] = {
    [ISW_ATTRIBUTE_LONG_NAME] = {"long_name", "what the values are, in words"},
    [ISW_ATTRIBUTE_UNITS] = {"units", "1, or a unit"},
    [ISW_ATTRIBUTE_COORDINATES] =
        {"coordinates",
         "names of the datasets of settings, and `step` if the dataset has records, `weights_step` if it has "
         "the dimension `weights_record`; not of "
         "coordinates themselves"},
    [ISW_ATTRIBUTE_FILL_VALUE] = {"_FillValue", "the value of elements that a network does not have: -1 or NaN"},
    [ISW_ATTRIBUTE_PATH] = {"path", "of a setting: its path in the sweep file"},
    [ISW_ATTRIBUTE_FLAG_VALUES] = {"flag_values", "of `status`: its values"},
    [ISW_ATTRIBUTE_FLAG_MEANINGS] = {"flag_meanings", "of `status`: a word for each value"},
    [ISW_ATTRIBUTE_HASH] = {"hash", "32 hexadecimal digits: a hash of the dataset and its other attributes"},
};

const struct isw_field *isw_field(enum isw_field_id id)
{
  return &fields[id];
}

const struct isw_attribute *isw_root_attribute(enum isw_root_attribute id)
{
  return &root[id];
}

const struct isw_attribute *isw_dataset_attribute(enum isw_dataset_attribute id)
{
  return &attributes[id];
}

/* Of a quantity that has one of its own. */
static enum isw_dimension dimension_of(const struct isw_quantity *quantity)
{
  int d = ISW_DIM_PARAMETER + 1;
  while (d + 1 < ISW_DIMENSIONS && strcmp(fields[d].name, quantity->dimension) != 0) d++;
  return (enum isw_dimension)d;
}

void isw_dimension_lengths(const struct isw_results_head *head, unsigned long long length[ISW_DIMENSIONS])
{
  for (int d = 0; d < ISW_DIMENSIONS; d++) length[d] = 0;
  length[ISW_DIM_NETWORK] = head->networks;
  length[ISW_DIM_RECORD] = head->records_max;
  length[ISW_DIM_LAYER] = head->layers_max;
  length[ISW_DIM_PARAMETER] = head->parameters_max;
  length[ISW_DIM_WEIGHTS_RECORD] = head->snapshots_max;
  for (size_t q = 0; q < head->quantity_count; q++)
    if (head->quantities[q].dimension) length[dimension_of(&head->quantities[q])] = head->quantities[q].length;
}

bool isw_has_dimension(const struct isw_results_head *head, enum isw_dimension dimension)
{
  bool found =
      dimension < ISW_DIM_PARAMETER || (dimension == ISW_DIM_PARAMETER && (head->keep_initial || head->keep_final));
  for (size_t q = 0; q < head->quantity_count; q++) {
    const struct isw_quantity *quantity = &head->quantities[q];
    found = found || (quantity->per_parameter && dimension == ISW_DIM_PARAMETER) ||
            (quantity->dimension && dimension == dimension_of(quantity)) ||
            (quantity->at_snapshots && dimension == ISW_DIM_WEIGHTS_RECORD);
  }
  return found;
}

struct isw_field isw_field_of_quantity(const struct isw_quantity *quantity)
{
  struct isw_field field = {.name = quantity->name,
                            .long_name = quantity->long_name,
                            .units = quantity->units,
                            .type = quantity->integer ? ISW_TYPE_INT32 : ISW_TYPE_REAL,
                            .fill = true,
                            .rank = 1,
                            .dimension = {ISW_DIM_NETWORK}};
  if (!quantity->per_run)
    field.dimension[field.rank++] = quantity->at_snapshots ? ISW_DIM_WEIGHTS_RECORD : ISW_DIM_RECORD;
  if (quantity->per_layer) field.dimension[field.rank++] = ISW_DIM_LAYER;
  if (quantity->per_parameter) field.dimension[field.rank++] = ISW_DIM_PARAMETER;
  if (quantity->dimension) field.dimension[field.rank++] = dimension_of(quantity);
  return field;
}

const char *isw_steps_of(const struct isw_field *field)
{
  if (field->rank > 1 && field->dimension[1] == ISW_DIM_RECORD) return fields[ISW_FIELD_STEP].name;
  return field->rank > 1 && field->dimension[1] == ISW_DIM_WEIGHTS_RECORD ? fields[ISW_FIELD_WEIGHTS_STEP].name : "";
}

struct isw_field isw_field_of_coordinate(const struct isw_coordinate *coordinate, bool integers)
{
  enum isw_field_type number = integers ? ISW_TYPE_INT64 : ISW_TYPE_FLOAT64;
  return (struct isw_field){.name = coordinate->name,
                            .long_name = coordinate->long_name,
                            .type = coordinate->type == ISW_COLUMN_TEXT ? ISW_TYPE_STRING : number,
                            .coordinate = true,
                            .rank = 1,
                            .dimension = {ISW_DIM_NETWORK}};
}

enum isw_status isw_field_write_row(const struct isw_field *field, struct isw_text *text)
{
  static const char *const types[] = {
      [ISW_TYPE_INT8] = "int8",     [ISW_TYPE_INT32] = "int32",     [ISW_TYPE_INT64] = "int64",
      [ISW_TYPE_UINT64] = "uint64", [ISW_TYPE_FLOAT64] = "float64", [ISW_TYPE_REAL] = "the precision of the sweep",
      [ISW_TYPE_STRING] = "string",
  };
  bool real = field->type == ISW_TYPE_REAL || field->type == ISW_TYPE_FLOAT64;
  enum isw_status status = isw_text_add(text, "| `%s` | ", field->name);
  for (unsigned d = 0; d < field->rank && status == ISW_OK; d++)
    status = isw_text_add(text, "%s%s", d ? ", " : "", fields[field->dimension[d]].name);
  if (status != ISW_OK) return status;
  return isw_text_add(text, " | %s%s | %s |", types[field->type],
                      !field->fill ? ""
                      : real       ? ", fill NaN"
                                   : ", fill -1",
                      field->about);
}

enum isw_status isw_attribute_write_row(const struct isw_attribute *attribute, struct isw_text *text)
{
  return isw_text_add(text, "| `%s` | %s |", attribute->name, attribute->about);
}
