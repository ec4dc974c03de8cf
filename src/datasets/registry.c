#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "datasets_internal.h"

static const char *const encodings[] = {"01", "pm1", NULL};
static const char *const teachers[] = {"linear", "tanh", "deep_linear", NULL};
static const char *const balances[] = {"none", "subsample", NULL};
static const char *const mean_directions[] = {"random", "opposite", NULL};
static const char *const standards[] = {"none", "features", NULL};
static const char *const standards_all[] = {"none", "features", "all", NULL};
static const char *const target_kinds[] = {"values", "binary", "classes", NULL};
static const char *const delimiters[] = {"comma", "semicolon", "tab", NULL};
static const char *const headers[] = {"auto", "present", "absent", NULL};

#define COUNT(parameter, standard, lowest, highest, clause)                                                            \
  {                                                                                                                    \
    .name = parameter, .type = ISW_COUNT, .initial = standard, .low = lowest, .high = highest, .about = clause         \
  }
#define NUMBER(parameter, standard, lowest, highest, clause)                                                           \
  {                                                                                                                    \
    .name = parameter, .type = ISW_REAL, .initial = standard, .low = lowest, .high = highest, .about = clause          \
  }
#define WORD(parameter, list, clause)                                                                                  \
  {                                                                                                                    \
    .name = parameter, .type = ISW_WORD, .words = list, .about = clause                                                \
  }
#define TEXT(parameter, standard, clause)                                                                              \
  {                                                                                                                    \
    .name = parameter, .type = ISW_TEXT, .initial_text = standard, .about = clause                                     \
  }
#define PATH(parameter, standard, clause)                                                                              \
  {                                                                                                                    \
    .name = parameter, .type = ISW_TEXT, .initial_text = standard, .about = clause, .is_path = true                    \
  }
#define ENCODING WORD("encoding", encodings, "inputs 0 and 1, or -1 and +1")
#define TEST_FRACTION(standard)                                                                                        \
  {                                                                                                                    \
    .name = "test_fraction", .type = ISW_REAL, .initial = standard, .low = 0.0, .high = 1.0, .high_open = true,        \
    .about = "share of the samples that is drawn, by the seed, as the test set"                                        \
  }
#define STANDARDIZE                                                                                                    \
  WORD("standardize", standards, "features: mean 0 and variance 1 over the training set, constant columns centred")
#define LABEL_NOISE                                                                                                    \
  NUMBER("label_noise", 0.0, 0.0, 1.0,                                                                                 \
         "share of the training labels that are drawn anew, uniformly from all classes; 1: random labels")
#define BALANCE                                                                                                        \
  WORD("balance", balances,                                                                                            \
       "subsample: of every class as many training samples, drawn by the seed, as the smallest has; before label "     \
       "noise")
#define STANDARDIZE_ALL                                                                                                \
  WORD("standardize", standards_all,                                                                                   \
       "features: mean 0 and variance 1 over the training set, constant columns centred; all: targets that are "       \
       "values too")
#define TEST_FRACTION_UNLESS_FILES                                                                                     \
  {                                                                                                                    \
    .name = "test_fraction", .type = ISW_REAL, .initial = 0.2, .low = 0.0, .high = 1.0, .high_open = true,             \
    .about = "share of the samples that is drawn, by the seed, as the test set; not where test files are named"        \
  }
#define ARRAY_KIND(standard)                                                                                           \
  {                                                                                                                    \
    .name = "kind", .type = ISW_WORD, .initial = standard, .words = target_kinds,                                      \
    .about = "targets: numbers, one column of 0 and 1, or one column of class labels from 0"                           \
  }
#define PLANE_SAMPLES COUNT("samples", 200, 2, 1e8, "samples of both classes, test set included")
#define PLANE_NOISE NUMBER("noise", 0.1, 0.0, 1e6, "standard deviation added to both features")
#define ARRAYS(kind)                                                                                                   \
  PATH("inputs", NULL, "file of the inputs, samples first; a relative path starts at the sweep file's folder"),        \
      PATH("targets", NULL, "file of the targets, as many samples"), kind,                                             \
      PATH("test_inputs", "", "file of the test set's inputs"), PATH("test_targets", "", "file of its targets"),       \
      TEST_FRACTION_UNLESS_FILES, STANDARDIZE_ALL, LABEL_NOISE, BALANCE

static const struct isw_dataset table[] = {
    {{"xor", {ENCODING}, "samples (0,0), (0,1), (1,0), (1,1); targets 0, 1, 1, 0", "Minsky & Papert 1969"},
     isw_load_xor},
    {{"parity",
      {COUNT("bits", 4, 1, 16, "features"), ENCODING, TEST_FRACTION(0.0),
       COUNT("order", 0, 0, 16, "features that count, the first so many; 0: all")},
      "all 2^bits inputs in counting order; target 1 where the number of ones among the first `order` features is odd",
      "Minsky & Papert 1969"},
     isw_load_parity},
    {{"spirals",
      {COUNT("samples", 200, 2, 1e8, "samples of both arms, test set included"),
       NUMBER("noise", 0.02, 0.0, 1e6, "standard deviation added to both features; the spiral's radius is 1"),
       NUMBER("turns", 1.75, 0.0, 1e3, "turns of an arm"), TEST_FRACTION(0.2), STANDARDIZE, LABEL_NOISE},
      "sample i on arm c = i mod 2, its target, at r = (floor(i/2) + 1) / ceil(samples/2), angle = 2 pi turns r + pi "
      "c: "
      "x = (r sin(angle), r cos(angle)) + noise N(0, 1)",
      "after Lang & Witbrock 1988"},
     isw_load_spirals},
    {{"teacher",
      {COUNT("samples", 500, 1, 1e8, "samples, test set included"), COUNT("features", 8, 1, 1e6, "columns of an input"),
       COUNT("outputs", 1, 1, 1e5, "columns of a target"), WORD("kind", teachers, "the teacher's form"),
       COUNT("hidden", 4, 1, 1e6, "hidden units of a tanh or deep_linear teacher"),
       NUMBER("noise", 0.0, 0.0, 1e6, "standard deviation added to the targets"), TEST_FRACTION(0.2)},
      "x ~ N(0, 1); linear: y = W x + noise N(0, 1), W ~ N(0, 1/features); tanh: y = W tanh(V x) + noise N(0, 1), "
      "V ~ N(0, 1/features), W ~ N(0, 1/hidden); deep_linear: y = W V x + noise N(0, 1)",
      "Gardner & Derrida 1989"},
     isw_load_teacher},
    {{"csv",
      {PATH("path", NULL, "the file; a relative path starts at the sweep file's folder"),
       TEXT("target", "last", "target column: name, number from 1, or 'last'; several are separated by commas"),
       WORD("kind", target_kinds, "targets: numbers, one column of 0 and 1, or one column of class labels"),
       WORD("header", headers, "first line: names; auto: names where none of its fields is a number"),
       WORD("delimiter", delimiters, "between fields"), TEST_FRACTION(0.2), STANDARDIZE_ALL, LABEL_NOISE, BALANCE},
      "one sample a line, numbers; class labels are numbered in ascending order (text: by its bytes)",
      "RFC 4180"},
     isw_load_csv},
    {{"digits",
      {TEST_FRACTION(0.2), STANDARDIZE, LABEL_NOISE, BALANCE},
      "1797 images of 8x8 pixels in 0..1, labels 0..9; the split is not stratified",
      "Alpaydin & Kaynak 1998, UCI Optical Recognition of Handwritten Digits, doi:10.24432/C50P49, CC BY 4.0"},
     isw_load_digits},
    {{"moons",
      {PLANE_SAMPLES, PLANE_NOISE, TEST_FRACTION(0.2), STANDARDIZE, LABEL_NOISE},
      "sample i of class c = i mod 2, its target, at t = 0 .. pi in even steps: (cos t, sin t), or (1 - cos t, 1/2 - "
      "sin "
      "t); + noise N(0, 1)",
      "sklearn.datasets.make_moons"},
     isw_load_moons},
    {{"circles",
      {PLANE_SAMPLES, PLANE_NOISE,
       NUMBER("factor", 0.8, 0.0, 1.0, "radius of the circle of target 1; that of target 0 is 1"), TEST_FRACTION(0.2),
       STANDARDIZE, LABEL_NOISE},
      "sample i of class c = i mod 2, its target, evenly spaced on a circle of radius 1, or factor; + noise N(0, 1)",
      "sklearn.datasets.make_circles"},
     isw_load_circles},
    {{"checkerboard",
      {PLANE_SAMPLES, NUMBER("noise", 0.0, 0.0, 1e6, "standard deviation added to both features"),
       COUNT("cells", 4, 1, 1000, "squares along a side"), TEST_FRACTION(0.2), STANDARDIZE, LABEL_NOISE},
      "x uniform on [-1, 1)^2; target (floor(cells (x_1 + 1) / 2) + floor(cells (x_2 + 1) / 2)) mod 2; + noise N(0, 1)",
      ""},
     isw_load_checkerboard},
    {{"gaussian_mixture",
      {COUNT("samples", 500, 2, 1e8, "samples, test set included"), COUNT("features", 8, 1, 1e6, "columns of an input"),
       COUNT("classes", 2, 2, 10000, "classes; two are binary targets"),
       NUMBER("separation", 2.0, 0.0, 1e6, "distance of each class's mean from 0"),
       NUMBER("correlation", 0.0, 0.0, 1.0, "of every two features within a class"), TEST_FRACTION(0.2), STANDARDIZE,
       LABEL_NOISE, WORD("means", mean_directions, "opposite: those of classes 2p and 2p + 1 are m and -m")},
      "sample i of class c = i mod classes: x = m_c + sqrt(1 - correlation) N(0, 1) + sqrt(correlation) u, u ~ N(0, 1) "
      "one a sample, m_c of length separation in a random direction; of two classes with opposite means the "
      "correlation "
      "C = mean (t - mean t) x^T of targets 0, 1 has the length separation / 2 in expectation",
      ""},
     isw_load_gaussian_mixture},
    {{"linear_teacher",
      {COUNT("samples", 100, 2, 1e7, "training samples, more than features; there is no test set"),
       COUNT("features", 8, 1, 1e5, "columns of an input"), COUNT("outputs", 4, 1, 1e5, "columns of a target"),
       TEXT("singular_values", "3, 2, 1", "of the correlation of targets and inputs, separated by commas")},
      "inputs with mean 0 and covariance 1 exactly; y = U S V^T x, U and V random with orthonormal columns, S given",
      "Saxe, McClelland & Ganguli 2014, section 1.1"},
     isw_load_linear_teacher},
    {{"idx",
      {ARRAYS(ARRAY_KIND(2))},
      "MNIST's format, gzipped or not: big-endian arrays of any dimensions; bytes of inputs become x / 255",
      "LeCun, Cortes & Burges, The MNIST database"},
     isw_load_idx},
    {{"npy",
      {ARRAYS(ARRAY_KIND(0))},
      "NumPy's .npy: arrays in C order of f4, f8, i1, i2, i4, i8, u1, u2, u4, b1",
      "numpy.lib.format"},
     isw_load_npy},
    {{"hdf5",
      {PATH("path", NULL, "an HDF5 file; a relative path starts at the sweep file's folder"),
       TEXT("inputs", "inputs", "its dataset of the inputs, samples first, with its groups"),
       TEXT("targets", "targets", "dataset of the targets, as many samples"), ARRAY_KIND(0),
       TEXT("test_inputs", "", "dataset of the test set's inputs"), TEXT("test_targets", "", "dataset of its targets"),
       TEST_FRACTION_UNLESS_FILES, STANDARDIZE_ALL, LABEL_NOISE, BALANCE},
      "arrays of integers or floating-point numbers of any dimensions, taken as they are",
      "The HDF Group, HDF5; h5py writes it"},
     isw_load_hdf5},
};

const struct isw_dataset *isw_datasets(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}

void isw_data_destroy(struct isw_data *data)
{
  free(data->train_inputs);
  free(data->train_targets);
  free(data->test_inputs);
  free(data->test_targets);
  *data = (struct isw_data){0};
}

static enum isw_status check_finite(const char *what, size_t samples, size_t columns, const double *values,
                                    struct isw_error *error)
{
  for (size_t i = 0; i < samples * columns; i++)
    if (!isfinite(values[i]))
      return isw_error_set(error, ISW_BAD_INPUT, "%s of sample %zu, column %zu: %g is not finite", what,
                           i / columns + 1, i % columns + 1, values[i]);
  return ISW_OK;
}

static enum isw_status check_labels(const char *what, size_t samples, size_t classes, const double *labels,
                                    struct isw_error *error)
{
  for (size_t s = 0; s < samples; s++)
    if (!(labels[s] >= 0.0 && labels[s] < (double)classes && floor(labels[s]) == labels[s]))
      return isw_error_set(error, ISW_BAD_INPUT, "%s of sample %zu: label %g is not one of 0..%zu", what, s + 1,
                           labels[s], classes - 1);
  return ISW_OK;
}

static enum isw_status check_set(const struct isw_data *data, const char *inputs, const char *targets, size_t samples,
                                 const double *x, const double *t, struct isw_error *error)
{
  enum isw_status status = check_finite(inputs, samples, data->features, x, error);
  if (status == ISW_OK) status = check_finite(targets, samples, data->targets, t, error);
  if (status == ISW_OK && data->kind != ISW_TARGETS_VALUES)
    status = check_labels(targets, samples, data->classes, t, error);
  return status;
}

static enum isw_status check(const struct isw_data *data, struct isw_error *error)
{
  if (data->train_samples == 0) return isw_error_set(error, ISW_BAD_INPUT, "there is no training sample");
  if (data->features == 0) return isw_error_set(error, ISW_BAD_INPUT, "there is no feature");
  enum isw_status status = check_set(data, "training input", "training target", data->train_samples, data->train_inputs,
                                     data->train_targets, error);
  if (status == ISW_OK && data->test_samples)
    status =
        check_set(data, "test input", "test target", data->test_samples, data->test_inputs, data->test_targets, error);
  return status;
}

static uint64_t hash(const struct isw_data *data)
{
  uint64_t sizes[] = {data->features, data->kind,          data->targets,
                      data->classes,  data->train_samples, data->test_samples};
  uint64_t parts[5] = {
      isw_hash(sizes, sizeof sizes, 0),
      isw_hash(data->train_inputs, data->train_samples * data->features * sizeof(double), 0),
      isw_hash(data->train_targets, data->train_samples * data->targets * sizeof(double), 0),
      isw_hash(data->test_inputs, data->test_samples * data->features * sizeof(double), 0),
      isw_hash(data->test_targets, data->test_samples * data->targets * sizeof(double), 0),
  };
  return isw_hash(parts, sizeof parts, 0);
}

/* Absolute, or with a step up somewhere. Where a link leads is not looked at. */
static bool leaves_folder(const char *path)
{
  if (path[0] == '/') return true;
  for (const char *part = path; part; part = strchr(part, '/')) {
    part += *part == '/';
    if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) return true;
  }
  return false;
}

enum isw_status isw_dataset_load(const struct isw_choice *choice, uint64_t seed, const char *folder,
                                 struct isw_data *data, struct isw_error *error)
{
  *data = (struct isw_data){0};
  enum isw_status status = table[choice->row].load(choice, seed, folder, data, error);
  if (status == ISW_OK) status = check(data, error);
  if (status != ISW_OK) return status;
  data->hash = hash(data);
  const struct isw_row *row = &table[choice->row].row;
  for (size_t p = 0; p < isw_row_parameters(row); p++)
    if (row->parameters[p].is_path && leaves_folder(choice->value[p].text)) data->outside = choice->value[p].text;
  return ISW_OK;
}
