/* The guarantees of rank 0's queue: every wanted pack once, expensive ones singly, few answers, fair shares. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "cluster/cluster_internal.h"

struct fake {
  uint64_t hole_every;  /* 0: none */
  uint64_t expensive;   /* packs before this cost 10^6, others 1 */
  unsigned char *taken; /* [packs] */
};

static bool wanted(void *context, uint64_t pack)
{
  struct fake *fake = context;
  return fake->hole_every == 0 || pack % fake->hole_every != 0;
}

static double cost(void *context, uint64_t pack)
{
  return pack < ((struct fake *)context)->expensive ? 1e6 : 1.0;
}

/* Empties the queue with one worker requesting at a time; returns the number of answers. */
static uint64_t drain(struct isw_queue *queue, struct fake *fake, size_t idle, size_t workers)
{
  struct isw_range range[ISW_RANGES];
  bool share;
  uint64_t answers = 0, before = 0;
  for (size_t ranges; (ranges = isw_queue_take(queue, idle, workers, range, &share)) > 0; answers++) {
    assert_true(ranges <= ISW_RANGES);
    for (size_t i = 0; i < ranges; i++)
      for (uint64_t pack = range[i].first; pack < range[i].first + range[i].count; pack++) {
        assert_true(pack >= before); /* in order */
        before = pack + 1;
        assert_true(pack < queue->work->packs && wanted(fake, pack));
        assert_int_equal(fake->taken[pack]++, 0);
        if (pack < fake->expensive) assert_true(ranges == 1 && range[i].count == 1);
      }
  }
  assert_int_equal(queue->left, 0);
  return answers;
}

static uint64_t answers(uint64_t packs, struct fake fake, size_t idle, size_t workers)
{
  struct isw_work work = {.packs = packs, .context = &fake, .wanted = wanted, .cost = cost};
  struct isw_queue queue;
  fake.taken = calloc(packs + 1, 1);
  assert_non_null(fake.taken);
  assert_int_equal(isw_queue_create(&queue, &work, NULL), ISW_OK);
  uint64_t count = drain(&queue, &fake, idle, workers);
  for (uint64_t pack = 0; pack < packs; pack++) assert_int_equal(fake.taken[pack], wanted(&fake, pack));
  isw_queue_clear(&queue);
  free(fake.taken);
  return count;
}

static void every_wanted_pack_is_handed_out_once(void **state)
{
  (void)state;
  for (uint64_t packs = 0; packs < 70; packs++)
    for (size_t workers = 1; workers < 9; workers++)
      for (uint64_t hole = 0; hole < 4; hole++) answers(packs, (struct fake){.hole_every = hole}, 1, workers);
}

static void a_million_cheap_packs_take_few_answers(void **state)
{
  (void)state;
  assert_true(answers(1000000, (struct fake){0}, 1, 64) < 64 * 4 * 16); /* each takes 1/256 of what remains */
  assert_true(answers(1000000, (struct fake){0}, 16, 64) < 64 * 16);
}

static void expensive_packs_go_out_singly_before_cheap_ones(void **state)
{
  (void)state;
  answers(100000, (struct fake){.expensive = 40}, 1, 16);
}

static void few_packs_are_shared_fairly_among_ranks(void **state)
{
  (void)state;
  struct fake fake = {0};
  struct isw_work work = {.packs = 3, .context = &fake};
  struct isw_queue queue;
  struct isw_range range[ISW_RANGES];
  bool share;
  assert_int_equal(isw_queue_create(&queue, &work, NULL), ISW_OK);
  /* two ranks of four workers: two packs for the first, one for the second, to be shared by threads */
  assert_int_equal(isw_queue_take(&queue, 4, 8, range, &share), 1);
  assert_true(share && range[0].count == 2);
  assert_int_equal(isw_queue_take(&queue, 4, 8, range, &share), 1);
  assert_true(share && range[0].count == 1);
  assert_int_equal(isw_queue_take(&queue, 4, 8, range, &share), 0);
  isw_queue_clear(&queue);
  /* enough for all: one for each idle worker, not shared */
  work.packs = 8;
  assert_int_equal(isw_queue_create(&queue, &work, NULL), ISW_OK);
  assert_int_equal(isw_queue_take(&queue, 4, 8, range, &share), 1);
  assert_true(!share && range[0].count == 4);
  isw_queue_clear(&queue);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_wanted_pack_is_handed_out_once),
      cmocka_unit_test(a_million_cheap_packs_take_few_answers),
      cmocka_unit_test(expensive_packs_go_out_singly_before_cheap_ones),
      cmocka_unit_test(few_packs_are_shared_fairly_among_ranks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
