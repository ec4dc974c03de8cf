/* Parametrizations: the multipliers of each, what they become as factors, and the table.
 *
 * A parametrization is written with multipliers (Yang & Hu 2021): a weight W = a w, w initially with the standard
 * deviation std times that of the initialiser, and c times the learning rate eta. Here W itself is trained, so that the
 * forward pass has no multipliers. In real arithmetic the same W results: the gradient of w is a times that of W, so
 *   initial W             a std times the initialiser's
 *   sgd and its like      -eta c a dW of w gives -(eta a^2 c) dW of W
 *   adam and its like     their step does not grow with the gradient: -(eta a c) m / (sqrt(v) + epsilon / a)
 *   weight decay          in the gradient: a (dW + lambda / a^2 W); decoupled: 1 - (eta a c) (lambda / a)
 * docs/numerics.md derives the rows. */
#include <string.h>
#include "initsweep/model.h"
#include "model_internal.h"

/* Of a layer's weights [0] and biases [1]. */
struct multipliers {
  double a[2], std[2];
  double c[2][2]; /* [of sgd and its like, of adam and its like][part] */
};

/* How the step of an optimiser depends on the size of the gradient. */
enum scaling { UNKNOWN, LIKE_SGD, LIKE_ADAM };
static const struct {
  const char *optimizer;
  enum scaling scaling;
} scalings[] = {
    {"sgd", LIKE_SGD},    {"momentum", LIKE_SGD}, {"nesterov", LIKE_SGD}, {"adam", LIKE_ADAM},
    {"adamw", LIKE_ADAM}, {"rmsprop", LIKE_ADAM}, {"adagrad", LIKE_ADAM}, {"sign_sgd", LIKE_ADAM},
};

static enum scaling scaling_of(size_t optimizer)
{
  size_t count;
  const char *name = isw_optimizers(&count)[optimizer].row.name;
  for (size_t i = 0; i < sizeof scalings / sizeof scalings[0]; i++)
    if (strcmp(scalings[i].optimizer, name) == 0) return scalings[i].scaling;
  return UNKNOWN;
}

/* Units above and below a layer, of which inputs and outputs of the network count as 1. */
static double hidden_fan_in(size_t layer, const size_t *size)
{
  return layer > 1 ? (double)size[layer - 1] : 1.0;
}

static double hidden_fan_out(size_t layer, size_t layers, const size_t *size)
{
  return layer < layers ? (double)size[layer] : 1.0;
}

static void of_ntk(const struct isw_choice *settings, size_t layer, size_t layers, const size_t *size,
                   struct multipliers *m)
{
  (void)settings, (void)layers;
  m->a[0] = 1.0 / sqrt((double)size[layer - 1]);
}

static void of_mean_field(const struct isw_choice *settings, size_t layer, size_t layers, const size_t *size,
                          struct multipliers *m)
{
  (void)settings;
  double below = hidden_fan_in(layer, size), above = hidden_fan_out(layer, layers, size);
  m->a[0] = 1.0 / below;
  m->c[0][0] = below * above;
  m->c[0][1] = above;
}

/* Yang et al. 2022, table 8, relative to networks of width base_width. */
static void of_mup(const struct isw_choice *settings, size_t layer, size_t layers, const size_t *size,
                   struct multipliers *m)
{
  double base = settings->value[0].number;
  double below = layer > 1 ? (double)size[layer - 1] / base : 1.0;
  double above = layer < layers ? (double)size[layer] / base : 1.0;
  m->c[0][1] = above;
  if (layer == layers) {
    m->a[0] = 1.0 / below;
    m->std[0] = sqrt(below);
    m->c[0][0] = below;
  } else {
    m->c[0][0] = above / below;
    m->c[1][0] = 1.0 / below;
  }
}

static const struct isw_parametrization table[] = {
    {{"standard", ISW_NONE, "all factors 1", ""}},
    {{"ntk", ISW_NONE,
      "W = w / sqrt(fan_in): init describes w, with {name: normal, std: 1} as in the paper; biases as they are",
      "Jacot, Gabriel & Hongler 2018, section 3, beta = 1"}},
    {{"mean_field", ISW_NONE,
      "W = w / fan_in above the first layer: init describes w; learning rates of sgd times fan_in fan_out for w and "
      "fan_out for biases, where inputs and outputs of the network count as 1",
      "Mei, Montanari & Nguyen 2018, eq. 3 and 7; deep networks as Nguyen & Pham 2020"}},
    {{"mup",
      {ISW_COUNT_PARAMETER("base_width", NAN, 1, 1e6, "width at which the network is the standard one")},
      "maximal update: with r = width / base_width, initial output weights / sqrt(r); sgd: rates of input weights and "
      "hidden biases r, of output weights 1 / r; adam: rates of hidden and output weights 1 / r",
      "Yang et al. 2022, tables 3 and 8"}},
};
enum { ROWS = sizeof table / sizeof table[0] };

/* In the order of the table; NULL: all are 1. */
static void (*const multipliers_of[ROWS])(const struct isw_choice *settings, size_t layer, size_t layers,
                                          const size_t *size,
                                          struct multipliers *m) = {NULL, of_ntk, of_mean_field, of_mup};

const struct isw_parametrization *isw_parametrizations(size_t *count)
{
  *count = ROWS;
  return table;
}

bool isw_is_parametrized(size_t parametrization, size_t optimizer)
{
  return !multipliers_of[parametrization] || scaling_of(optimizer) != UNKNOWN;
}

void isw_parametrize(const struct isw_choice *settings, size_t optimizer, size_t layer, size_t layers,
                     const size_t *size, struct isw_layer_factors *factors)
{
  struct multipliers m = {{1.0, 1.0}, {1.0, 1.0}, {{1.0, 1.0}, {1.0, 1.0}}};
  size_t count;
  bool like_sgd = scaling_of(optimizer) == LIKE_SGD, decoupled = isw_optimizers(&count)[optimizer].decoupled_decay;
  if (!multipliers_of[settings->row]) return;
  multipliers_of[settings->row](settings, layer, layers, size, &m);
  for (size_t part = 0; part < 2; part++) {
    double a = m.a[part];
    double rate = like_sgd ? a * a * m.c[0][part] : a * m.c[1][part];
    factors->std[part] = factors->std[part] * (a * m.std[part]);
    factors->rate[part] = factors->rate[part] * rate;
    factors->decay[part] = factors->decay[part] * (decoupled ? 1.0 / a : 1.0 / (a * a));
    factors->epsilon[part] = factors->epsilon[part] * (1.0 / a);
  }
}
