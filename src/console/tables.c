/* The tables of named rows: those of the sweep room and the probes. */
#include <string.h>
#include "initsweep/console.h"
#include "initsweep/probes.h"

static size_t probe_count(void)
{
  size_t count;
  isw_probes(&count);
  return count;
}

static const struct isw_row *probe_row(size_t index)
{
  size_t count;
  return &isw_probes(&count)[index]->row;
}

size_t isw_list_tables(struct isw_table_view *all)
{
  size_t count;
  const struct isw_table_view *tables = isw_tables(&count);
  bool probes = false;
  if (count > ISW_TABLES_MAX - 1) count = ISW_TABLES_MAX - 1;
  for (size_t i = 0; i < count; i++) {
    all[i] = tables[i];
    probes |= strcmp(all[i].name, "probes") == 0;
  }
  if (!probes) all[count++] = (struct isw_table_view){"probes", "record.probes", probe_count, probe_row, NULL};
  return count;
}
