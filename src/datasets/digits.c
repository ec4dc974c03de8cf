/* UCI digits: 1797 images of 8x8, the test part of Optical Recognition of Handwritten Digits (Alpaydin & Kaynak 1998),
 * in the IDX format (big-endian: 0, 0, type 8 for bytes, number of dimensions, each dimension's size in 4 bytes, then
 * bytes). Pixels 0..16 become 0..1. The split is a plain random one, not stratified: each class's share varies by
 * chance.
 * Parameters: test_fraction, standardize, label_noise, balance. */
#include <stdlib.h>
#include <string.h>
#include "datasets_internal.h"

enum { IMAGES = 1797, PIXELS = 64, CLASSES = 10 };

static const unsigned char image_head[16] = {0, 0, 8, 3, 0, 0, 7, 5, 0, 0, 0, 8, 0, 0, 0, 8};
static const unsigned char label_head[8] = {0, 0, 8, 1, 0, 0, 7, 5};

/* Reads a shipped file and checks its hash. *bytes is released by free(). */
static enum isw_status read_idx(const char *name, const unsigned char *head, size_t head_length, size_t length,
                                uint64_t hash, char **bytes, struct isw_error *error)
{
  struct isw_text path = {0};
  size_t got = 0;
  enum isw_status status = isw_shipped_file(name, &path, error);
  if (status == ISW_OK) status = isw_file_read(path.bytes, (size_t)1 << 20, ISW_REGULAR_FILE, bytes, &got, error);
  if (status == ISW_OK &&
      (got != head_length + length || memcmp(*bytes, head, head_length) != 0 || isw_hash(*bytes, got, 0) != hash))
    status = isw_error_set(error, ISW_BAD_INPUT, "%s is damaged: its %zu bytes are not those of UCI digits", path.bytes,
                           got);
  isw_text_clear(&path);
  return status;
}

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  (void)folder;
  char *images = NULL, *labels = NULL;
  enum isw_status status = read_idx("digits/images-idx3-ubyte", image_head, sizeof image_head, IMAGES * PIXELS,
                                    UINT64_C(0xc8d97d9e51a3d322), &images, error);
  if (status == ISW_OK)
    status = read_idx("digits/labels-idx1-ubyte", label_head, sizeof label_head, IMAGES, UINT64_C(0x1e34ee71f5303005),
                      &labels, error);
  data->features = PIXELS;
  data->kind = ISW_TARGETS_CLASSES;
  data->targets = 1;
  data->classes = CLASSES;
  if (status == ISW_OK) status = isw_data_allocate(data, IMAGES, error);
  if (status == ISW_OK) {
    for (size_t i = 0; i < IMAGES * PIXELS; i++)
      data->train_inputs[i] = (double)(unsigned char)images[sizeof image_head + i] / 16.0;
    for (size_t i = 0; i < IMAGES; i++) data->train_targets[i] = (double)(unsigned char)labels[sizeof label_head + i];
    const struct isw_finish finish = {.test_fraction = settings->value[0].number,
                                      .standardize = (enum isw_standardize)settings->value[1].number,
                                      .label_noise = settings->value[2].number,
                                      .balance = settings->value[3].number == 1.0};
    status = isw_data_finish(data, seed, &finish, error);
  }
  free(images);
  free(labels);
  return status;
}

const struct isw_dataset isw_dataset_digits = {
    .row = {"digits",
            {ISW_TEST_FRACTION(0.2), ISW_STANDARDIZE_INPUTS, ISW_LABEL_NOISE, ISW_BALANCE},
            "1797 images of 8x8 pixels in 0..1, labels 0..9; the split is not stratified",
            "Alpaydin & Kaynak 1998, UCI Optical Recognition of Handwritten Digits, doi:10.24432/C50P49, CC BY 4.0"},
    .load = load,
};
