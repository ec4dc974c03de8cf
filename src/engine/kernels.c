/* The selection of kernels: which there are, and which of them this machine can run. */
#include <stdlib.h>
#include <string.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif
#include "kernels.h"
#include "initsweep/engine.h"

struct candidate {
  const struct isw_kernels *kernels;
  bool (*usable)(void);
};

#if defined(__x86_64__)
static bool avx2_usable(void)
{
  return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
}

static bool avx512_usable(void)
{
  return avx2_usable() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
}
#elif defined(__aarch64__)
static bool advsimd_usable(void)
{
  return (getauxval(AT_HWCAP) & HWCAP_ASIMD) != 0;
}
#endif
static bool portable_usable(void)
{
  return true;
}

/* The fastest first. */
static const struct candidate candidates[] = {
#if defined(__x86_64__)
    {&isw_kernels_avx512, avx512_usable},
    {&isw_kernels_avx2, avx2_usable},
#elif defined(__aarch64__)
    {&isw_kernels_advsimd, advsimd_usable},
#endif
    {&isw_kernels_portable, portable_usable},
};
enum { CANDIDATES = sizeof candidates / sizeof candidates[0] };

enum isw_status isw_kernels_choose(const char *name, const struct isw_kernels **kernels, struct isw_error *error)
{
  const char *names[CANDIDATES];
  if (!name) name = getenv("INITSWEEP_KERNELS");
  for (size_t i = 0; i < CANDIDATES; i++) {
    names[i] = candidates[i].kernels->name;
    if (name && *name && strcmp(name, names[i]) != 0) continue;
    if (candidates[i].usable()) {
      *kernels = candidates[i].kernels;
      return ISW_OK;
    }
    if (name && *name) return isw_error_set(error, ISW_BAD_INPUT, "this machine cannot run the kernels '%s'", name);
  }
  const char *nearest = isw_nearest_word(name, names, CANDIDATES);
  return isw_error_set(error, ISW_BAD_INPUT, "unknown kernels '%s'%s%s%s", name, nearest ? "\n  did you mean '" : "",
                       nearest ? nearest : "", nearest ? "'?" : "");
}

const char *isw_kernels_name(const struct isw_kernels *kernels)
{
  return kernels->name;
}

const char *isw_kernels_list(size_t index, bool *usable)
{
  if (index >= CANDIDATES) return NULL;
  if (usable) *usable = candidates[index].usable();
  return candidates[index].kernels->name;
}

size_t isw_lanes(enum isw_precision precision)
{
  return ISW_LINE_BYTES / isw_precision_bytes(precision);
}
