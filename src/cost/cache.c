/* Cost models in the user's cache folder: one small text file per machine, instruction set, program and precision. A
 * file that cannot be read is measured again; a cache that cannot be written is not an error. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "initsweep/cost.h"
#include "initsweep/console.h"

static const char magic[] = "initsweep cost model 4";
enum { MAX_BYTES = 1 << 20 };

/* The processor's name as Linux reports it; "" if unknown. */
static void processor(char *name, size_t room)
{
  char line[256];
  FILE *file = fopen("/proc/cpuinfo", "r");
  name[0] = '\0';
  while (file && !name[0] && fgets(line, sizeof line, file)) {
    const char *colon = strchr(line, ':');
    if (!colon || strncmp(line, "model name", 10) != 0) continue;
    snprintf(name, room, "%s", colon + 1 + strspn(colon + 1, " \t"));
    name[strcspn(name, "\n")] = '\0';
  }
  if (file) fclose(file);
}

char *isw_cost_key(const struct isw_kernels *kernels, enum isw_precision precision)
{
  struct utsname machine;
  char model[256];
  struct isw_text key = {0};
  processor(model, sizeof model);
  bool named = uname(&machine) == 0;
  isw_text_add(&key, "%s, %s, %s, %s, initsweep %s %s, %s", named ? machine.nodename : "", named ? machine.machine : "",
               model, isw_kernels_name(kernels), isw_version(), isw_version_git(),
               precision == ISW_FLOAT64 ? "float64" : "float32");
  return key.bytes;
}

char *isw_cost_file(const char *key)
{
  const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  struct isw_text path = {0};
  bool own = cache && cache[0] == '/'; /* the XDG specification ignores relative ones */
  if (!own && !(home && home[0] == '/')) return NULL;
  isw_text_add(&path, "%s%s/initsweep/cost-%016llx", own ? cache : home, own ? "" : "/.cache",
               (unsigned long long)isw_hash(key, strlen(key), 0));
  return path.bytes;
}

/* All coefficients one after the other, with the group that each belongs to. */
struct group {
  const char *name;
  double *value;
  size_t count;
};
enum { GROUPS = 16 };

static void list_groups(struct isw_cost_model *model, struct group *group)
{
  const struct group all[GROUPS] = {{"small", model->small, ISW_COST_TERMS},
                                    {"large", model->large, ISW_COST_TERMS},
                                    {"units", model->units, ISW_COST_TERMS},
                                    {"tiny", &model->tiny, 1},
                                    {"activation", model->activation, ISW_COST_ROWS},
                                    {"loss", model->loss, ISW_COST_ROWS},
                                    {"optimizer", model->optimizer, ISW_COST_ROWS},
                                    {"record", &model->record[0].base, 1},
                                    {"show", &model->record[0].output, 1},
                                    {"probe", model->record[0].probe, ISW_COST_ROWS},
                                    {"units_record", &model->record[1].base, 1},
                                    {"units_show", &model->record[1].output, 1},
                                    {"units_probe", model->record[1].probe, ISW_COST_ROWS},
                                    {"pack", &model->pack, 1},
                                    {"draw", &model->draw, 1},
                                    {"start", model->start, ISW_COST_ROWS}};
  memcpy(group, all, sizeof all);
}

enum isw_status isw_cost_write(const struct isw_cost_model *model, const char *key, struct isw_text *text)
{
  struct isw_cost_model copy = *model;
  struct group group[GROUPS];
  list_groups(&copy, group);
  isw_text_add(text, "%s\n%s\n", magic, key);
  for (size_t g = 0; g < GROUPS; g++) {
    isw_text_add(text, "%s", group[g].name);
    for (size_t i = 0; i < group[g].count; i++) isw_text_add(text, " %.17g", group[g].value[i]);
    isw_text_add(text, "\n");
  }
  if (!text->bytes) return ISW_FAILED;
  return isw_text_add(text, "checksum %016llx\n", (unsigned long long)isw_hash(text->bytes, text->length, 0));
}

bool isw_cost_read(const char *text, size_t length, const char *key, struct isw_cost_model *model)
{
  /* writing the numbers again must give the same bytes: then the text is not damaged */
  struct group group[GROUPS];
  struct isw_text again = {0};
  char *copy = isw_allocate(length + 1, 1), *at = copy;
  *model = (struct isw_cost_model){0};
  list_groups(model, group);
  if (copy && length > 0) memcpy(copy, text, length);
  for (size_t line = 0; at && line < 2; line++) at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
  bool good = at != NULL;
  for (size_t g = 0; good && g < GROUPS; g++) {
    size_t name = strlen(group[g].name);
    good = strncmp(at, group[g].name, name) == 0;
    if (good) at += name;
    for (size_t i = 0; good && i < group[g].count; i++) {
      char *end;
      group[g].value[i] = strtod(at, &end);
      good = end > at && isfinite(group[g].value[i]);
      at = end;
    }
    good = good && *at++ == '\n';
  }
  good = good && isw_cost_write(model, key, &again) == ISW_OK && again.length == length &&
         memcmp(again.bytes, text, length) == 0;
  isw_text_clear(&again);
  free(copy);
  return good;
}

bool isw_cost_load(const char *file, const char *key, struct isw_cost_model *model)
{
  char *bytes = NULL;
  size_t length = 0;
  bool good = file && isw_file_read(file, MAX_BYTES, ISW_REGULAR_FILE, &bytes, &length, NULL) == ISW_OK &&
              isw_cost_read(bytes, length, key, model);
  free(bytes);
  return good;
}

/* Creates the folder of a file and that folder's parent: the cache's folder and the program's in it. */
static void make_folder(const char *file)
{
  char *folder = isw_path_folder(file), *above = folder ? isw_path_folder(folder) : NULL;
  if (above) mkdir(above, 0700);
  if (folder) mkdir(folder, 0700);
  free(above);
  free(folder);
}

bool isw_cost_store(const char *file, const char *key, const struct isw_cost_model *model)
{
  struct isw_text text = {0};
  bool good = file && isw_cost_write(model, key, &text) == ISW_OK;
  if (good) {
    make_folder(file);
    struct iovec part = {text.bytes, text.length};
    good = isw_output_replace(file, 0600, &part, 1, NULL) == ISW_OK;
  }
  isw_text_clear(&text);
  return good;
}

enum isw_status isw_cost_find_model(const struct isw_kernels *kernels, enum isw_precision precision, bool calibrate,
                                    struct isw_cost_model *model, enum isw_cost_source *source, struct isw_error *error)
{
  char *key = isw_cost_key(kernels, precision), *file = key ? isw_cost_file(key) : NULL;
  enum isw_status status = key ? ISW_OK : isw_error_memory(error, 256, "the cost model's key");
  *source = ISW_COST_CACHED;
  if (status == ISW_OK && (calibrate || !file || !isw_cost_load(file, key, model))) {
    status = isw_cost_calibrate(kernels, precision, model, error);
    *source = status == ISW_OK && isw_cost_store(file, key, model) ? ISW_COST_MEASURED : ISW_COST_NOT_STORED;
  }
  free(file);
  free(key);
  return status;
}

struct isw_cost_model isw_cost_cached_or_default(const struct isw_kernels *kernels, enum isw_precision precision)
{
  struct isw_cost_model model;
  char *key = isw_cost_key(kernels, precision), *file = key ? isw_cost_file(key) : NULL;
  if (!file || !isw_cost_load(file, key, &model)) model = isw_cost_default(precision);
  free(file);
  free(key);
  return model;
}
