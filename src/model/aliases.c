/* Names that other libraries use for rows of our tables. */
#include <string.h>
#include "initsweep/model.h"

static const struct isw_alias table[] = {
    {"initializers", "random_normal", "normal", 2, {0.0, 0.05}, "Keras"},
    {"initializers", "random_uniform", "uniform", 2, {-0.05, 0.05}, "Keras"},
    {"initializers", "keras_truncated_normal", "truncated_normal", 2, {0.0, 0.05}, "Keras's truncated_normal"},
    {"initializers", "keras_he_normal", "variance_scaling", 1, {2.0}, "Keras's he_normal, which truncates"},
    {"initializers", "keras_lecun_normal", "variance_scaling", 1, {1.0}, "Keras's lecun_normal, which truncates"},
    {"initializers",
     "keras_glorot_normal",
     "variance_scaling",
     2,
     {1.0, 2.0},
     "Keras's glorot_normal, which truncates"},
    {"initializers", "ones", "constant", 1, {1.0}, "Keras, torch.nn.init"},
    {"initializers", "xavier_normal", "glorot_normal", 0, {0.0}, "torch.nn.init"},
    {"initializers", "xavier_uniform", "glorot_uniform", 0, {0.0}, "torch.nn.init"},
    {"initializers", "kaiming_normal", "he_normal", 0, {0.0}, "torch.nn.init"},
    {"initializers", "kaiming_uniform", "he_uniform", 0, {0.0}, "torch.nn.init"},
    {"initializers", "trunc_normal", "truncated_normal", 0, {0.0}, "torch.nn.init"},
    {"initializers", "eye", "identity", 0, {0.0}, "torch.nn.init"},
    {"initializers", "doubling", "symmetric_pairs", 0, {0.0}, "Chizat, Oyallon & Bach 2019"},
    {"activations", "swish", "silu", 0, {0.0}, "Keras"},
    {"activations", "hardtanh", "hard_tanh", 0, {0.0}, "torch.nn"},
    {"losses", "l1", "mae", 0, {0.0}, "torch.nn"},
};

const struct isw_alias *isw_aliases(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}

const struct isw_alias *isw_alias_find(const char *of_table, const char *name)
{
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    if (strcmp(table[i].table, of_table) == 0 && strcmp(table[i].name, name) == 0) return &table[i];
  return NULL;
}
