/* Which settings later stages may read: those in which no error was found. */
#include "sweep_internal.h"

bool isw_all_usable(const struct isw_reader *reader, const size_t *settings, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (reader->broken[settings[i]]) return false;
  return true;
}
