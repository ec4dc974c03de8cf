/* outputs: the network's outputs (after output_activation; or the logits) at n = min(`samples`, N) of N training
 * samples that are spread evenly (probes_internal.h, isw_chosen): sample after sample, then NaN. scratch: the same
 * [lane]. */
#include <string.h>
#include "probes_internal.h"

enum { SAMPLES = 16, SAMPLES_MOST = 65536 };

static size_t most(const struct isw_probe *probe)
{
  return (size_t)probe->parameter;
}

static size_t length(const struct isw_probe *probe, const struct isw_largest_sizes *largest)
{
  size_t samples = most(probe) < largest->train_samples ? most(probe) : largest->train_samples;
  return samples * largest->outputs;
}

static size_t scratch(const struct isw_view *view)
{
  return view->probe->quantity.length * view->lanes;
}

static void block(const struct isw_view *view, const struct isw_block *part, double *memory)
{
  size_t last = view->layers - 1, outputs = view->size[view->layers], samples = view->train_samples;
  for (size_t s = 0; !part->test && s < part->samples; s++) {
    size_t sample = part->first + s, chosen = sample;
    if (!isw_chosen(sample, samples, most(view->probe))) continue;
    if (samples > most(view->probe)) chosen = (sample * most(view->probe) + samples - 1) / samples;
    for (size_t o = 0; o < outputs; o++)
      isw_widen(view, part->activation[last], s * part->activation_stride[last] + o,
                memory + (chosen * outputs + o) * view->lanes);
  }
}

static void finish(const struct isw_view *view, double *memory, double *value)
{
  size_t samples = most(view->probe) < view->train_samples ? most(view->probe) : view->train_samples;
  size_t lanes = view->lanes, own = samples * view->size[view->layers];
  for (size_t i = 0; i < view->probe->quantity.length * lanes; i++)
    value[i] = i < own * lanes ? isw_canonical(memory[i]) : (double)NAN;
}

/* A conversion for each output, of the default number of samples. */
static double flops(size_t layers, const size_t *size, size_t train_samples, size_t test_samples)
{
  (void)test_samples;
  return (double)size[layers] * (double)(train_samples < SAMPLES ? train_samples : SAMPLES);
}

const struct isw_probe isw_probe_outputs = {
    ISW_PROBE_NAME("outputs"),
    .row.formula = "outputs, after output_activation, or logits at training samples spread evenly: sample after sample",
    .row.parameters = {ISW_COUNT_PARAMETER("samples", SAMPLES, 1, SAMPLES_MOST,
                                           "number of training samples, or all if there are fewer")},
    .row.source = "docs/numerics.md",
    .quantity.long_name = "outputs at some training samples, sample after sample",
    .quantity.units = "1",
    .quantity.dimension = "output",
    .length = length,
    .needs = ISW_NEEDS_TRAIN,
    .scratch = scratch,
    .block = block,
    .finish = finish,
    .flops = flops,
};
