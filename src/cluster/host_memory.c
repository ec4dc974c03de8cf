/* Memory that the ranks of a host share: the first rank of the host fills it while the others wait, and all read it.
 *
 * MPI_Win_allocate_shared maps a file of a folder that depends on the library (Open MPI 4: /dev/shm, else the session's
 * folder; Open MPI 5 and MPICH: /dev/shm), which is a file system of limited size: 1 MB in some containers. A page that
 * does not fit is a SIGBUS when it is touched. A small window, created first, shows where the files are
 * (/proc/self/maps), so that the free space is known before the large one is created, and its pages are requested from
 * the kernel in a way that returns an error. Where that fails, each rank keeps a copy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "cluster_internal.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum { BLOCKS_MAX = 256 }; /* MPICH has 2048 communicators in all, and each window takes one */
enum { PROBE_BYTES = 4096 };

struct block {
  MPI_Win window;
  uint64_t key, bytes;
  void *start;
};
struct isw_host_memory {
  MPI_Comm host; /* the ranks that can share memory */
  int rank, size;
  struct block block[BLOCKS_MAX];
  size_t blocks;
  bool filling;           /* the first rank's work is under way */
  bool probed;            /* `free` is known */
  double free;            /* bytes that the files of windows may take */
  struct isw_text reason; /* why a block could not be shared; the first rank's */
};

/* What the first rank of a host asks the others to do. */
enum order { ALLOCATE, END };
struct message {
  uint64_t order, bytes, key;
};

static enum isw_status create_host_memory(struct isw_cluster *cluster, struct isw_error *error)
{
  if (cluster->host_memory) return ISW_OK;
  struct isw_host_memory *made = isw_allocate(1, sizeof *made);
  if (!made) return isw_error_memory(error, sizeof *made, "the memory that ranks share");
  MPI_Comm_split_type(cluster->everyone, MPI_COMM_TYPE_SHARED, cluster->rank, MPI_INFO_NULL, &made->host);
  MPI_Comm_set_errhandler(made->host, MPI_ERRORS_RETURN);
  MPI_Comm_rank(made->host, &made->rank);
  MPI_Comm_size(made->host, &made->size);
  cluster->host_memory = made;
  return ISW_OK;
}

void isw_host_memory_destroy(struct isw_host_memory *memory)
{
  if (!memory) return;
  for (size_t i = 0; i < memory->blocks; i++) MPI_Win_free(&memory->block[i].window);
  MPI_Comm_free(&memory->host);
  isw_text_clear(&memory->reason);
  free(memory);
}

/* Returns the minimum over the ranks of the host. */
static bool all_of_host(const struct isw_host_memory *memory, bool good)
{
  int mine = good, all;
  MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, memory->host);
  return all != 0;
}

/* Creates a window whose memory belongs to the first rank. False on every rank if it fails on one; a window that exists
 * on some ranks only cannot be freed. */
static bool create_window(const struct isw_host_memory *memory, size_t bytes, MPI_Win *window, void **start)
{
  MPI_Aint length = memory->rank == 0 ? (MPI_Aint)bytes : 0, got = 0;
  int unit, result;
  void *mine;
  result = MPI_Win_allocate_shared(length, 1, MPI_INFO_NULL, memory->host, &mine, window);
  if (!all_of_host(memory, result == MPI_SUCCESS)) return false;
  result = MPI_Win_shared_query(*window, 0, &got, &unit, start);
  if (all_of_host(memory, result == MPI_SUCCESS && got >= (MPI_Aint)bytes)) return true;
  MPI_Win_free(window);
  return false;
}

/* Finds the path of the file that is mapped at an address: "/dev/shm/x"; "" if it is not a file with a path. */
static void mapped_file(const void *address, char *path, size_t room)
{
  char line[4352];
  FILE *maps = fopen("/proc/self/maps", "r");
  path[0] = '\0';
  while (maps && fgets(line, sizeof line, maps)) {
    char *rest, *file = strchr(line, '/'); /* "start-end mode offset device inode path" */
    uintptr_t start = (uintptr_t)strtoull(line, &rest, 16);
    uintptr_t end = *rest == '-' ? (uintptr_t)strtoull(rest + 1, NULL, 16) : 0;
    if ((uintptr_t)address < start || (uintptr_t)address >= end) continue;
    line[strcspn(line, "\n")] = '\0';
    if (file && strncmp(file, "/SYSV", 5) != 0) snprintf(path, room, "%s", file);
    break;
  }
  if (maps) fclose(maps);
}

/* Bytes that are free for files beside the one that is mapped at an address; INFINITY if that is not known. */
static double free_beside(const void *address)
{
  char path[4096];
  struct statvfs about;
  mapped_file(address, path, sizeof path);
  char *folder = path[0] ? isw_path_folder(path) : NULL;
  bool known = folder && statvfs(folder, &about) == 0;
  free(folder);
  return known ? (double)about.f_bavail * (double)about.f_frsize : (double)__builtin_inf();
}

/* Learns from a small window how much space there is for others. */
static void probe(struct isw_host_memory *memory)
{
  MPI_Win window;
  void *start;
  memory->probed = true;
  memory->free = 0;
  if (!create_window(memory, PROBE_BYTES, &window, &start)) return;
  memory->free = free_beside(start);
  MPI_Win_free(&window);
}

/* Makes the kernel provide all pages of a block: an error here would be a SIGBUS later. A kernel that does not know how
 * (EINVAL) leaves it to the free space that was found. */
static bool provide_pages(void *start, size_t bytes)
{
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = (uintptr_t)start & ~(page - 1);
  size_t length = (uintptr_t)start - first + bytes;
  return madvise((void *)first, length, MADV_POPULATE_WRITE) == 0 || errno == EINVAL;
}

/* Creates a block on all ranks of the host. */
static void *allocate(struct isw_host_memory *memory, uint64_t key, size_t bytes)
{
  enum { ALIGNMENT = 64 };
  struct block *block = &memory->block[memory->blocks];
  void *start;
  if (memory->blocks == BLOCKS_MAX) return NULL;
  if (!memory->probed) probe(memory);
  if (!all_of_host(memory, memory->rank > 0 || (double)bytes <= memory->free)) return NULL;
  if (!create_window(memory, bytes + ALIGNMENT, &block->window, &start)) return NULL;
  uintptr_t address = ((uintptr_t)start + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
  if (!all_of_host(memory, memory->rank > 0 || provide_pages((void *)address, bytes))) {
    MPI_Win_free(&block->window);
    return NULL;
  }
  block->key = key;
  block->bytes = bytes;
  block->start = (void *)address;
  memory->blocks++;
  return block->start;
}

/* Lets no rank write to the blocks any more. The first and last page may hold other things. */
static void make_read_only(const struct isw_host_memory *memory)
{
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (size_t i = 0; i < memory->blocks; i++) {
    uintptr_t start = (uintptr_t)memory->block[i].start, end = (start + memory->block[i].bytes) & ~(page - 1);
    start = (start + page - 1) & ~(page - 1);
    if (start < end) (void)mprotect((void *)start, end - start, PROT_READ); /* a guard only */
  }
}

static void exchange(const struct isw_host_memory *memory, struct message *message)
{
  MPI_Request request;
  MPI_Ibcast(message, sizeof *message, MPI_BYTE, 0, memory->host, &request);
  isw_mpi_wait(&request);
}

void *isw_cluster_host_allocate(struct isw_cluster *cluster, uint64_t key, size_t bytes)
{
  struct isw_host_memory *memory = cluster->host_memory;
  if (!memory || memory->size == 1 || !memory->filling) return NULL;
  struct message message = {.order = ALLOCATE, .bytes = bytes, .key = key};
  exchange(memory, &message);
  void *start = allocate(memory, key, bytes);
  if (!start && !memory->reason.bytes) {
    if (memory->blocks == BLOCKS_MAX)
      isw_text_add(&memory->reason, "there are more than %d of them", BLOCKS_MAX);
    else if ((double)bytes > memory->free)
      isw_text_add(&memory->reason, "shared memory has %.1f MB free (see `df /dev/shm`), and %.1f MB are needed",
                   memory->free / 1e6, (double)bytes / 1e6);
    else
      isw_text_add(&memory->reason, "%s cannot provide %.1f MB of shared memory", isw_cluster_library(),
                   (double)bytes / 1e6);
  }
  return start;
}

const void *isw_cluster_host_find(const struct isw_cluster *cluster, uint64_t key, size_t *bytes)
{
  const struct isw_host_memory *memory = cluster->host_memory;
  if (!memory || memory->rank == 0) return NULL;
  for (size_t i = 0; i < memory->blocks; i++)
    if (memory->block[i].key == key) {
      *bytes = memory->block[i].bytes;
      return memory->block[i].start;
    }
  return NULL;
}

enum isw_status isw_cluster_host_first(struct isw_cluster *cluster,
                                       enum isw_status (*work)(void *context, struct isw_error *error), void *context,
                                       struct isw_error *error)
{
  if (cluster->size == 1) return work(context, error);
  enum isw_status status = isw_cluster_agree(cluster, create_host_memory(cluster, error), error);
  if (status != ISW_OK) return status;
  struct isw_host_memory *memory = cluster->host_memory;
  struct message message = {.order = END};
  if (memory->rank == 0) {
    memory->filling = true;
    status = work(context, error);
    memory->filling = false;
    exchange(memory, &message);
  } else {
    for (exchange(memory, &message); message.order == ALLOCATE; exchange(memory, &message))
      allocate(memory, message.key, message.bytes);
  }
  make_read_only(memory);
  status = isw_cluster_agree(cluster, status, error);
  if (status == ISW_OK && memory->rank > 0) status = work(context, error);
  return isw_cluster_agree(cluster, status, error);
}

double isw_cluster_host_borrowed(const struct isw_cluster *cluster)
{
  const struct isw_host_memory *memory = cluster->host_memory;
  double bytes = 0;
  for (size_t i = 0; memory && memory->rank > 0 && i < memory->blocks; i++) bytes += (double)memory->block[i].bytes;
  return bytes;
}

const char *isw_cluster_host_advice(struct isw_cluster *cluster)
{
  struct isw_host_memory *memory = cluster->host_memory;
  if (cluster->size == 1) return NULL;
  char host[MPI_MAX_PROCESSOR_NAME];
  int mine = memory->reason.bytes ? cluster->rank : cluster->size, first;
  MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, cluster->everyone);
  if (first == cluster->size) return NULL;
  char text[256] = "";
  isw_host_name(host);
  if (cluster->rank == first)
    snprintf(text, sizeof text, "each rank on host %.60s keeps a copy of the data: %.150s", host, memory->reason.bytes);
  MPI_Bcast(text, sizeof text, MPI_CHAR, first, cluster->everyone);
  isw_text_clear(&memory->reason);
  isw_text_add(&memory->reason, "%s", text);
  return cluster->rank == 0 ? memory->reason.bytes : NULL;
}
