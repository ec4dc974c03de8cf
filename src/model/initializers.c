/* The table of initialisers, and those whose weights are drawn independently of each other. Orthogonal, sparse and
 * other structured matrices are in initializers_matrices.c, what depends on layer, data or a file in
 * initializers_context.c. */
#include <math.h>
#include "initsweep/base.h"
#include "model_internal.h"

/* Draw i of the stream belongs to element i under every row, so that replicates are paired across initialisers. */

enum { DRAWN_TOGETHER = 256 }; /* between two looks at an interrupt */

static void fill_normal(double mean, double std, size_t count, const struct isw_stream *stream, double *weight)
{
  for (size_t first = 0, part; first < count && !isw_interrupted(); first += part) {
    part = count - first < DRAWN_TOGETHER ? count - first : DRAWN_TOGETHER;
    isw_normals(stream, first, part, weight + first);
    for (size_t i = first; i < first + part; i++) weight[i] = mean + std * weight[i];
  }
}

static void fill_uniform(double low, double high, size_t count, const struct isw_stream *stream, double *weight)
{
  for (size_t first = 0, part; first < count && !isw_interrupted(); first += part) {
    part = count - first < DRAWN_TOGETHER ? count - first : DRAWN_TOGETHER;
    isw_uniforms(stream, first, part, weight + first);
    for (size_t i = first; i < first + part; i++) weight[i] = low + (high - low) * weight[i];
  }
}

/* Uniform of standard deviation std: bound sqrt(3) std, as torch.nn.init computes it. */
static void fill_uniform_of_std(double std, size_t count, const struct isw_stream *stream, double *weight)
{
  double bound = sqrt(3.0) * std;
  fill_uniform(-bound, bound, count, stream, weight);
}

static bool zeros(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                  const struct isw_stream *stream, double *weight)
{
  (void)settings, (void)fan_in, (void)stream;
  for (size_t i = 0; i < fan_out * columns; i++) weight[i] = 0.0;
  return true;
}

static bool constant(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                     const struct isw_stream *stream, double *weight)
{
  (void)fan_in, (void)stream;
  for (size_t i = 0; i < fan_out * columns; i++) weight[i] = settings->value[0].number;
  return true;
}

static bool normal(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                   const struct isw_stream *stream, double *weight)
{
  (void)fan_in;
  fill_normal(settings->value[0].number, settings->value[1].number, fan_out * columns, stream, weight);
  return true;
}

static bool uniform(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                    const struct isw_stream *stream, double *weight)
{
  (void)fan_in;
  fill_uniform(settings->value[0].number, settings->value[1].number, fan_out * columns, stream, weight);
  return true;
}

static bool truncated_normal(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                             const struct isw_stream *stream, double *weight)
{
  (void)fan_in;
  double mean = settings->value[0].number, std = settings->value[1].number;
  for (size_t i = 0; i < fan_out * columns && !isw_interrupted(); i++)
    weight[i] = mean + std * isw_truncated_normal(stream, i);
  return true;
}

static double lecun_std(const struct isw_choice *settings, size_t fan_in)
{
  return settings->value[0].number / sqrt((double)fan_in);
}

static double glorot_std(const struct isw_choice *settings, size_t fan_out, size_t fan_in)
{
  return settings->value[0].number * sqrt(2.0 / ((double)fan_in + (double)fan_out));
}

/* The number that a word of fan_modes selects. */
static double fan(double mode, size_t fan_out, size_t fan_in)
{
  if (mode == 0.0) return (double)fan_in;
  return mode == 1.0 ? (double)fan_out : 0.5 * ((double)fan_in + (double)fan_out);
}

/* Words of the parameter `mode` of he_* and variance_scaling. */
static const char *const fan_modes[] = {"fan_in", "fan_out", "fan_avg", NULL};
static const char *const pair_outputs[] = {"power_of_two", "normal", NULL};
static const char *const distributions[] = {"truncated_normal", "untruncated_normal", "uniform", NULL};

static double he_std(const struct isw_choice *settings, size_t fan_out, size_t fan_in)
{
  return settings->value[0].number / sqrt(fan(settings->value[1].number, fan_out, fan_in));
}

static bool lecun_normal(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                         const struct isw_stream *stream, double *weight)
{
  fill_normal(0.0, lecun_std(settings, fan_in), fan_out * columns, stream, weight);
  return true;
}

static bool lecun_uniform(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                          const struct isw_stream *stream, double *weight)
{
  fill_uniform_of_std(lecun_std(settings, fan_in), fan_out * columns, stream, weight);
  return true;
}

static bool glorot_normal(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                          const struct isw_stream *stream, double *weight)
{
  fill_normal(0.0, glorot_std(settings, fan_out, fan_in), fan_out * columns, stream, weight);
  return true;
}

static bool glorot_uniform(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                           const struct isw_stream *stream, double *weight)
{
  fill_uniform_of_std(glorot_std(settings, fan_out, fan_in), fan_out * columns, stream, weight);
  return true;
}

static bool he_normal(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                      const struct isw_stream *stream, double *weight)
{
  fill_normal(0.0, he_std(settings, fan_out, fan_in), fan_out * columns, stream, weight);
  return true;
}

static bool he_uniform(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                       const struct isw_stream *stream, double *weight)
{
  fill_uniform_of_std(he_std(settings, fan_out, fan_in), fan_out * columns, stream, weight);
  return true;
}

static bool torch_linear(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                         const struct isw_stream *stream, double *weight)
{
  (void)settings;
  double bound = 1.0 / sqrt((double)fan_in);
  fill_uniform(-bound, bound, fan_out * columns, stream, weight);
  return true;
}

static bool variance_scaling(const struct isw_choice *settings, size_t fan_out, size_t fan_in, size_t columns,
                             const struct isw_stream *stream, double *weight)
{
  double scale = settings->value[0].number / fan(settings->value[1].number, fan_out, fan_in);
  size_t count = fan_out * columns;
  if (settings->value[2].number == 2.0) {
    fill_uniform_of_std(sqrt(scale), count, stream, weight);
  } else if (settings->value[2].number == 1.0) {
    fill_normal(0.0, sqrt(scale), count, stream, weight);
  } else {
    double std = sqrt(scale) / 0.87962566103423978; /* std of a standard normal truncated at 2 */
    for (size_t i = 0; i < count; i++) weight[i] = std * isw_truncated_normal(stream, i);
  }
  return true;
}

#define GAIN_PARAMETER(standard, clause)                                                                               \
  {                                                                                                                    \
    .name = "gain", .type = ISW_REAL, .initial = standard, .low = -INFINITY, .high = INFINITY, .about = clause,        \
    .word = "activation", .word_number = INFINITY                                                                      \
  }
#define GAIN                                                                                                           \
  GAIN_PARAMETER(                                                                                                      \
      1.0,                                                                                                             \
      "factor of every weight; activation: the gain of the layer's activation, from torch.nn.init.calculate_gain")
#define HE_GAIN                                                                                                        \
  GAIN_PARAMETER(1.4142135623730951, "factor of every weight; sqrt(2) is the gain of relu; activation: the gain of "   \
                                     "the layer's activation, from torch.nn.init.calculate_gain")
#define WEIGHTS_PATH ISW_PATH_PARAMETER("path", NULL, "an HDF5 file; a relative path starts at the sweep file's folder")
#define WEIGHTS_DATASET                                                                                                \
  ISW_TEXT_PARAMETER(                                                                                                  \
      "dataset", "weights_final",                                                                                      \
      "dataset in the file, [network][parameter] or [parameter]; weights[3] is slice 3 of weights along a training")
#define LARGEST_ROW 9007199254740992.0
static const char *const plane_normalizations[] = {"filter", "layer", "none", NULL};
#define MODE ISW_WORD_PARAMETER("mode", fan_modes, "definition of fan; fan_avg is the mean of fan_in and fan_out")
#define MEAN ISW_REAL_PARAMETER("mean", 0.0, -INFINITY, INFINITY, 0, "mean of the weights")

static const struct isw_initializer table[] = {
    {{"zeros", ISW_NONE, "w = 0", "torch.nn.init.zeros_"}, true, zeros, NULL, 0, NULL},
    {{"constant",
      {ISW_REAL_PARAMETER("value", 0.0, -INFINITY, INFINITY, 0, "every weight")},
      "w = value",
      "torch.nn.init.constant_"},
     true,
     constant,
     NULL,
     0,
     NULL},
    {{"normal",
      {MEAN, ISW_REAL_PARAMETER("std", 1.0, 0.0, INFINITY, 0, "standard deviation")},
      "w ~ N(mean, std^2)",
      "torch.nn.init.normal_"},
     true,
     normal,
     NULL,
     0,
     NULL},
    {{"uniform",
      {ISW_REAL_PARAMETER("low", 0.0, -INFINITY, INFINITY, 0, "lower end"),
       ISW_REAL_PARAMETER("high", 1.0, -INFINITY, INFINITY, 0, "upper end")},
      "w = low + (high - low) u, u ~ U[0, 1)",
      "torch.nn.init.uniform_"},
     true,
     uniform,
     NULL,
     0,
     NULL},
    {{"truncated_normal",
      {MEAN, ISW_REAL_PARAMETER("std", 1.0, 0.0, INFINITY, 0,
                                "standard deviation before truncation; after it the weights have 0.8796 std")},
      "w ~ N(mean, std^2) given |w - mean| <= 2 std",
      "torch.nn.init.trunc_normal_ with a = mean - 2 std, b = mean + 2 std"},
     true,
     truncated_normal,
     NULL,
     0,
     NULL},
    {{"lecun_normal",
      {GAIN},
      "w ~ N(0, gain^2 / fan_in)",
      "LeCun et al. 1998, eq. 16; Keras's lecun_normal truncates, this does not"},
     false,
     lecun_normal,
     NULL,
     0,
     NULL},
    {{"lecun_uniform", {GAIN}, "w ~ U(-b, b), b = gain sqrt(3 / fan_in)", "LeCun et al. 1998, eq. 16"},
     false,
     lecun_uniform,
     NULL,
     0,
     NULL},
    {{"glorot_normal",
      {GAIN},
      "w ~ N(0, gain^2 2 / (fan_in + fan_out))",
      "Glorot & Bengio 2010, eq. 12, as torch.nn.init.xavier_normal_"},
     false,
     glorot_normal,
     NULL,
     0,
     NULL},
    {{"glorot_uniform",
      {GAIN},
      "w ~ U(-b, b), b = gain sqrt(6 / (fan_in + fan_out))",
      "Glorot & Bengio 2010, eq. 16, as torch.nn.init.xavier_uniform_"},
     false,
     glorot_uniform,
     NULL,
     0,
     NULL},
    {{"he_normal",
      {HE_GAIN, MODE},
      "w ~ N(0, gain^2 / fan)",
      "He et al. 2015, eq. 10, as torch.nn.init.kaiming_normal_ (fan_avg is Keras's); Keras's he_normal truncates, "
      "this does not"},
     false,
     he_normal,
     NULL,
     0,
     NULL},
    {{"he_uniform",
      {HE_GAIN, MODE},
      "w ~ U(-b, b), b = gain sqrt(3 / fan)",
      "He et al. 2015, eq. 10, as torch.nn.init.kaiming_uniform_ (fan_avg is Keras's)"},
     false,
     he_uniform,
     NULL,
     0,
     NULL},
    {{"orthogonal",
      {GAIN},
      "w = gain Q, Q R = A with A ~ N(0, 1) and diag(R) > 0; a wide w is the transpose of a tall one",
      "Saxe, McClelland & Ganguli 2014, as torch.nn.init.orthogonal_"},
     false,
     isw_fill_orthogonal,
     NULL,
     0,
     isw_orthonormal_flops},
    {{"identity", {GAIN}, "w_ij = gain where i = j, else 0", "Le, Jaitly & Hinton 2015, as torch.nn.init.eye_"},
     false,
     isw_fill_identity,
     NULL,
     0,
     NULL},
    {{"torch_linear", ISW_NONE, "w ~ U(-b, b), b = 1 / sqrt(fan_in); a bias likewise, with its layer's fan_in",
      "initialisation of torch.nn.Linear, weight and bias"},
     true,
     torch_linear,
     NULL,
     0,
     NULL},
    {{"variance_scaling",
      {ISW_REAL_PARAMETER("scale", 1.0, 0.0, 1e6, 0, "variance of w times fan"), MODE,
       ISW_WORD_PARAMETER(
           "distribution", distributions,
           "distribution of the weights; the truncated one is cut at 2 standard deviations and rescaled")},
      "w of mean 0 and variance scale / fan",
      "keras.initializers.VarianceScaling; scale 2 truncated is Keras's he_normal, scale 1 its lecun_normal, with "
      "fan_avg its "
      "glorot_normal"},
     false,
     variance_scaling,
     NULL,
     0,
     NULL},
    {{"mean_field",
      {ISW_REAL_PARAMETER("sigma_w", 1.0, 0.0, 1e6, 0, "standard deviation of w times sqrt(fan_in)")},
      "w ~ N(0, sigma_w^2 / fan_in); biases N(0, sigma_b^2) are bias_init {name: normal, std: sigma_b}",
      "Poole et al. 2016, section 2"},
     false,
     lecun_normal,
     NULL,
     0,
     NULL},
    {{"sparse",
      {ISW_COUNT_PARAMETER("nonzero", 15.0, 1.0, 1e6, "nonzero weights per unit; all if fan_in is smaller"),
       ISW_REAL_PARAMETER("std", 1.0, 0.0, INFINITY, 0, "standard deviation of the nonzero weights")},
      "w_ij ~ N(0, std^2) for `nonzero` inputs j of each unit i, drawn without repetition, else 0",
      "Martens 2010, section 5; torch.nn.init.sparse_ takes a fraction of zeros per column"},
     false,
     isw_fill_sparse,
     NULL,
     0,
     NULL},
    {{"zero_o",
      {GAIN},
      "fan_out <= fan_in: w_ij = gain where i = j, else 0; else w_ij = gain 2^(-m/2) (-1)^(bits that i and j share), i "
      "and j from "
      "0, m = ceil(log2(fan_out))",
      "Zhao, Schaefer & Anandkumar 2022, algorithm 1, with the factor of the authors' program (printed: 2^(-(m-1)/2))"},
     false,
     isw_fill_zero_o,
     NULL,
     0,
     NULL},
    {{"target_mean", ISW_NONE,
      "output biases: mean of the training targets in the form that the loss uses (for classes under mse: their "
      "frequencies); hidden biases and weights: 0",
      "the best constant output under mse"},
     true,
     NULL,
     isw_fill_target_mean,
     ISW_START_TARGETS,
     NULL},
    {{"torch_sparse",
      {ISW_REAL_PARAMETER("zeros", 0.1, 0.0, 1.0, 0,
                          "fraction of zeros in every column, rounded up: PyTorch's sparsity"),
       ISW_REAL_PARAMETER("std", 0.01, 0.0, INFINITY, 0, "standard deviation of the other weights")},
      "w_ij ~ N(0, std^2); of each column (one input) ceil(zeros fan_out) units, drawn without repetition, are 0",
      "torch.nn.init.sparse_, which has no default fraction"},
     false,
     isw_fill_torch_sparse,
     NULL,
     0,
     NULL},
    {{"ntk",
      {ISW_REAL_PARAMETER("sigma_w", 1.0, 0.0, 1e6, 0, "factor of the NTK parametrisation's weights")},
      "w ~ N(0, sigma_w^2 / fan_in): w = sigma_w u / sqrt(fan_in) at its start, u ~ N(0, 1). Only the initialisation: "
      "a step of rate r on u is a step of rate r sigma_w^2 / fan_in on w, so that sgd with one learning_rate is NTK "
      "gradient descent only if all layers have the same fan_in",
      "Jacot, Gabriel & Hongler 2018, section 2"},
     false,
     lecun_normal,
     NULL,
     0,
     NULL},
    {{"symmetric_pairs",
      {GAIN, ISW_WORD_PARAMETER("output", pair_outputs,
                                "output weights: rounded to powers of two, which cancel exactly, or not rounded, which "
                                "cancel up to rounding errors")},
      "hidden units 2p and 2p + 1 have equal weights, N(0, gain^2 / fan_in), and output weights v and -v from the same "
      "distribution: the initial output is 0 if the biases are 0 or use this initialiser (equal in pairs, 0 at the "
      "output)",
      "Chizat, Oyallon & Bach 2019, section 2.1 (doubling); Zhang et al. 2020 (ASI)"},
     true,
     NULL,
     isw_fill_symmetric_pairs,
     0,
     NULL},
    {{"lsuv",
      {ISW_REAL_PARAMETER("std", 1.0, 0.0, INFINITY, 0, "standard deviation of w x in every layer")},
      "w = std Q / sqrt(Var(Q x)), Q of `orthogonal`, x the layer's inputs of up to 256 training samples spread "
      "evenly, "
      "the variance over samples and units; layer after layer from the input, in float64",
      "Mishkin & Matas 2016, algorithm 1, whose loop ends after one step in a layer without bias"},
     false,
     NULL,
     isw_fill_lsuv,
     ISW_START_INPUTS,
     isw_lsuv_flops},
    {{"file",
      {WEIGHTS_PATH, WEIGHTS_DATASET, ISW_COUNT_PARAMETER("network", 0.0, 0.0, LARGEST_ROW, "row of the dataset")},
      "w or b of the layer in the network of the file, which must have the same layers: for each layer weight "
      "[fan_out][fan_in], then bias; NaN at the end is ignored",
      "docs/results-format.md, weights_final"},
     true,
     NULL,
     isw_fill_file,
     ISW_START_FILE,
     NULL},
    {{"interpolate",
      {WEIGHTS_PATH, WEIGHTS_DATASET, ISW_COUNT_PARAMETER("from", 0.0, 0.0, LARGEST_ROW, "row of the dataset at t = 0"),
       ISW_COUNT_PARAMETER("to", 1.0, 0.0, LARGEST_ROW, "row of the dataset at t = 1"),
       ISW_REAL_PARAMETER("t", 0.5, -INFINITY, INFINITY, 0, "place on the line")},
      "(1 - t) w_from + t w_to, each as for file",
      "Goodfellow, Vinyals & Saxe 2015, section 3"},
     true,
     NULL,
     isw_fill_interpolate,
     ISW_START_FILE,
     NULL},
    {{"plane",
      {WEIGHTS_PATH, WEIGHTS_DATASET, ISW_COUNT_PARAMETER("network", 0.0, 0.0, LARGEST_ROW, "row of the dataset"),
       ISW_REAL_PARAMETER("x", 0.0, -INFINITY, INFINITY, 0, "place along the first direction"),
       ISW_REAL_PARAMETER("y", 0.0, -INFINITY, INFINITY, 0, "place along the second direction"),
       ISW_WORD_PARAMETER("normalization", plane_normalizations,
                          "filter: the direction's part for each unit has the norm of the unit's weights; layer: for "
                          "each layer; none: normal draws")},
      "w + x d1 + y d2, w as for file and d1, d2 normal draws, normalised; a bias is a unit's weights of its own",
      "Li et al. 2018, section 4"},
     true,
     NULL,
     isw_fill_plane,
     ISW_START_FILE,
     NULL},
};

const struct isw_initializer *isw_initializers(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}

size_t isw_initializer_facts(size_t row, struct isw_fact *fact)
{
  fact[0] = (struct isw_fact){"for_bias", "for biases", table[row].for_bias, true};
  fact[1] = (struct isw_fact){"needs_data", "needs data",
                              (table[row].needs & (ISW_START_TARGETS | ISW_START_INPUTS)) != 0, true};
  return 2;
}

double isw_weight_of_file(const struct isw_choice *init, size_t index)
{
  return table[init->row].fill_from == isw_fill_interpolate ? isw_on_the_line(init, index)
                                                            : init->weights->value[index];
}

const struct isw_weights *isw_weights_of_file(const struct isw_choice *init)
{
  return table[init->row].needs & ISW_START_FILE ? init->weights : NULL;
}

bool isw_initialize(const struct isw_choice *init, const struct isw_start *start, size_t fan_out, size_t fan_in,
                    size_t columns, const struct isw_stream *stream, double *weight)
{
  const struct isw_initializer *row = &table[init->row];
  struct isw_choice choice = *init;
  for (size_t p = 0; p < isw_row_parameters(&row->row); p++) {
    const struct isw_parameter *parameter = &row->row.parameters[p];
    if (parameter->word && choice.value[p].number == parameter->word_number)
      choice.value[p].number = isw_gain(start->activation);
  }
  return row->fill ? row->fill(&choice, fan_out, fan_in, columns, stream, weight)
                   : row->fill_from(&choice, start, fan_out, fan_in, columns, stream, weight);
}
