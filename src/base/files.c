/* Files: paths, reading whole files, syncing. Creating output files is output.c's. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include "initsweep/base.h"

int isw_open_new(const char *path, unsigned mode, char **name)
{
  for (;;) {
    uint64_t digits;
    struct isw_text text = {0};
    *name = NULL;
    if (getrandom(&digits, sizeof digits, 0) != (ssize_t)sizeof digits) return -1;
    if (isw_text_add(&text, "%s.%016" PRIx64 ISW_NEW_SUFFIX, path, digits) != ISW_OK) {
      errno = ENOMEM;
      return -1;
    }
    int fd = open(text.bytes, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0) {
      *name = text.bytes;
      return fd;
    }
    isw_text_clear(&text); /* free() leaves errno */
    if (errno != EEXIST && errno != EINTR) return -1;
  }
}
