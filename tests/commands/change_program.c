/* Makes a run folder look as if another program had written it: change_program FOLDER BITS_VERSION PROGRAM gives all
 * journals, checkpoints and the manifest this version of the bits and this name of the program. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "journal/journal_internal.h"

static bool ends_with(const char *name, const char *suffix)
{
  size_t length = strlen(name), end = strlen(suffix);
  return length > end && strcmp(name + length - end, suffix) == 0;
}

static bool change_head(const char *path, unsigned bits_version, const char *program)
{
  unsigned char bytes[JOURNAL_HEAD_BYTES];
  struct journal_head head;
  FILE *file = fopen(path, "r+b");
  bool good = file && fread(bytes, 1, sizeof bytes, file) == sizeof bytes &&
              isw_journal_head_decode(bytes, sizeof bytes, &head) && fseek(file, 0, SEEK_SET) == 0;
  if (good) {
    head.bits_version = bits_version;
    snprintf(head.program, sizeof head.program, "%s", program);
    isw_journal_head_encode(&head, bytes);
    good = fwrite(bytes, 1, sizeof bytes, file) == sizeof bytes;
  }
  return file && fclose(file) == 0 && good;
}

static bool change_manifest(const char *folder, unsigned bits_version, char *program)
{
  struct isw_run_manifest manifest;
  bool there, good = isw_run_manifest_read(folder, &manifest, &there, NULL) == ISW_OK && there;
  struct isw_run_manifest changed = manifest;
  changed.bits_version = bits_version;
  changed.programs = &program;
  changed.program_count = 1;
  good = good && isw_run_manifest_write(folder, &changed, NULL) == ISW_OK;
  isw_run_manifest_clear(&manifest);
  return good;
}

int main(int argc, char **argv)
{
  if (argc != 4) return EXIT_FAILURE;
  const char *folder = argv[1];
  unsigned bits_version = (unsigned)strtoul(argv[2], NULL, 10);
  bool good = change_manifest(folder, bits_version, argv[3]);
  DIR *listing = opendir(folder);
  for (struct dirent *entry; listing && (entry = readdir(listing));) {
    if (!ends_with(entry->d_name, JOURNAL_SUFFIX) && !ends_with(entry->d_name, CHECKPOINT_SUFFIX)) continue;
    char *path = isw_path_join(folder, entry->d_name);
    good = path && change_head(path, bits_version, argv[3]) && good;
    free(path);
  }
  if (listing) closedir(listing);
  return good && listing ? EXIT_SUCCESS : EXIT_FAILURE;
}
