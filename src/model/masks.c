/* Masks: which weights of a layer are 0 from the start and stay 0 through training, and the table. */
#include <stdlib.h>
#include "initsweep/base.h"
#include "initsweep/model.h"

struct entry {
  double magnitude;
  size_t index;
};

static int by_magnitude(const void *a, const void *b)
{
  const struct entry *x = a, *y = b;
  if (x->magnitude != y->magnitude) return x->magnitude < y->magnitude ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

static const struct isw_mask table[] = {
    {{"none", ISW_NONE, "no mask", ""}, 0},
    {{"random",
      {ISW_REAL_PARAMETER("sparsity", NAN, 0.0, 1.0, 0, "fraction of all weights that are masked")},
      "masks the weights that network.init_sparsity of the same fraction starts at 0",
      ""},
     0},
    {{"magnitude",
      {ISW_PATH_PARAMETER("path", NULL, "an HDF5 file; a relative path starts at the sweep file's folder"),
       ISW_TEXT_PARAMETER("dataset", "weights_final",
                          "dataset in the file, [network][parameter] or [parameter]; weights[3] is slice 3 of weights "
                          "along a training"),
       ISW_COUNT_PARAMETER("network", 0.0, 0.0, 9007199254740992.0, "row of the dataset"),
       ISW_REAL_PARAMETER("sparsity", NAN, 0.0, 1.0, 0, "fraction of each layer's weights that are masked")},
      "masks, of the n weights of each layer, the round(sparsity n) with the smallest magnitudes in the file, of equal "
      "ones the first",
      "Frankle & Carbin 2019, section 2, with the same fraction in all layers; the number as in "
      "torch.nn.utils.prune"},
     ISW_START_FILE},
};

const struct isw_mask *isw_masks(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}

/* The nearest whole number, of two the even one, as Python's round. */
static double round_to_even(double x)
{
  double below = floor(x), rest = x - below;
  bool odd = below - 2.0 * floor(0.5 * below) > 0.0;
  return below + (rest > 0.5 || (rest == 0.5 && odd) ? 1.0 : 0.0);
}

bool isw_mask_fill(const struct isw_choice *settings, size_t before, size_t count, const struct isw_stream *stream,
                   bool *kept)
{
  if (!(table[settings->row].needs & ISW_START_FILE)) {
    for (size_t i = 0; i < count && !isw_interrupted(); i++)
      kept[i] = isw_uniform(stream, i) >= settings->value[0].number;
    return true;
  }
  struct entry *entry = isw_allocate(count, sizeof *entry);
  if (!entry) return false;
  for (size_t i = 0; i < count; i++) entry[i] = (struct entry){fabs(settings->weights->value[before + i]), i};
  qsort(entry, count, sizeof *entry, by_magnitude);
  size_t masked = (size_t)round_to_even(settings->value[3].number * (double)count);
  for (size_t i = 0; i < count; i++) kept[entry[i].index] = i >= masked;
  free(entry);
  return true;
}
