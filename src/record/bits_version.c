/* Whether networks that another program has trained may be compared with, and mixed with, those of this one. */
#include "initsweep/record.h"

enum isw_status isw_bits_check(const char *path, unsigned bits_version, const char *program, struct isw_error *error)
{
  if (bits_version == ISW_BITS_VERSION) return ISW_OK;
  return isw_error_set(error, ISW_BAD_INPUT,
                       "%s: its networks have bits of version %u, written by %s; this program computes version %d\n"
                       "  use that program, or another whose `initsweep --version` shows version %u of the bits "
                       "(docs/numerics.md)",
                       path, bits_version, program && *program ? program : "an unknown program", ISW_BITS_VERSION,
                       bits_version);
}
