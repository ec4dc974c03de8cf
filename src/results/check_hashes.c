/* Computes the hashes of a results file again and compares them with those that it stores. */
#include <stdlib.h>
#include <string.h>
#include "results_internal.h"

enum { BLOCK_BYTES = 16 << 20, LARGEST_BLOCK = 64 << 20 /* the writer's blocks, of whole chunks, are no larger */ };

struct hash_check {
  struct isw_results *results;
  struct isw_hash_report *report;
  struct isw_error *error;
  struct isw_hdf5_guard guard;
  hid_t text;
  char **names; /* [count] of the datasets of the root group */
  size_t count;
  struct isw_dataset_hash *hashes; /* [count] */
  bool memory;                     /* could not be allocated */
};

static enum isw_status no_memory(struct hash_check *c, size_t bytes)
{
  return isw_error_memory(c->error, bytes, "the hashes of a results file");
}

/* ---- values ---- */

/* A dataset that is read in row-major order, a block at a time: rows, or parts of one row if that is too large. */
struct slab {
  hid_t dataset, type, space;
  int rank;
  bool text;
  size_t item;
  hsize_t dims[ISW_RANK_MAX], start[ISW_RANK_MAX], count[ISW_RANK_MAX];
  hsize_t step[2]; /* along the first two dimensions */
};

/* Chooses whole chunks of rows if they are not too large, because a chunk in two blocks would be uncompressed twice. */
static void choose_steps(struct slab *slab)
{
  size_t inner = slab->item, row, chunk_rows;
  hsize_t chunk[ISW_RANK_MAX];
  for (int d = 2; d < slab->rank; d++)
    if (!isw_multiply(inner, slab->dims[d], &inner)) inner = LARGEST_BLOCK;
  if (!isw_multiply(inner, slab->rank > 1 ? slab->dims[1] : 1, &row)) row = LARGEST_BLOCK;
  slab->step[0] = isw_larger(1, BLOCK_BYTES / isw_larger(1, row));
  slab->step[1] = row > BLOCK_BYTES ? isw_larger(1, BLOCK_BYTES / isw_larger(1, inner)) : slab->dims[1];
  hid_t properties = H5Dget_create_plist(slab->dataset);
  if (H5Pget_layout(properties) == H5D_CHUNKED && H5Pget_chunk(properties, slab->rank, chunk) == slab->rank) {
    if (slab->step[0] >= chunk[0])
      slab->step[0] -= slab->step[0] % chunk[0];
    else if (isw_multiply(chunk[0], row, &chunk_rows) && chunk_rows <= LARGEST_BLOCK)
      slab->step[0] = chunk[0];
  }
  H5Pclose(properties);
}

/* Adds the values at start and count. */
static enum isw_status add_block(struct hash_check *c, const struct slab *slab, struct isw_digest *digest,
                                 const char *name)
{
  size_t count = 1, bytes;
  for (int d = 0; d < slab->rank; d++)
    if (!isw_multiply(count, slab->count[d], &count)) return no_memory(c, SIZE_MAX);
  if (count == 0) return ISW_OK;
  void *values = isw_multiply(count, slab->item, &bytes) ? isw_allocate(count, slab->item) : NULL;
  if (!values) return no_memory(c, count);
  isw_hdf5_guard_renew(&c->guard, bytes);
  hid_t memory = H5Screate_simple(slab->rank, slab->count, NULL);
  bool good = H5Sselect_hyperslab(slab->space, H5S_SELECT_SET, slab->start, NULL, slab->count, NULL) >= 0 &&
              H5Dread(slab->dataset, slab->type, memory, slab->space, H5P_DEFAULT, values) >= 0;
  if (good) isw_hash_values(digest, values, count, slab->item, slab->text);
  if (good && slab->text) H5Dvlen_reclaim(slab->type, memory, H5P_DEFAULT, values);
  H5Sclose(memory);
  free(values);
  if (good) return ISW_OK;
  return isw_error_set(c->error, ISW_BAD_INPUT, "%s: the file is damaged: cannot read dataset '%s' from %llu on",
                       c->results->path, name, (unsigned long long)slab->start[0]);
}

static enum isw_status add_values(struct hash_check *c, hid_t dataset, const char *name, struct isw_digest *digest)
{
  hid_t type = H5Dget_type(dataset);
  struct slab slab = {.dataset = dataset, .space = H5Dget_space(dataset), .dims = {1, 1, 1}, .count = {1, 1, 1}};
  struct isw_value_type value = {0};
  slab.rank = isw_hash_type(type, &value) ? H5Sget_simple_extent_ndims(slab.space) : 0;
  slab.text = !value.memory;
  slab.type = slab.text ? c->text : value.memory;
  slab.item = H5Tget_size(slab.type);
  H5Tclose(type);
  enum isw_status status = ISW_OK;
  if (slab.rank < 1 || slab.rank > ISW_RANK_MAX || H5Sget_simple_extent_dims(slab.space, slab.dims, NULL) != slab.rank)
    status = isw_error_set(c->error, ISW_BAD_INPUT, "%s: the file is damaged: cannot read dataset '%s'",
                           c->results->path, name);
  if (status == ISW_OK) choose_steps(&slab);
  for (int d = 2; status == ISW_OK && d < slab.rank; d++) slab.count[d] = slab.dims[d];
  for (slab.start[0] = 0; slab.start[0] < slab.dims[0] && status == ISW_OK; slab.start[0] += slab.step[0]) {
    bool whole_rows = slab.step[1] >= slab.dims[1];
    slab.count[0] = whole_rows ? isw_smaller(slab.step[0], slab.dims[0] - slab.start[0]) : 1;
    if (!whole_rows) slab.step[0] = 1;
    for (slab.start[1] = 0; slab.start[1] < slab.dims[1] && status == ISW_OK; slab.start[1] += slab.step[1]) {
      slab.count[1] = isw_smaller(slab.step[1], slab.dims[1] - slab.start[1]);
      status = add_block(c, &slab, digest, name);
    }
  }
  H5Sclose(slab.space);
  return status;
}

/* ---- datasets ---- */

/* Counts a difference; the first one is described. */
static enum isw_status add_difference(struct hash_check *c, const char *format, const char *name)
{
  if (c->report->differences++ > 0) return ISW_OK;
  return isw_text_add(&c->report->first, format, name) == ISW_OK ? ISW_OK : no_memory(c, strlen(name));
}

static enum isw_status compare_dataset(struct hash_check *c, const char *name, const char *computed, bool *stored)
{
  struct isw_text path = {0};
  if (isw_text_add(&path, "%s/%s", name, isw_dataset_attribute(ISW_ATTRIBUTE_HASH)->name) != ISW_OK)
    return no_memory(c, strlen(name));
  const char *hash = isw_results_attribute(c->results, path.bytes);
  isw_text_clear(&path);
  *stored = hash != NULL;
  if (!hash) return add_difference(c, "dataset '%s' has no hash: it was added after the file was written", name);
  if (strcmp(hash, computed) == 0) return ISW_OK;
  c->report->changed++;
  return add_difference(c, "dataset '%s' or its attributes have changed", name);
}

static enum isw_status check_dataset(struct hash_check *c, size_t index, bool *stored)
{
  const char *name = c->names[index], *path = c->results->path;
  hid_t dataset;
  isw_hdf5_guard_renew(&c->guard, 0);
  enum isw_status status = isw_hdf5_open_dataset(c->results->file, path, name, &dataset, c->error);
  if (status != ISW_OK) return status;
  struct isw_digest *digest = isw_digest_create();
  status = digest ? isw_hash_head(digest, dataset, path, name, c->results->scales, c->error) : no_memory(c, 64);
  if (status == ISW_OK) status = add_values(c, dataset, name, digest);
  if (status == ISW_OK) {
    c->hashes[index].name = name;
    isw_digest_write(digest, c->hashes[index].text);
    status = compare_dataset(c, name, c->hashes[index].text, stored);
  }
  isw_digest_destroy(digest);
  H5Dclose(dataset);
  return status;
}

static enum isw_status check_whole(struct hash_check *c, const char *stored)
{
  struct isw_hash_report *report = c->report;
  enum isw_status status =
      isw_hash_whole(c->results->file, c->results->path, c->hashes, c->count, report->hash, c->error);
  if (status != ISW_OK || report->differences > 0) return status;
  if (!stored) return add_difference(c, "attribute '%s' is missing", isw_root_attribute(ISW_ROOT_HASH)->name);
  if (strcmp(stored, report->hash) == 0) return ISW_OK;
  return add_difference(c, "%s have changed", "attributes of the file, or the list of its datasets,");
}

static herr_t add_name(hid_t root, const char *name, const H5L_info_t *link, void *context)
{
  struct hash_check *c = context;
  if (link->type != H5L_TYPE_HARD || !isw_hdf5_is_dataset(root, name)) return 0;
  char **more = realloc(c->names, (c->count + 1) * sizeof *more);
  if (more) c->names = more;
  char *copy = more ? isw_copy_text(name) : NULL;
  if (copy) c->names[c->count++] = copy;
  c->memory = !copy;
  return copy ? 0 : -1;
}

static int compare_names(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum isw_status check_all(struct hash_check *c)
{
  const char *path = c->results->path;
  const char *whole = isw_results_attribute(c->results, isw_root_attribute(ISW_ROOT_HASH)->name);
  bool any = whole != NULL;
  if (H5Literate(c->results->file, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, add_name, c) < 0)
    return c->memory
               ? no_memory(c, c->count)
               : isw_error_set(c->error, ISW_BAD_INPUT, "%s: the file is damaged: cannot list its datasets", path);
  if (c->count > 0) qsort(c->names, c->count, sizeof *c->names, compare_names);
  c->hashes = isw_allocate(c->count, sizeof *c->hashes);
  if (!c->hashes) return no_memory(c, c->count * sizeof *c->hashes);
  enum isw_status status = ISW_OK;
  for (size_t i = 0; i < c->count && status == ISW_OK; i++) {
    bool stored = false;
    status = check_dataset(c, i, &stored);
    any = any || (status == ISW_OK && stored);
  }
  if (status == ISW_OK && !any)
    return isw_error_set(c->error, ISW_BAD_INPUT,
                         "%s: it stores no hashes: initsweep 0.1.0 wrote none\n"
                         "  `initsweep verify %s` trains networks of it again and compares them",
                         path, path);
  c->report->datasets = c->count;
  return status == ISW_OK ? check_whole(c, whole) : status;
}

enum isw_status isw_results_check_hashes(struct isw_results *results, struct isw_hash_report *report,
                                         struct isw_error *error)
{
  *report = (struct isw_hash_report){0};
  struct hash_check c = {.results = results, .report = report, .error = error};
  isw_hdf5_guard_begin(&c.guard);
  c.text = isw_hdf5_text_type();
  enum isw_status status = check_all(&c);
  H5Tclose(c.text);
  isw_hdf5_guard_end(&c.guard);
  for (size_t i = 0; i < c.count; i++) free(c.names[i]);
  free(c.names);
  free(c.hashes);
  return status;
}

void isw_hash_report_clear(struct isw_hash_report *report)
{
  isw_text_clear(&report->first);
}
