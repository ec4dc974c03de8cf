/* The version of the program and of its libraries, and what it was built with. */
#include "initsweep/console.h"
#include "initsweep/cluster.h"
#include "initsweep/engine.h"
#include "initsweep/hdf5.h"
#include "initsweep/record.h"
#include "initsweep_version.h"

const char *isw_version(void)
{
  return INITSWEEP_VERSION;
}

const char *isw_version_git(void)
{
  return INITSWEEP_GIT;
}

const char *isw_version_program(void)
{
  return sizeof INITSWEEP_GIT > 1 ? "initsweep " INITSWEEP_VERSION " (" INITSWEEP_GIT ")"
                                  : "initsweep " INITSWEEP_VERSION " (not from git)";
}

const char *isw_version_compiler(void)
{
  return INITSWEEP_COMPILER;
}

const char *isw_version_flags(void)
{
  return INITSWEEP_FLAGS;
}

const char *isw_version_yaml(void)
{
  return INITSWEEP_YAML;
}

const char *isw_version_xxhash(void)
{
  return INITSWEEP_XXHASH;
}

void isw_version_write(FILE *out)
{
  fprintf(out, "%s\n", isw_version_program());
  fprintf(out, "bits      version %d (docs/numerics.md)\n", ISW_BITS_VERSION);
  fprintf(out, "compiler  %s\n", isw_version_compiler());
  fprintf(out, "flags     %s\n", isw_version_flags());
  fprintf(out, "HDF5      %s\n", isw_hdf5_library());
  fprintf(out, "MPI       %s\n", isw_cluster_library());
  fprintf(out, "libyaml   %s\n", isw_version_yaml());
  fprintf(out, "xxHash    %s\n", isw_version_xxhash());
  fprintf(out, "kernels   ");
  bool usable;
  const char *name;
  for (size_t i = 0; (name = isw_kernels_list(i, &usable)) != NULL; i++)
    fprintf(out, "%s%s%s", i ? ", " : "", name, usable ? "" : " (not on this machine)");
  const struct isw_kernels *chosen;
  struct isw_error error = {0};
  if (isw_kernels_choose(NULL, &chosen, &error) == ISW_OK)
    fprintf(out, "; used: %s\n", isw_kernels_name(chosen));
  else
    fprintf(out, "; %s\n", isw_error_text(&error));
  isw_error_clear(&error);
}
