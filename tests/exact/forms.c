/* The forms that this machine can run: those of the kernels that it can run, and the scalar form. */
#include "forms.h"
#include "initsweep/engine.h"
#include <string.h>

static const struct exact_form *const forms[] = {
#if defined(__x86_64__)
    &exact_form_avx512,
    &exact_form_avx2,
#elif defined(__aarch64__)
    &exact_form_advsimd,
#endif
    &exact_form_scalar,
    &exact_form_portable,
};

static bool usable(const char *name)
{
  if (strcmp(name, exact_form_scalar.name) == 0) return true;
  bool can_run = false;
  for (size_t i = 0; isw_kernels_list(i, &can_run); i++)
    if (strcmp(isw_kernels_list(i, NULL), name) == 0) return can_run;
  return false;
}

const struct exact_form *exact_form(size_t i)
{
  for (size_t j = 0; j < sizeof forms / sizeof forms[0]; j++)
    if (usable(forms[j]->name) && i-- == 0) return forms[j];
  return NULL;
}
