/* How many worker threads a rank has, and what the user is told, for made-up machines and launchers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "cluster/cluster_internal.h"

/* One rank on a machine of `processors`, which it may all use. */
static struct isw_thread_facts machine(size_t processors)
{
  return (struct isw_thread_facts){.ranks = 1,
                                   .processors = processors,
                                   .part = processors,
                                   .used = processors,
                                   .available = processors,
                                   .quota = (double)INFINITY,
                                   .quota_ranks = 1,
                                   .limit = SIZE_MAX};
}

/* The advice has these words, or is empty where words is NULL. */
static void assert_advice(const struct isw_thread_facts *facts, const char *words)
{
  struct isw_text text = {0};
  isw_advise_on_threads(facts, isw_choose_threads(facts), &text);
  if (words)
    assert_true(text.bytes && strstr(text.bytes, words));
  else
    assert_null(text.bytes);
  isw_text_clear(&text);
}

static void the_default_is_the_smaller_of_processors_and_quota(void **state)
{
  (void)state;
  static const struct {
    double quota;
    size_t ranks, threads;
  } cases[] = {{(double)INFINITY, 1, 8}, {16, 1, 8}, {3, 1, 3}, {2.9, 1, 2}, {0.5, 1, 1}, {6, 2, 3}, {1, 4, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct isw_thread_facts facts = machine(8);
    facts.quota = cases[i].quota;
    facts.quota_ranks = cases[i].ranks;
    assert_int_equal(isw_choose_threads(&facts), cases[i].threads);
    assert_advice(&facts, NULL);
  }
}

static void unknown_processors_give_one_thread(void **state)
{
  (void)state;
  struct isw_thread_facts facts = machine(0);
  assert_int_equal(isw_choose_threads(&facts), 1);
  assert_advice(&facts, NULL);
}

static void the_thread_limit_leaves_one_for_messages(void **state)
{
  (void)state;
  struct isw_thread_facts facts = machine(8);
  facts.limit = 4;
  assert_int_equal(isw_choose_threads(&facts), 3);
  assert_advice(&facts, "OMP_THREAD_LIMIT=4 leaves 3 of 8 worker threads");
  facts.quota = 3; /* no thread is lost */
  assert_advice(&facts, NULL);
}

static void more_threads_than_processors_are_reported(void **state)
{
  (void)state;
  struct isw_thread_facts facts = machine(2);
  facts.wanted = 2;
  assert_advice(&facts, NULL);
  facts.wanted = 3;
  assert_int_equal(isw_choose_threads(&facts), 3);
  assert_true(isw_threads_outnumber_processors(&facts, 3));
  assert_advice(&facts, "3 worker threads per rank are more than the 2 processors that each rank has");
  facts.quota = 1.5;
  assert_advice(&facts, "more than the 1 processor that the CPU quota of the job or container allows");
  facts.quota = (double)INFINITY;
  facts.ranks = 4; /* on the same two processors */
  facts.wanted = 2;
  assert_advice(&facts, "`--threads 1` is faster");
}

static void a_launch_that_leaves_one_core_is_reported(void **state)
{
  (void)state;
  struct isw_thread_facts facts = machine(1);
  facts.available = 16;
  assert_advice(&facts, NULL); /* the user's own choice, by taskset */
  facts.launched = true;
  assert_advice(&facts, "the launcher leaves its 1 rank on this machine 1 of 16 processors");
  facts.ranks = facts.used = 4;
  facts.in_slurm_step = true;
  assert_advice(&facts, "the Slurm step leaves its 4 ranks on this machine 4 of the job's 16 processors: "
                        "`srun --cpus-per-task=4` gives them all");
  facts.available = 4; /* a job of one core for each rank */
  assert_advice(&facts, NULL);
  facts.mpirun = 16;
  assert_advice(&facts, "mpirun pinned its 4 ranks on this machine to 4 of 16 processors");
  facts.wanted = 1; /* the user wants one thread */
  assert_advice(&facts, NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_default_is_the_smaller_of_processors_and_quota),
      cmocka_unit_test(unknown_processors_give_one_thread),
      cmocka_unit_test(the_thread_limit_leaves_one_for_messages),
      cmocka_unit_test(more_threads_than_processors_are_reported),
      cmocka_unit_test(a_launch_that_leaves_one_core_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
