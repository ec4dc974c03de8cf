/* Assigns codes to distinct values, and sorts by them. */
#include "summary/summary_internal.h"

uint32_t isw_code_of(struct isw_table *codes, uint64_t key)
{
  uint64_t code;
  size_t place = 0;
  if (isw_table_find(codes, key, &place, &code)) return (uint32_t)code;
  code = codes->count;
  return isw_table_add(codes, key, code) == ISW_OK ? (uint32_t)code : ISW_NO_CODE;
}

uint64_t *isw_sort_by_code(const uint32_t *code, uint64_t networks, size_t count, uint32_t *order)
{
  uint64_t *start = isw_allocate(count + 2, sizeof *start);
  if (!start) return NULL;
  for (uint64_t i = 0; i < networks; i++) start[code[i] + 2]++;
  for (size_t c = 0; c < count; c++) start[c + 2] += start[c + 1];
  for (uint64_t i = 0; i < networks; i++) order[start[code[i] + 1]++] = (uint32_t)i;
  return start; /* start[c + 1] has moved to where code c ends */
}
