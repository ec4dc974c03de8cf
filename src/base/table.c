/* The hash table: 64-bit keys to numbers, open addressing with linear probing, at most four fifths full. */
#include <stdlib.h>
#include "initsweep/base.h"

/* The slot where the search for a key begins, by Fibonacci hashing: keys may be bits of numbers that differ in few
 * bits. */
static size_t first_place(const struct isw_table *table, uint64_t key)
{
  uint64_t mixed = (key ^ key >> 32) * UINT64_C(0x9e3779b97f4a7c15);
  return (size_t)((mixed ^ mixed >> 32) % table->capacity);
}

static size_t next_place(const struct isw_table *table, size_t place)
{
  return place + 1 < table->capacity ? place + 1 : 0;
}

static void insert(struct isw_table *table, struct isw_table_entry new)
{
  size_t place = first_place(table, new.key);
  while (table->entry[place].number) place = next_place(table, place);
  table->entry[place] = new;
}

enum isw_status isw_table_reserve(struct isw_table *table, size_t count)
{
  if (count > SIZE_MAX / 2) return ISW_FAILED;
  size_t capacity = count + count / 4 + 1; /* one slot stays free and ends every search */
  if (capacity <= table->capacity) return ISW_OK;
  struct isw_table larger = {.capacity = capacity, .count = table->count};
  larger.entry = isw_allocate(capacity, sizeof *larger.entry);
  if (!larger.entry) return ISW_FAILED;
  /* the numbers of a key are in order from its first slot on, with wrap-around: begin after a free slot */
  size_t start = 0;
  while (table->capacity && table->entry[start].number) start++;
  for (size_t i = 0, place = start; i < table->capacity; i++, place = next_place(table, place))
    if (table->entry[place].number) insert(&larger, table->entry[place]);
  free(table->entry);
  *table = larger;
  return ISW_OK;
}

enum isw_status isw_table_add(struct isw_table *table, uint64_t key, uint64_t number)
{
  bool full = table->count + table->count / 4 + 2 > table->capacity;
  if (full && isw_table_reserve(table, table->count < 32 ? 64 : 2 * table->count) != ISW_OK) return ISW_FAILED;
  insert(table, (struct isw_table_entry){key, number + 1});
  table->count++;
  return ISW_OK;
}

bool isw_table_find(const struct isw_table *table, uint64_t key, size_t *place, uint64_t *number)
{
  if (table->capacity == 0) return false;
  size_t at = *place ? *place - 1 : first_place(table, key);
  for (; table->entry[at].number; at = next_place(table, at))
    if (table->entry[at].key == key) {
      *number = table->entry[at].number - 1;
      *place = next_place(table, at) + 1;
      return true;
    }
  return false;
}

void isw_table_clear(struct isw_table *table)
{
  free(table->entry);
  *table = (struct isw_table){0};
}
