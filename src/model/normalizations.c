/* The table of normalisations, and what a choice of one means for the layers of a network. The arithmetic is the
 * engine's (docs/numerics.md). */
#include "initsweep/model.h"

enum { EPSILON, AFFINE, BRANCH_ENDS }; /* parameters of the rows that normalise */

static const char *const yes_no[] = {"true", "false", NULL};

#define PARAMETERS(of_affine)                                                                                          \
  {                                                                                                                    \
    {.name = "epsilon",                                                                                                \
     .type = ISW_REAL,                                                                                                 \
     .initial = 1e-5,                                                                                                  \
     .low = 0.0,                                                                                                       \
     .low_open = true,                                                                                                 \
     .high = 1e6,                                                                                                      \
     .about = "added to the variance or mean square"},                                                                 \
        ISW_WORD_PARAMETER("affine", yes_no, of_affine),                                                               \
        ISW_WORD_PARAMETER("branch_ends", yes_no, "whether the last layer of each residual branch is normalised, too") \
  }

static const struct isw_normalization table[] = {
    {{"none", ISW_NONE, "y = z", ""}, false, false},
    {{"layer_norm",
      PARAMETERS("whether each unit has a trained gain, initially 1, and shift, initially 0; if not, y = x"),
      "y_j = gain_j x_j + shift_j, x_j = (z_j - mean z) / sqrt(var z + epsilon), over the units j of the layer; var z "
      "= "
      "mean (z - mean z)^2",
      "Ba, Kiros & Hinton 2016, eq. 3, as torch.nn.LayerNorm"},
     true,
     true},
    {{"rms_norm", PARAMETERS("whether each unit has a trained gain, initially 1; if not, y = x"),
      "y_j = gain_j x_j, x_j = z_j / sqrt(mean z^2 + epsilon), over the units j of the layer",
      "Zhang & Sennrich 2019, eq. 4, as torch.nn.RMSNorm (whose default epsilon is that of the precision)"},
     true,
     false},
};

const struct isw_normalization *isw_normalizations(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}

struct isw_normalizing isw_normalizing_of(const struct isw_choice *normalization)
{
  const struct isw_normalization *row = &table[normalization->row];
  if (!row->normalizes) return (struct isw_normalizing){0};
  return (struct isw_normalizing){.is_on = true,
                                  .centers = row->centers,
                                  .affine = normalization->value[AFFINE].number == 0.0,
                                  .branch_ends = normalization->value[BRANCH_ENDS].number == 0.0};
}

double isw_normalization_epsilon(const struct isw_choice *normalization)
{
  return table[normalization->row].normalizes ? normalization->value[EPSILON].number : 1.0;
}
