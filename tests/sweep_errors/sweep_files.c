/* Reads sweep files and compares the messages with the expected ones.
 *
 *   sweep_files wrong FOLDER   every NAME.yaml of the folder must fail with the exact text of NAME.expected;
 *                              NAME.set, if it exists, has one --set per line
 *   sweep_files right FILE...  every file must be valid, and its settings, read again, must be the same sweep
 *   sweep_files show FILE      prints the message or the settings
 *
 * Exit status 1 if something differs. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/sweep.h"

enum { PATH_SIZE = 4096, OVERRIDES_MAX = 16 };

static char *read_file(const char *path, size_t *length)
{
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  char *bytes = NULL;
  size_t capacity = 0;
  *length = 0;
  do {
    capacity = capacity ? capacity * 2 : PATH_SIZE;
    char *grown = realloc(bytes, capacity + 1);
    if (!grown) abort();
    bytes = grown;
    *length += fread(bytes + *length, 1, capacity - *length, file);
  } while (*length == capacity);
  fclose(file);
  bytes[*length] = '\0';
  return bytes;
}

static enum isw_status read_sweep(const char *name, const char *bytes, size_t length, const char *folder,
                                  const char *const *overrides, size_t count, struct isw_sweep **sweep,
                                  struct isw_error *error)
{
  struct isw_sweep_source source = {.file = name,
                                    .folder = folder,
                                    .bytes = bytes,
                                    .length = length,
                                    .overrides = overrides,
                                    .override_count = count};
  return isw_sweep_read(&source, sweep, error);
}

/* The message of one file, without its folder; free() it. */
static char *message_of(const char *folder, const char *name, enum isw_status *status)
{
  char path[PATH_SIZE];
  size_t length, set_length = 0;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  char *bytes = read_file(path, &length);
  if (!bytes) abort();
  memcpy(path + strlen(path) - strlen("yaml"), "set", sizeof "set");
  char *set = read_file(path, &set_length);
  const char *overrides[OVERRIDES_MAX];
  size_t count = 0;
  for (char *line = set ? strtok(set, "\n") : NULL; line && count < OVERRIDES_MAX; line = strtok(NULL, "\n"))
    overrides[count++] = line;
  struct isw_sweep *sweep;
  struct isw_error error = {0};
  *status = read_sweep(name, bytes, length, folder, overrides, count, &sweep, &error);
  char *message = isw_copy_text(isw_error_text(&error));
  isw_error_clear(&error);
  isw_sweep_destroy(sweep);
  free(bytes);
  free(set);
  return message;
}

static int compare_folder(const char *folder)
{
  struct dirent **list;
  int count = scandir(folder, &list, NULL, alphasort), wrong = 0, seen = 0;
  for (int i = 0; i < count; i++) {
    const char *name = list[i]->d_name, *dot = strrchr(name, '.');
    if (dot && strcmp(dot, ".yaml") == 0) {
      char path[PATH_SIZE];
      size_t length;
      enum isw_status status;
      snprintf(path, sizeof path, "%s/%.*s.expected", folder, (int)(dot - name), name);
      char *message = message_of(folder, name, &status), *expected = read_file(path, &length);
      if (expected && length && expected[length - 1] == '\n') expected[length - 1] = '\0';
      bool same = expected && strcmp(expected, message) == 0 && status == ISW_BAD_INPUT;
      if (!same)
        printf("%s: status %d\n--- expected\n%s\n--- got\n%s\n", name, (int)status, expected ? expected : "", message);
      wrong += !same;
      seen++;
      free(message);
      free(expected);
    }
    free(list[i]);
  }
  if (count >= 0) free(list);
  printf("%d files, %d wrong\n", seen, wrong);
  return wrong > 0 || seen < 20;
}

static int read_right(const char *path)
{
  size_t length;
  char *bytes = read_file(path, &length), folder[PATH_SIZE];
  if (!bytes) abort();
  snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  if (slash) *slash = '\0';
  struct isw_sweep *sweep, *again = NULL;
  struct isw_error error = {0};
  enum isw_status status = read_sweep(path, bytes, length, folder, NULL, 0, &sweep, &error);
  if (status == ISW_OK) {
    const char *settings = isw_sweep_settings(sweep);
    status = read_sweep("settings", settings, strlen(settings), folder, NULL, 0, &again, &error);
  }
  bool same = status == ISW_OK && isw_sweep_identity(sweep) == isw_sweep_identity(again);
  printf("%s: %s\n", path,
         same               ? "reads"
         : status == ISW_OK ? "its settings are another sweep"
                            : isw_error_text(&error));
  isw_error_clear(&error);
  isw_sweep_destroy(sweep);
  isw_sweep_destroy(again);
  free(bytes);
  return !same;
}

static int show(const char *path)
{
  size_t length;
  char *bytes = read_file(path, &length);
  if (!bytes) abort();
  struct isw_sweep *sweep;
  struct isw_error error = {0};
  if (read_sweep(path, bytes, length, ".", NULL, 0, &sweep, &error) == ISW_OK) {
    printf("%s", isw_sweep_settings(sweep));
    printf("# networks %llu, layers %zu, parameters %zu, records %zu\n", (unsigned long long)isw_sweep_networks(sweep),
           isw_sweep_layers_max(sweep), isw_sweep_parameters_max(sweep), isw_sweep_records_max(sweep));
    for (size_t c = 0; c < isw_sweep_columns(sweep); c++) {
      const struct isw_axis_column *column = isw_sweep_column(sweep, c);
      printf("# column %s (%s)%s type %d", column->name, column->path, column->swept ? " swept" : "",
             (int)column->type);
      for (size_t t = 0; t < column->text_count; t++) printf(" '%s'", column->texts[t]);
      printf("\n");
    }
  } else {
    printf("%s\n", isw_error_text(&error));
  }
  isw_error_clear(&error);
  isw_sweep_destroy(sweep);
  free(bytes);
  return 0;
}

int main(int argc, char **argv)
{
  if (argc == 3 && strcmp(argv[1], "wrong") == 0) return compare_folder(argv[2]);
  if (argc == 3 && strcmp(argv[1], "show") == 0) return show(argv[2]);
  if (argc < 3 || strcmp(argv[1], "right") != 0) {
    fprintf(stderr, "usage: sweep_files wrong FOLDER | right FILE... | show FILE\n");
    return 2;
  }
  int wrong = 0;
  for (int i = 2; i < argc; i++) wrong += read_right(argv[i]);
  return wrong > 0;
}
