/* The file driver that defers write errors: after the first write that fails it keeps the rest in memory and reports
 * success, so that HDF5 can close the file. Otherwise it writes as HDF5's own driver "sec2" does. */
#include "initsweep/hdf5_handles.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

/* A write that failed or came after one that failed. */
struct deferred_write {
  struct deferred_write *next;
  haddr_t address;
  size_t size;
  unsigned char bytes[];
};

struct file {
  H5FD_t base; /* HDF5 casts to this, which must be the first member */
  int fd;
  haddr_t eoa, eof;
  dev_t device;
  ino_t inode;
  int *problem;
  struct deferred_write *first, **last;
};

/* What the access list carries to the driver. */
struct info {
  int *problem;
};

static H5FD_t *file_open(const char *name, unsigned flags, hid_t access, haddr_t most)
{
  (void)most;
  const struct info *info = H5Pget_driver_info(access);
  struct file *file = calloc(1, sizeof *file);
  if (!info || !file) {
    free(file);
    return NULL;
  }
  int how = (flags & H5F_ACC_RDWR ? O_RDWR : O_RDONLY) | (flags & H5F_ACC_TRUNC ? O_TRUNC : 0) |
            (flags & H5F_ACC_CREAT ? O_CREAT : 0) | (flags & H5F_ACC_EXCL ? O_EXCL : 0) | O_CLOEXEC;
  struct stat about;
  file->fd = open(name, how, 0666);
  if (file->fd < 0 || fstat(file->fd, &about) != 0) {
    if (flags & H5F_ACC_CREAT && !*info->problem)
      *info->problem = errno; /* without H5F_ACC_CREAT HDF5 only tries whether the file exists */
    if (file->fd >= 0) close(file->fd);
    free(file);
    return NULL;
  }
  file->device = about.st_dev;
  file->inode = about.st_ino;
  file->eof = (haddr_t)about.st_size;
  file->problem = info->problem;
  file->last = &file->first;
  return &file->base;
}

static herr_t file_close(H5FD_t *base)
{
  struct file *file = (struct file *)base;
  for (struct deferred_write *write = file->first, *next; write; write = next) {
    next = write->next;
    free(write);
  }
  if (close(file->fd) != 0 && errno != EINTR && !*file->problem) *file->problem = errno;
  free(file);
  return 0;
}

static int file_compare(const H5FD_t *a, const H5FD_t *b)
{
  const struct file *one = (const struct file *)a, *other = (const struct file *)b;
  if (one->device != other->device) return one->device < other->device ? -1 : 1;
  if (one->inode != other->inode) return one->inode < other->inode ? -1 : 1;
  return 0;
}

static herr_t file_query(const H5FD_t *base, unsigned long *flags)
{
  (void)base;
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

static haddr_t file_eoa(const H5FD_t *base, H5FD_mem_t type)
{
  (void)type;
  return ((const struct file *)base)->eoa;
}

static herr_t file_set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t address)
{
  (void)type;
  ((struct file *)base)->eoa = address;
  return 0;
}

static haddr_t file_eof(const H5FD_t *base, H5FD_mem_t type)
{
  (void)type;
  return ((const struct file *)base)->eof;
}

static void defer_write(struct file *file, haddr_t address, size_t size, const void *bytes)
{
  struct deferred_write *write = malloc(sizeof *write + size);
  if (!write) return; /* the caller discards the file in any case */
  write->next = NULL;
  write->address = address;
  write->size = size;
  memcpy(write->bytes, bytes, size);
  *file->last = write;
  file->last = &write->next;
}

static herr_t file_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, void *bytes)
{
  (void)type, (void)transfer;
  const struct file *file = (const struct file *)base;
  unsigned char *to = bytes;
  size_t got;
  if (!isw_read_at(file->fd, to, size, address, &got)) return -1;
  memset(to + got, 0, size - got); /* HDF5 reads past the end and expects zeros */
  for (const struct deferred_write *write = file->first; write; write = write->next) {
    haddr_t start = write->address > address ? write->address : address;
    haddr_t end_of_write = write->address + write->size,
            end = end_of_write < address + size ? end_of_write : address + size;
    if (start < end) memcpy(to + (start - address), write->bytes + (start - write->address), (size_t)(end - start));
  }
  return 0;
}

static herr_t file_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, const void *bytes)
{
  (void)type, (void)transfer;
  struct file *file = (struct file *)base;
  const unsigned char *from = bytes;
  size_t done = 0;
  while (done < size && !*file->problem) {
    ssize_t now = pwrite(file->fd, from + done, size - done, (off_t)(address + done));
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0)
      *file->problem = now < 0 ? errno : ENOSPC;
    else
      done += (size_t)now;
  }
  if (done < size) defer_write(file, address + done, size - done, from + done);
  if (address + size > file->eof) file->eof = address + size;
  return 0;
}

static herr_t file_truncate(H5FD_t *base, hid_t transfer, hbool_t closing)
{
  (void)transfer, (void)closing;
  struct file *file = (struct file *)base;
  if (!*file->problem && file->eoa != file->eof && ftruncate(file->fd, (off_t)file->eoa) != 0) *file->problem = errno;
  file->eof = file->eoa;
  return 0;
}

hid_t isw_hdf5_deferred_error_vfd(hid_t access, int *problem)
{
  static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = 513, /* of those that HDF5 leaves to applications */
#endif
    .name = "initsweep",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(struct info),
    .open = file_open,
    .close = file_close,
    .cmp = file_compare,
    .query = file_query,
    .get_eoa = file_eoa,
    .set_eoa = file_set_eoa,
    .get_eof = file_eof,
    .read = file_read,
    .write = file_write,
    .truncate = file_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
  };
  struct info info = {problem};
  hid_t id = H5FDregister(&driver);
  if (id >= 0 && H5Pset_driver(access, id, &info) < 0) {
    H5FDunregister(id);
    return H5I_INVALID_HID;
  }
  return id;
}
