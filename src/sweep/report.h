/** @file Errors of a sweep file: collected with their places, shown together in the file's order. */
#ifndef INITSWEEP_SWEEP_REPORT_H
#define INITSWEEP_SWEEP_REPORT_H
#include "arena.h"
#include "initsweep/base.h"

/** One text that was read: the sweep file, or one --set. */
struct isw_source {
  const char *name; /**< for messages */
  const char *bytes;
  size_t length;
};

/** Where something stands: line and column from 0, in characters. */
struct isw_place {
  unsigned source;
  size_t line, column;
  size_t length; /**< characters under the caret; 0: to the line's end */
};

struct isw_problem {
  struct isw_place place;
  size_t order;
  struct isw_text message, hint;
};

struct isw_report {
  const struct isw_source *source;
  struct isw_problem *problem;
  size_t count, capacity;
  size_t left_out; /**< problems past the number that is shown */
  bool dropped;    /**< whether the last problem said what an earlier one says; so would its hint */
  jmp_buf *out_of_memory;
};

/** Adds an error, where the same one was not added before. Control characters in the arguments are shown as '?'. */
void isw_report_add(struct isw_report *report, struct isw_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Adds a line of help to the error that was added last. */
void isw_report_hint(struct isw_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** All errors, sorted by place, into text. */
void isw_report_write(struct isw_report *report, struct isw_text *text);
void isw_report_clear(struct isw_report *report);

/** Where the first line begins that starts behind `from`; length where there is none. Breaks are those of libyaml:
 *  LF, CR, CR LF, and U+0085, U+2028, U+2029. */
size_t isw_next_line(const char *bytes, size_t length, size_t from);
/** Bytes of the character at bytes[0 .. length - 1], and its code; 1 byte and code 0xFFFD where it is not UTF-8. */
size_t isw_character(const char *bytes, size_t length, uint32_t *code);
/** Place of a byte of a source. */
struct isw_place isw_place_of_byte(const struct isw_source *source, unsigned number, size_t byte);
#endif
