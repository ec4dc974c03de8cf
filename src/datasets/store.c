/* Complete samples: one block of memory, the process's own or one that the caller provides and other processes read.
 * It begins with a head from which another process knows what the samples are. */
#include <float.h>
#include <stdlib.h>
#include <string.h>
#include "datasets_internal.h"

struct head {
  uint64_t features, kind, targets, classes, train_samples, test_samples, hash;
  uint64_t contents; /* hash of the rest of the block */
};
enum { HEAD_BYTES = 128, ALIGNMENT = 64 };

/* Where the arrays of a block begin, and its size. */
struct layout {
  size_t train_inputs, test_inputs, train_targets, test_targets, bytes;
};

static bool is_float32(const struct isw_data *data)
{
  return data->largest <= (double)FLT_MAX;
}

/* Appends an array to a layout; returns false on overflow. */
static bool add_array(struct layout *layout, size_t samples, size_t columns, size_t number_bytes, size_t *start)
{
  size_t numbers, bytes;
  *start = layout->bytes;
  return isw_multiply(samples, columns, &numbers) && isw_multiply(numbers, number_bytes, &bytes) &&
         !__builtin_add_overflow(layout->bytes, bytes, &layout->bytes) &&
         !__builtin_add_overflow(layout->bytes, (ALIGNMENT - bytes % ALIGNMENT) % ALIGNMENT, &layout->bytes);
}

static bool set_layout(const struct isw_data *data, struct layout *layout)
{
  size_t number_bytes = is_float32(data) ? sizeof(float) : sizeof(double);
  *layout = (struct layout){.bytes = HEAD_BYTES};
  return add_array(layout, data->train_samples, data->features, number_bytes, &layout->train_inputs) &&
         add_array(layout, data->test_samples, data->features, number_bytes, &layout->test_inputs) &&
         add_array(layout, data->train_samples, data->targets, sizeof(double), &layout->train_targets) &&
         add_array(layout, data->test_samples, data->targets, sizeof(double), &layout->test_targets);
}

/* Points the arrays of `data` into its block. */
static void set_arrays(struct isw_data *data, const struct layout *layout)
{
  char *block = data->block;
  void *train = block + layout->train_inputs, *test = data->test_samples ? block + layout->test_inputs : NULL;
  data->train_inputs = is_float32(data) ? NULL : train;
  data->test_inputs = is_float32(data) ? NULL : test;
  data->train_inputs_float32 = is_float32(data) ? train : NULL;
  data->test_inputs_float32 = is_float32(data) ? test : NULL;
  data->train_targets = (double *)(void *)(block + layout->train_targets);
  data->test_targets = data->test_samples ? (double *)(void *)(block + layout->test_targets) : NULL;
}

static uint64_t hash_contents(const struct isw_data *data, const struct layout *layout)
{
  return isw_hash((const char *)data->block + HEAD_BYTES, layout->bytes - HEAD_BYTES, 0);
}

/* Allocates the block. The caller's memory is tried first. */
static bool allocate_block(struct isw_data *data, size_t bytes)
{
  const struct isw_data_memory *memory = data->memory;
  data->block = memory && bytes >= ISW_SHARED_DATA_MIN ? memory->allocate(memory->context, data->key, bytes) : NULL;
  data->block_is_borrowed = data->block != NULL;
  if (!data->block) data->block = isw_allocate(bytes, 1);
  return data->block != NULL;
}

enum isw_status isw_store_begin(struct isw_store *store, struct isw_data *data, struct isw_error *error)
{
  struct layout layout = {0};
  double *targets[2] = {data->train_targets, data->test_targets};
  *store = (struct isw_store){.data = data, .hasher = {isw_hasher_create(), isw_hasher_create()}};
  if (!store->hasher[0] || !store->hasher[1] || !set_layout(data, &layout) || !allocate_block(data, layout.bytes))
    return isw_error_memory(error, layout.bytes, "samples");
  set_arrays(data, &layout);
  memcpy(data->train_targets, targets[0], data->train_samples * data->targets * sizeof(double));
  if (data->test_samples) memcpy(data->test_targets, targets[1], data->test_samples * data->targets * sizeof(double));
  free(targets[0]);
  free(targets[1]);
  return ISW_OK;
}

void isw_store_inputs(struct isw_store *store, bool test, size_t first, size_t rows, const double *values)
{
  const struct isw_data *data = store->data;
  size_t count = rows * data->features, at = first * data->features;
  double *exact = test ? data->test_inputs : data->train_inputs;
  float *rounded = test ? data->test_inputs_float32 : data->train_inputs_float32;
  isw_hasher_add(store->hasher[test], values, count * sizeof *values);
  if (exact) memcpy(exact + at, values, count * sizeof *values);
  for (size_t i = 0; rounded && i < count; i++) rounded[at + i] = (float)values[i];
}

/* The identity of samples is that of their numbers in float64, in any precision. */
static uint64_t hash_samples(const struct isw_store *store)
{
  const struct isw_data *data = store->data;
  uint64_t sizes[] = {data->features, data->kind,          data->targets,
                      data->classes,  data->train_samples, data->test_samples};
  uint64_t parts[5] = {
      isw_hash(sizes, sizeof sizes, 0),
      isw_hasher_value(store->hasher[0]),
      isw_hash(data->train_targets, data->train_samples * data->targets * sizeof(double), 0),
      isw_hasher_value(store->hasher[1]),
      isw_hash(data->test_targets, data->test_samples * data->targets * sizeof(double), 0),
  };
  return isw_hash(parts, sizeof parts, 0);
}

void isw_store_end(struct isw_store *store)
{
  struct isw_data *data = store->data;
  struct layout layout;
  data->hash = hash_samples(store);
  if (!data->block_is_borrowed || !set_layout(data, &layout)) return;
  const struct head head = {data->features,      data->kind,         data->targets, data->classes,
                            data->train_samples, data->test_samples, data->hash,    hash_contents(data, &layout)};
  memcpy(data->block, &head, sizeof head);
}

void isw_store_clear(struct isw_store *store)
{
  isw_hasher_destroy(store->hasher[0]);
  isw_hasher_destroy(store->hasher[1]);
}

enum isw_status isw_data_store(struct isw_data *data, struct isw_error *error)
{
  double *inputs[2] = {data->train_inputs, data->test_inputs};
  struct isw_store store;
  data->making_bytes = (double)(data->train_samples + data->test_samples) * (double)data->features * sizeof(double);
  enum isw_status status = isw_store_begin(&store, data, error);
  if (status == ISW_OK) {
    isw_store_inputs(&store, false, 0, data->train_samples, inputs[0]);
    if (data->test_samples) isw_store_inputs(&store, true, 0, data->test_samples, inputs[1]);
    isw_store_end(&store);
    free(inputs[0]);
    free(inputs[1]);
  }
  isw_store_clear(&store);
  return status;
}

enum isw_status isw_data_find(struct isw_data *data, bool *found, struct isw_error *error)
{
  size_t bytes = 0;
  const void *block = data->memory ? data->memory->find(data->memory->context, data->key, &bytes) : NULL;
  struct layout layout;
  struct head head;
  *found = block != NULL;
  if (!block) return ISW_OK;
  memcpy(&head, block, sizeof head);
  data->features = head.features;
  data->kind = (enum isw_targets)head.kind;
  data->targets = head.targets;
  data->classes = head.classes;
  data->train_samples = head.train_samples;
  data->test_samples = head.test_samples;
  data->hash = head.hash;
  data->block = (void *)(uintptr_t)block;
  data->block_is_borrowed = true;
  if (!set_layout(data, &layout) || layout.bytes > bytes || hash_contents(data, &layout) != head.contents)
    return isw_error_set(error, ISW_FAILED,
                         "the samples in shared memory are not those that another process put there");
  set_arrays(data, &layout);
  return ISW_OK;
}
