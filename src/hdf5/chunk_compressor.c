/* Cuts a dataset's rows into chunks, shuffles and compresses them in several threads, and passes them on in order, to
 * HDF5 or to another sink, while others are compressed. HDF5's own filter pipeline runs in one thread; any HDF5 reads
 * what this writes. */
#include "initsweep/hdf5_handles.h"
#include <libdeflate.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Numbers are stored little-endian, and copied as they are. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "this machine's numbers are not little-endian");

enum {
  LEVEL = 1,              /* of libdeflate: smaller and twice as fast as zlib's 1 */
  AT_ONCE = 16,           /* chunks per thread whose compressed bytes are in memory */
  SAMPLE_BYTES = 4 << 10, /* of a chunk, compressed to estimate whether the chunk shrinks */
  FILL_AT_ONCE = 4096,    /* bytes; stays in the first-level cache */
  WORTH = 4,              /* with skip_incompressible: the sample must shrink to 1 / WORTH */
  FILTERED = 0,
  PLAIN = 3 /* masks of H5Dwrite_chunk: both filters, neither */
};

struct buffer {
  unsigned char *bytes;
  size_t room;
};

struct chunk {
  struct buffer held;
  size_t size;
  uint32_t mask;
  bool done;
};

/* The data of one thread. */
struct chunk_worker {
  struct libdeflate_compressor *compressor;
  struct buffer scratch; /* a chunk before and after shuffling */
};

struct isw_chunk_compressor {
  size_t threads;
  bool skip_incompressible;
  struct chunk_worker *worker; /* [threads] */
  struct chunk *chunk;         /* [threads * AT_ONCE], used in turn */
};

struct compression {
  struct isw_chunk_compressor *compressor;
  const struct isw_chunk_layout *layout;
  const hsize_t *start, *count;
  const unsigned char *numbers;
  size_t number[ISW_CHUNK_RANK]; /* chunks along each dimension */
  size_t chunk_bytes, all, places;
  pthread_mutex_t mutex; /* protects what follows, and `done` of the chunks */
  pthread_cond_t change;
  size_t workers, next, passed; /* chunks before `next` are taken, those before `passed` are with the sink */
  bool over, memory;
};

struct isw_chunk_compressor *isw_chunk_compressor_create(size_t threads, bool skip_incompressible)
{
  struct isw_chunk_compressor *compressor = isw_allocate(1, sizeof *compressor);
  if (!compressor) return NULL;
  *compressor = (struct isw_chunk_compressor){.threads = threads, .skip_incompressible = skip_incompressible};
  compressor->worker = isw_allocate(threads, sizeof *compressor->worker);
  compressor->chunk = isw_allocate(threads * AT_ONCE, sizeof *compressor->chunk);
  if (compressor->worker && compressor->chunk) return compressor;
  isw_chunk_compressor_destroy(compressor);
  return NULL;
}

void isw_chunk_compressor_destroy(struct isw_chunk_compressor *compressor)
{
  if (!compressor) return;
  for (size_t i = 0; compressor->worker && i < compressor->threads; i++) {
    libdeflate_free_compressor(compressor->worker[i].compressor);
    free(compressor->worker[i].scratch.bytes);
  }
  for (size_t i = 0; compressor->chunk && i < compressor->threads * AT_ONCE; i++) free(compressor->chunk[i].held.bytes);
  free(compressor->worker);
  free(compressor->chunk);
  free(compressor);
}

/* Makes room for a number of bytes and discards the old content; false if memory cannot be allocated. */
static bool make_room(struct buffer *buffer, size_t bytes)
{
  if (bytes <= buffer->room) return true;
  free(buffer->bytes);
  buffer->bytes = malloc(bytes);
  buffer->room = buffer->bytes ? bytes : 0;
  return buffer->bytes != NULL;
}

/* Where chunk `index` begins, and how much of it lies within the dataset. */
static void locate_chunk(const struct compression *p, size_t index, hsize_t *from, hsize_t *part)
{
  const struct isw_chunk_layout *l = p->layout;
  for (unsigned d = l->rank; d-- > 0; index /= p->number[d]) {
    from[d] = p->start[d] + index % p->number[d] * l->chunk[d];
    hsize_t left = p->start[d] + p->count[d] - from[d];
    part[d] = left < l->chunk[d] ? left : l->chunk[d];
  }
  for (unsigned d = l->rank; d < ISW_CHUNK_RANK; d++) from[d] = 0, part[d] = 1;
}

void isw_chunks_fill(void *to, size_t count, size_t item, const void *fill)
{
  size_t bytes = count * item, done = bytes < item ? bytes : item;
  if (fill)
    memcpy(to, fill, done);
  else
    memset(to, 0, done);
  for (size_t more; done < bytes; done += more) {
    more = done < FILL_AT_ONCE ? done : FILL_AT_ONCE;
    if (more > bytes - done) more = bytes - done;
    memcpy((unsigned char *)to + done, to, more);
  }
}

/* Copies a chunk's numbers from the rows; what lies outside the dataset is filled with the fill value. */
static void copy_chunk(const struct compression *p, const hsize_t *from, const hsize_t *part, unsigned char *to)
{
  const struct isw_chunk_layout *l = p->layout;
  hsize_t dim[ISW_CHUNK_RANK] = {l->dims[0], l->rank > 1 ? l->dims[1] : 1, l->rank > 2 ? l->dims[2] : 1};
  hsize_t chunk[ISW_CHUNK_RANK] = {l->chunk[0], l->rank > 1 ? l->chunk[1] : 1, l->rank > 2 ? l->chunk[2] : 1};
  bool whole = true;
  for (unsigned d = 0; d < l->rank; d++) whole = whole && part[d] == chunk[d];
  if (!whole) isw_chunks_fill(to, p->chunk_bytes / l->item, l->item, l->fill);
  bool rows = part[2] == dim[2] && part[2] == chunk[2]; /* lines of a row follow each other in both */
  size_t lines = rows ? 1 : (size_t)part[1], line = (size_t)(rows ? part[1] * part[2] : part[2]) * l->item;
  for (hsize_t i = 0; i < part[0]; i++)
    for (size_t j = 0; j < lines; j++)
      memcpy(to + ((i * chunk[1] + j) * chunk[2]) * l->item,
             p->numbers + (((from[0] - p->start[0] + i) * dim[1] + from[1] + j) * dim[2] + from[2]) * l->item, line);
}

/* HDF5's shuffle filter: byte k of every item before byte k + 1. */
static void shuffle(size_t item, size_t bytes, const unsigned char *restrict from, unsigned char *restrict to)
{
  size_t count = bytes / item;
  if (item == 4) { /* constant strides, which compilers vectorise */
    for (size_t i = 0; i < count; i++) to[i] = from[4 * i];
    for (size_t i = 0; i < count; i++) to[count + i] = from[4 * i + 1];
    for (size_t i = 0; i < count; i++) to[2 * count + i] = from[4 * i + 2];
    for (size_t i = 0; i < count; i++) to[3 * count + i] = from[4 * i + 3];
  } else {
    for (size_t k = 0; k < item; k++)
      for (size_t i = 0; i < count; i++) to[k * count + i] = from[i * item + k];
  }
}

/* Whether a sample from the middle of a chunk shrinks enough. */
static bool shrinks(struct libdeflate_compressor *compressor, size_t item, const unsigned char *bytes, size_t size,
                    unsigned char *scratch)
{
  unsigned char small[SAMPLE_BYTES / WORTH];
  if (size <= SAMPLE_BYTES) return true;
  size_t at = (size - SAMPLE_BYTES) / 2 / item * item;
  shuffle(item, SAMPLE_BYTES, bytes + at, scratch);
  return libdeflate_zlib_compress(compressor, scratch, SAMPLE_BYTES, small, sizeof small) > 0;
}

/* Compresses one chunk; plain and shuffled are scratch of a chunk's size. False if memory cannot be allocated. */
static bool compress_chunk(struct compression *p, struct libdeflate_compressor *compressor, size_t index,
                           unsigned char *plain, unsigned char *shuffled)
{
  const struct isw_chunk_layout *l = p->layout;
  struct chunk *chunk = &p->compressor->chunk[index % p->places];
  hsize_t from[ISW_CHUNK_RANK], part[ISW_CHUNK_RANK];
  locate_chunk(p, index, from, part);
  copy_chunk(p, from, part, plain);
  size_t room = libdeflate_zlib_compress_bound(compressor, p->chunk_bytes);
  if (!make_room(&chunk->held, room)) return false;
  if (p->compressor->skip_incompressible && !shrinks(compressor, l->item, plain, p->chunk_bytes, shuffled)) {
    memcpy(chunk->held.bytes, plain, p->chunk_bytes);
    chunk->size = p->chunk_bytes;
    chunk->mask = PLAIN;
  } else {
    shuffle(l->item, p->chunk_bytes, plain, shuffled);
    chunk->size = libdeflate_zlib_compress(compressor, shuffled, p->chunk_bytes, chunk->held.bytes, room);
    chunk->mask = FILTERED;
  }
  return true;
}

/* Gives the calling thread its data; NULL if memory cannot be allocated. With the mutex. */
static struct chunk_worker *join_work(struct compression *p)
{
  struct chunk_worker *worker = &p->compressor->worker[p->workers++];
  if (!worker->compressor) worker->compressor = libdeflate_alloc_compressor(LEVEL);
  p->memory = p->memory || !worker->compressor || !make_room(&worker->scratch, 2 * p->chunk_bytes);
  return p->memory ? NULL : worker;
}

/* Compresses the next chunk, unless none is left or none has a place. With the mutex, but not while it compresses. */
static bool compress_next(struct compression *p, struct chunk_worker *worker)
{
  if (p->next == p->all || p->next == p->passed + p->places) return false;
  size_t index = p->next++;
  pthread_mutex_unlock(&p->mutex);
  bool good =
      compress_chunk(p, worker->compressor, index, worker->scratch.bytes, worker->scratch.bytes + p->chunk_bytes);
  pthread_mutex_lock(&p->mutex);
  p->memory = p->memory || !good;
  p->compressor->chunk[index % p->places].done = true;
  pthread_cond_broadcast(&p->change);
  return true;
}

static void *run_helper(void *argument)
{
  struct compression *p = argument;
  pthread_mutex_lock(&p->mutex);
  struct chunk_worker *worker = join_work(p);
  while (worker && !p->over && !p->memory && p->next < p->all)
    if (!compress_next(p, worker)) pthread_cond_wait(&p->change, &p->mutex);
  pthread_cond_broadcast(&p->change);
  pthread_mutex_unlock(&p->mutex);
  return NULL;
}

/* Passes all chunks to the sink in order, and compresses while the next one is not ready. False if the sink refuses. */
static bool pass_all(struct compression *p, isw_chunk_sink *sink, void *context)
{
  bool good = true;
  pthread_mutex_lock(&p->mutex);
  struct chunk_worker *worker = join_work(p);
  while (worker && good && !p->memory && p->passed < p->all) {
    struct chunk *chunk = &p->compressor->chunk[p->passed % p->places];
    if (chunk->done) {
      hsize_t from[ISW_CHUNK_RANK], part[ISW_CHUNK_RANK];
      locate_chunk(p, p->passed, from, part);
      chunk->done = false;
      pthread_mutex_unlock(&p->mutex);
      good = sink(context, from, chunk->mask, chunk->held.bytes, chunk->size);
      pthread_mutex_lock(&p->mutex);
      p->passed++;
      pthread_cond_broadcast(&p->change);
    } else if (!compress_next(p, worker)) {
      pthread_cond_wait(&p->change, &p->mutex);
    }
  }
  p->over = true;
  pthread_cond_broadcast(&p->change);
  pthread_mutex_unlock(&p->mutex);
  return good;
}

bool isw_chunks_compress(struct isw_chunk_compressor *compressor, const struct isw_chunk_layout *layout,
                         const hsize_t *start, const hsize_t *count, const void *numbers, isw_chunk_sink *sink,
                         void *context, bool *memory)
{
  struct compression p = {.compressor = compressor,
                          .layout = layout,
                          .start = start,
                          .count = count,
                          .numbers = numbers,
                          .chunk_bytes = layout->item,
                          .all = 1,
                          .places = AT_ONCE * compressor->threads};
  for (unsigned d = 0; d < layout->rank; d++) {
    p.number[d] = count[d] ? (size_t)((count[d] + layout->chunk[d] - 1) / layout->chunk[d]) : 0;
    p.chunk_bytes *= (size_t)layout->chunk[d];
    p.all *= p.number[d];
  }
  pthread_mutex_init(&p.mutex, NULL);
  pthread_cond_init(&p.change, NULL);
  for (size_t i = 0; i < p.places; i++) compressor->chunk[i].done = false;
  size_t wanted = compressor->threads < p.all ? compressor->threads : p.all, helpers = 0;
  pthread_t *helper = wanted > 1 ? malloc((wanted - 1) * sizeof *helper) : NULL;
  while (helper && helpers + 1 < wanted && pthread_create(&helper[helpers], NULL, run_helper, &p) == 0) helpers++;
  bool good = pass_all(&p, sink, context);
  while (helpers > 0) pthread_join(helper[--helpers], NULL);
  free(helper);
  pthread_cond_destroy(&p.change);
  pthread_mutex_destroy(&p.mutex);
  *memory = p.memory;
  return good && !p.memory;
}

static bool write_chunk(void *context, const hsize_t *from, uint32_t mask, const void *bytes, size_t size)
{
  const struct isw_chunk_layout *layout = context;
  return H5Dwrite_chunk(layout->dataset, H5P_DEFAULT, mask, from, size, bytes) >= 0;
}

bool isw_chunks_write(struct isw_chunk_compressor *compressor, const struct isw_chunk_layout *layout,
                      const hsize_t *start, const hsize_t *count, const void *numbers, bool *memory)
{
  struct isw_chunk_layout dataset = *layout;
  return isw_chunks_compress(compressor, layout, start, count, numbers, write_chunk, &dataset, memory);
}
