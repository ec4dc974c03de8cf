/* Teams: no member passes the barrier before all have arrived, even if there are more members than processors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include "initsweep/engine.h"

enum { MEMBERS = 6, ROUNDS = 2000 };

struct seat {
  struct isw_team *team;
  size_t index;
  int *mark; /* [MEMBERS], plain ints: a barrier that lets a member pass early also causes a data race */
  bool early;
};

static void *visit(void *context)
{
  struct seat *seat = context;
  for (int round = 1; round <= ROUNDS; round++) {
    seat->mark[seat->index] = round;
    isw_team_wait(seat->team);
    for (size_t i = 0; i < MEMBERS; i++) seat->early = seat->early || seat->mark[i] != round;
    isw_team_wait(seat->team);
  }
  return NULL;
}

static void check_barrier(bool yields)
{
  struct isw_team *team = isw_team_create(MEMBERS);
  assert_non_null(team);
  if (yields) isw_team_yield_at_once(team);
  int mark[MEMBERS] = {0};
  struct seat seat[MEMBERS];
  pthread_t thread[MEMBERS];
  for (size_t i = 0; i < MEMBERS; i++) {
    seat[i] = (struct seat){team, i, mark, false};
    assert_int_equal(pthread_create(&thread[i], NULL, visit, &seat[i]), 0);
  }
  for (size_t i = 0; i < MEMBERS; i++) assert_int_equal(pthread_join(thread[i], NULL), 0);
  for (size_t i = 0; i < MEMBERS; i++) assert_false(seat[i].early);
  isw_team_destroy(team);
}

static void nobody_passes_before_all_have_come(void **state)
{
  (void)state;
  check_barrier(false);
  check_barrier(true);
}

static void one_member_or_no_team_waits_for_nobody(void **state)
{
  (void)state;
  struct isw_team *team = isw_team_create(1);
  assert_non_null(team);
  for (size_t i = 0; i < 3; i++) isw_team_wait(team);
  isw_team_wait(NULL);
  isw_team_destroy(team);
  isw_team_destroy(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nobody_passes_before_all_have_come),
      cmocka_unit_test(one_member_or_no_team_waits_for_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
