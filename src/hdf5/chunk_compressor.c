#include "initsweep/hdf5_handles.h"
#include <libdeflate.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Numbers are stored little-endian, and copied as they are. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "this machine's numbers are not little-endian");

enum {
  LEVEL = 1,              /* of libdeflate: smaller and twice as fast as zlib's 1 */
  AT_ONCE = 16,           /* chunks under way a thread: their compressed bytes are held */
  SAMPLE_BYTES = 4 << 10, /* of a chunk, on which it is tried whether it shrinks */
  FILL_AT_ONCE = 4096,    /* bytes, doubled up to it, that stay in the first cache */
  WORTH = 4,              /* a thrifty press wants at most one byte of so many */
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
};

/* A thread's own. */
struct hand {
  struct libdeflate_compressor *compressor;
  struct buffer scratch; /* a chunk as it is, and shuffled */
};

struct chunk_press {
  size_t threads;
  bool thrifty;
  struct hand *hand;   /* [threads] */
  struct chunk *chunk; /* [threads * AT_ONCE] under way */
};

struct pressing {
  struct chunk_press *press;
  const struct chunk_layout *layout;
  const hsize_t *start, *count;
  const unsigned char *numbers;
  size_t number[CHUNK_RANK]; /* chunks along each dimension */
  size_t chunk_bytes, first, some;
  atomic_size_t next, hands;
  atomic_bool memory;
};

struct chunk_press *chunk_press_create(size_t threads, bool thrifty)
{
  struct chunk_press *press = isw_allocate(1, sizeof *press);
  if (!press) return NULL;
  *press = (struct chunk_press){.threads = threads, .thrifty = thrifty};
  press->hand = isw_allocate(threads, sizeof *press->hand);
  press->chunk = isw_allocate(threads * AT_ONCE, sizeof *press->chunk);
  if (press->hand && press->chunk) return press;
  chunk_press_destroy(press);
  return NULL;
}

void chunk_press_destroy(struct chunk_press *press)
{
  if (!press) return;
  for (size_t i = 0; press->hand && i < press->threads; i++) {
    libdeflate_free_compressor(press->hand[i].compressor);
    free(press->hand[i].scratch.bytes);
  }
  for (size_t i = 0; press->chunk && i < press->threads * AT_ONCE; i++) free(press->chunk[i].held.bytes);
  free(press->hand);
  free(press->chunk);
  free(press);
}

/* Room for so many bytes, whose old content is lost; false where memory ran out. */
static bool hold(struct buffer *buffer, size_t bytes)
{
  if (bytes <= buffer->room) return true;
  free(buffer->bytes);
  buffer->bytes = malloc(bytes);
  buffer->room = buffer->bytes ? bytes : 0;
  return buffer->bytes != NULL;
}

/* Where chunk `index` begins, and how much of it the dataset has. */
static void place(const struct pressing *p, size_t index, hsize_t *from, hsize_t *part)
{
  const struct chunk_layout *l = p->layout;
  for (unsigned d = l->rank; d-- > 0; index /= p->number[d]) {
    from[d] = p->start[d] + index % p->number[d] * l->chunk[d];
    hsize_t left = p->start[d] + p->count[d] - from[d];
    part[d] = left < l->chunk[d] ? left : l->chunk[d];
  }
  for (unsigned d = l->rank; d < CHUNK_RANK; d++) from[d] = 0, part[d] = 1;
}

void chunks_fill(void *to, size_t count, size_t item, const void *fill)
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

/* Copies a chunk's numbers out of the rows; what lies past the dataset's edges is fill. */
static void cut(const struct pressing *p, const hsize_t *from, const hsize_t *part, unsigned char *to)
{
  const struct chunk_layout *l = p->layout;
  hsize_t dim[CHUNK_RANK] = {l->dims[0], l->rank > 1 ? l->dims[1] : 1, l->rank > 2 ? l->dims[2] : 1};
  hsize_t chunk[CHUNK_RANK] = {l->chunk[0], l->rank > 1 ? l->chunk[1] : 1, l->rank > 2 ? l->chunk[2] : 1};
  bool whole = true;
  for (unsigned d = 0; d < l->rank; d++) whole = whole && part[d] == chunk[d];
  if (!whole) chunks_fill(to, p->chunk_bytes / l->item, l->item, l->fill);
  bool rows = part[2] == dim[2] && part[2] == chunk[2]; /* lines of a row follow each other in both */
  size_t lines = rows ? 1 : (size_t)part[1], line = (size_t)(rows ? part[1] * part[2] : part[2]) * l->item;
  for (hsize_t i = 0; i < part[0]; i++)
    for (size_t j = 0; j < lines; j++)
      memcpy(to + ((i * chunk[1] + j) * chunk[2]) * l->item,
             p->numbers + (((from[0] - p->start[0] + i) * dim[1] + from[1] + j) * dim[2] + from[2]) * l->item, line);
}

/* Byte k of every item before byte k + 1: HDF5's shuffle. */
static void shuffle(size_t item, size_t bytes, const unsigned char *restrict from, unsigned char *restrict to)
{
  size_t count = bytes / item;
  if (item == 4) { /* fixed strides, which the compiler knows how to vectorise */
    for (size_t i = 0; i < count; i++) to[i] = from[4 * i];
    for (size_t i = 0; i < count; i++) to[count + i] = from[4 * i + 1];
    for (size_t i = 0; i < count; i++) to[2 * count + i] = from[4 * i + 2];
    for (size_t i = 0; i < count; i++) to[3 * count + i] = from[4 * i + 3];
  } else {
    for (size_t k = 0; k < item; k++)
      for (size_t i = 0; i < count; i++) to[k * count + i] = from[i * item + k];
  }
}

/* Whether a piece from the middle of a chunk shrinks enough. */
static bool shrinks(struct libdeflate_compressor *compressor, size_t item, const unsigned char *bytes, size_t size,
                    unsigned char *scratch)
{
  unsigned char small[SAMPLE_BYTES / WORTH];
  if (size <= SAMPLE_BYTES) return true;
  size_t at = (size - SAMPLE_BYTES) / 2 / item * item;
  shuffle(item, SAMPLE_BYTES, bytes + at, scratch);
  return libdeflate_zlib_compress(compressor, scratch, SAMPLE_BYTES, small, sizeof small) > 0;
}

/* Makes one chunk; plain and shuffled are scratch of a chunk's size. False where memory ran out. */
static bool make(struct pressing *p, struct libdeflate_compressor *compressor, size_t index, unsigned char *plain,
                 unsigned char *shuffled)
{
  const struct chunk_layout *l = p->layout;
  struct chunk *chunk = &p->press->chunk[index - p->first];
  hsize_t from[CHUNK_RANK], part[CHUNK_RANK];
  place(p, index, from, part);
  cut(p, from, part, plain);
  size_t room = libdeflate_zlib_compress_bound(compressor, p->chunk_bytes);
  if (!hold(&chunk->held, room)) return false;
  if (p->press->thrifty && !shrinks(compressor, l->item, plain, p->chunk_bytes, shuffled)) {
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

static void *work(void *argument)
{
  struct pressing *p = argument;
  struct hand *hand = &p->press->hand[atomic_fetch_add(&p->hands, 1)];
  if (!hand->compressor) hand->compressor = libdeflate_alloc_compressor(LEVEL);
  bool good = hand->compressor && hold(&hand->scratch, 2 * p->chunk_bytes);
  for (size_t i; good && (i = atomic_fetch_add(&p->next, 1)) < p->first + p->some;)
    good = make(p, hand->compressor, i, hand->scratch.bytes, hand->scratch.bytes + p->chunk_bytes);
  if (!good) atomic_store(&p->memory, true);
  return NULL;
}

/* Presses the chunks from `first`, with as many threads as the system gives. */
static void press_some(struct pressing *p)
{
  size_t wanted = p->press->threads < p->some ? p->press->threads : p->some, helpers = 0;
  pthread_t *helper = wanted > 1 ? malloc((wanted - 1) * sizeof *helper) : NULL;
  atomic_store(&p->next, p->first);
  atomic_store(&p->hands, 0);
  while (helper && helpers + 1 < wanted && pthread_create(&helper[helpers], NULL, work, p) == 0) helpers++;
  work(p);
  while (helpers > 0) pthread_join(helper[--helpers], NULL);
  free(helper);
}

bool chunks_write(struct chunk_press *press, const struct chunk_layout *layout, const hsize_t *start,
                  const hsize_t *count, const void *numbers, bool *memory)
{
  struct pressing p = {.press = press,
                       .layout = layout,
                       .start = start,
                       .count = count,
                       .numbers = numbers,
                       .chunk_bytes = layout->item};
  size_t all = 1, most = AT_ONCE * press->threads;
  for (unsigned d = 0; d < layout->rank; d++) {
    p.number[d] = count[d] ? (size_t)((count[d] + layout->chunk[d] - 1) / layout->chunk[d]) : 0;
    p.chunk_bytes *= (size_t)layout->chunk[d];
    all *= p.number[d];
  }
  bool good = true;
  *memory = false;
  for (; good && p.first < all; p.first += p.some) {
    p.some = all - p.first < most ? all - p.first : most;
    press_some(&p);
    *memory = atomic_load(&p.memory);
    good = !*memory;
    for (size_t i = 0; i < p.some && good; i++) {
      hsize_t from[CHUNK_RANK], part[CHUNK_RANK];
      place(&p, p.first + i, from, part);
      const struct chunk *chunk = &press->chunk[i];
      good = H5Dwrite_chunk(layout->dataset, H5P_DEFAULT, chunk->mask, from, chunk->size, chunk->held.bytes) >= 0;
    }
  }
  return good;
}
