/** @file Reads sweep texts for the sweep room's tests. */
#ifndef INITSWEEP_TESTS_SWEEP_TEXTS_H
#define INITSWEEP_TESTS_SWEEP_TEXTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "initsweep/sweep.h"

static inline struct isw_sweep_source test_source(const char *file, const char *bytes, size_t length)
{
  return (struct isw_sweep_source){.file = file, .folder = ".", .bytes = bytes, .length = length};
}

/* The sweep of a text that must be valid, with at most one --set. */
static inline struct isw_sweep *test_read_with(const char *text, const char *override)
{
  struct isw_sweep_source source = test_source("test.yaml", text, strlen(text));
  source.overrides = &override;
  source.override_count = override != NULL;
  struct isw_sweep *sweep;
  struct isw_error error = {0};
  if (isw_sweep_read(&source, &sweep, &error) != ISW_OK) fail_msg("%s", isw_error_text(&error));
  return sweep;
}

/* The sweep of a stored text, in which settings without effect are no mistake. */
static inline struct isw_sweep *test_read_stored(const char *text)
{
  struct isw_sweep_source source = test_source("test.yaml", text, strlen(text));
  source.stored = true;
  struct isw_sweep *sweep;
  struct isw_error error = {0};
  if (isw_sweep_read(&source, &sweep, &error) != ISW_OK) fail_msg("%s", isw_error_text(&error));
  return sweep;
}

static inline struct isw_sweep *test_read(const char *text)
{
  return test_read_with(text, NULL);
}

static inline struct isw_network *test_network(const struct isw_sweep *sweep, uint64_t number)
{
  struct isw_network *network;
  struct isw_error error = {0};
  if (isw_sweep_network(sweep, number, &network, &error) != ISW_OK) fail_msg("%s", isw_error_text(&error));
  return network;
}

/* The message of a text that must be invalid; the caller releases it with free(). */
static inline char *test_message(const char *text, const char *override)
{
  struct isw_sweep_source source = test_source("test.yaml", text, strlen(text));
  source.overrides = &override;
  source.override_count = override != NULL;
  struct isw_sweep *sweep;
  struct isw_error error = {0};
  assert_int_equal(isw_sweep_read(&source, &sweep, &error), ISW_BAD_INPUT);
  assert_null(sweep);
  char *message = isw_copy_text(isw_error_text(&error));
  isw_error_clear(&error);
  return message;
}

static inline size_t test_column(const struct isw_sweep *sweep, const char *name)
{
  for (size_t c = 0; c < isw_sweep_columns(sweep); c++)
    if (strcmp(isw_sweep_column(sweep, c)->name, name) == 0) return c;
  fail_msg("no column %s", name);
  return 0;
}

static inline double test_value(const struct isw_sweep *sweep, const char *column, uint64_t number)
{
  return isw_sweep_column_value(sweep, test_column(sweep, column), number);
}
#endif
