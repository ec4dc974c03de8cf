/* Arenas: zeros, alignment, growth, and one jump if memory cannot be allocated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/yaml.h"

static void memory_is_zero_aligned_and_separate(void **state)
{
  (void)state;
  enum { PIECES = 1000 };
  jmp_buf out_of_memory;
  struct isw_arena arena = {.out_of_memory = &out_of_memory};
  if (setjmp(out_of_memory)) fail_msg("out of memory");
  unsigned char *piece[PIECES];
  for (size_t i = 0; i < PIECES; i++) {
    piece[i] = isw_arena_get(&arena, i + 1, 3);
    assert_int_equal((uintptr_t)piece[i] % 16, 0);
    for (size_t b = 0; b < 3 * (i + 1); b++) assert_int_equal(piece[i][b], 0);
    memset(piece[i], (int)(i % 255 + 1), 3 * (i + 1));
  }
  for (size_t i = 0; i < PIECES; i++)
    for (size_t b = 0; b < 3 * (i + 1); b++) assert_int_equal(piece[i][b], i % 255 + 1);
  isw_arena_clear(&arena);
  assert_null(arena.block);
}

static void copies_end_with_nul(void **state)
{
  (void)state;
  jmp_buf out_of_memory;
  struct isw_arena arena = {.out_of_memory = &out_of_memory};
  if (setjmp(out_of_memory)) fail_msg("out of memory");
  assert_string_equal(isw_arena_copy(&arena, "abcdef", 3), "abc");
  assert_string_equal(isw_arena_copy(&arena, NULL, 0), "");
  isw_arena_clear(&arena);
}

static void arrays_grow_and_keep_their_elements(void **state)
{
  (void)state;
  enum { ELEMENTS = 10000 };
  jmp_buf out_of_memory;
  struct isw_arena arena = {.out_of_memory = &out_of_memory};
  if (setjmp(out_of_memory)) fail_msg("out of memory");
  size_t capacity = 1, moves = 0, *array = isw_arena_get(&arena, capacity, sizeof *array);
  for (size_t i = 0; i < ELEMENTS; i++) {
    size_t *grown = isw_arena_grow(&arena, array, i, &capacity, sizeof *array);
    moves += grown != array;
    array = grown;
    array[i] = i;
  }
  for (size_t i = 0; i < ELEMENTS; i++) assert_int_equal(array[i], i);
  assert_in_range(moves, 1, 15); /* by doubling */
  isw_arena_clear(&arena);
}

static void what_cannot_be_had_jumps(void **state)
{
  (void)state;
  static const size_t wanted[][2] = {{SIZE_MAX, 2}, {SIZE_MAX / 2, 1}, {SIZE_MAX / 8, 4}, {SIZE_MAX - 7, 1}};
  jmp_buf out_of_memory;
  struct isw_arena arena = {.out_of_memory = &out_of_memory};
  volatile size_t jumps = 0, i = 0;
  for (; i < sizeof wanted / sizeof wanted[0]; i++) {
    if (setjmp(out_of_memory) == 0)
      isw_arena_get(&arena, wanted[i][0], wanted[i][1]);
    else
      jumps++;
  }
  assert_int_equal(jumps, sizeof wanted / sizeof wanted[0]);
  isw_arena_clear(&arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_zero_aligned_and_separate),
      cmocka_unit_test(copies_end_with_nul),
      cmocka_unit_test(arrays_grow_and_keep_their_elements),
      cmocka_unit_test(what_cannot_be_had_jumps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
