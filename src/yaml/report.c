/* Error reports: messages with file, line and column, the line itself with a caret, and hints. */
#include "initsweep/yaml.h"
#include <stdlib.h>
#include <string.h>

enum { SHOWN_PROBLEMS = 100, SHOWN_WIDTH = 100 };

static bool is_break(uint32_t code)
{
  return code == '\n' || code == '\r' || code == 0x85 || code == 0x2028 || code == 0x2029;
}

size_t isw_next_line(const char *bytes, size_t length, size_t from)
{
  for (size_t i = from; i < length;) {
    uint32_t code;
    i += isw_character(bytes + i, length - i, &code);
    if (code == '\r' && i < length && bytes[i] == '\n') i++;
    if (is_break(code)) return i;
  }
  return length;
}

struct isw_place isw_place_of_byte(const struct isw_source *source, unsigned number, size_t byte)
{
  struct isw_place place = {.source = number, .length = 1};
  size_t start = 0, next;
  while ((next = isw_next_line(source->bytes, source->length, start)) <= byte && next < source->length) {
    start = next;
    place.line++;
  }
  for (size_t i = start; i < byte; place.column++) {
    uint32_t code;
    i += isw_character(source->bytes + i, source->length - i, &code);
  }
  return place;
}

static void check(const struct isw_report *report, enum isw_status status)
{
  if (status != ISW_OK) longjmp(*report->out_of_memory, 1);
}

static void add_formatted(struct isw_report *report, struct isw_text *text, const char *format, va_list list)
{
  struct isw_text raw = {0};
  enum isw_status status = isw_text_add_list(&raw, format, list);
  if (status == ISW_OK && text->length) status = isw_text_add_bytes(text, "\n", 1);
  if (status == ISW_OK) status = isw_text_add_visible_lines(text, raw.bytes, raw.length);
  isw_text_clear(&raw); /* before the jump of check */
  check(report, status);
}

void isw_report_add(struct isw_report *report, struct isw_place place, const char *format, ...)
{
  if (report->count == SHOWN_PROBLEMS) {
    report->left_out++;
    return;
  }
  if (report->count == report->capacity) {
    size_t capacity = report->capacity ? report->capacity * 2 : 8;
    struct isw_problem *grown = realloc(report->problem, capacity * sizeof *grown);
    if (!grown) longjmp(*report->out_of_memory, 1);
    report->problem = grown;
    report->capacity = capacity;
  }
  struct isw_problem *problem = &report->problem[report->count];
  *problem = (struct isw_problem){.place = place, .order = report->count};
  report->count++;
  va_list list;
  va_start(list, format);
  add_formatted(report, &problem->message, format, list);
  va_end(list);
  report->dropped = false;
  for (size_t i = 0; i + 1 < report->count; i++) {
    const struct isw_problem *earlier = &report->problem[i];
    if (earlier->place.source != place.source || earlier->place.line != place.line ||
        earlier->place.column != place.column || strcmp(earlier->message.bytes, problem->message.bytes) != 0)
      continue;
    isw_text_clear(&problem->message);
    report->count--;
    report->dropped = true;
    return;
  }
}

void isw_report_hint(struct isw_report *report, const char *format, ...)
{
  if (report->left_out || report->dropped || !report->count) return;
  va_list list;
  va_start(list, format);
  add_formatted(report, &report->problem[report->count - 1].hint, format, list);
  va_end(list);
}

static int by_place(const void *a, const void *b)
{
  const struct isw_problem *x = a, *y = b;
  if (x->place.source != y->place.source) return x->place.source < y->place.source ? -1 : 1;
  if (x->place.line != y->place.line) return x->place.line < y->place.line ? -1 : 1;
  if (x->place.column != y->place.column) return x->place.column < y->place.column ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

/* Appends the line and a caret under the position; of a long line, only a window around it. A tab becomes one space. */
static void add_line(struct isw_report *report, struct isw_text *text, const struct isw_place *place)
{
  const struct isw_source *source = &report->source[place->source];
  size_t start = 0, end;
  for (size_t line = 0; line < place->line; line++) start = isw_next_line(source->bytes, source->length, start);
  end = isw_next_line(source->bytes, source->length, start);
  size_t characters = 0, stop = start;
  for (size_t i = start; i < end; characters++) {
    uint32_t code;
    i += isw_character(source->bytes + i, end - i, &code);
    if (is_break(code)) break;
    stop = i;
  }
  if (stop == start) return;
  size_t first = place->column > SHOWN_WIDTH * 2 / 3 && characters > SHOWN_WIDTH ? place->column - SHOWN_WIDTH / 2 : 0;
  size_t last = first + SHOWN_WIDTH < characters ? first + SHOWN_WIDTH : characters;
  size_t marked = place->length ? place->length : characters;

  struct isw_text caret = {0}; /* at most a few hundred bytes: kept in step with the line */
  enum isw_status status = isw_text_add(text, "\n  %s", first ? "..." : "");
  if (status == ISW_OK) status = isw_text_add(&caret, "\n  %s", first ? "   " : "");
  size_t column = 0;
  bool begun = false;
  for (size_t i = start; status == ISW_OK && i < stop && column < last; column++) {
    uint32_t code;
    size_t size = isw_character(source->bytes + i, stop - i, &code), width = 1;
    if (column >= first) {
      status =
          code == '\t' ? isw_text_add_bytes(text, " ", 1) : isw_text_add_visible(text, source->bytes + i, size, &width);
      bool under = column >= place->column && column - place->column < marked;
      for (size_t c = 0; c < width && column < place->column + marked && status == ISW_OK; c++) {
        status = isw_text_add(&caret, "%s", !under ? " " : begun ? "~" : "^");
        begun = begun || under;
      }
    }
    i += size;
  }
  if (status == ISW_OK && last < characters) status = isw_text_add(text, "...");
  if (status == ISW_OK && place->column >= column) { /* after the line's last character */
    for (; status == ISW_OK && column < place->column; column++) status = isw_text_add(&caret, " ");
    if (status == ISW_OK) status = isw_text_add(&caret, "^");
  }
  if (status == ISW_OK) status = isw_text_add_bytes(text, caret.bytes, caret.length);
  isw_text_clear(&caret);
  check(report, status);
}

void isw_report_write(struct isw_report *report, struct isw_text *text)
{
  if (report->count) qsort(report->problem, report->count, sizeof *report->problem, by_place);
  for (size_t i = 0; i < report->count; i++) {
    const struct isw_problem *problem = &report->problem[i];
    if (i) check(report, isw_text_add(text, "\n"));
    const char *name = report->source[problem->place.source].name;
    size_t columns;
    check(report, isw_text_add_visible(text, name, strlen(name), &columns));
    check(report, isw_text_add(text, ":%zu:%zu: error: %s", problem->place.line + 1, problem->place.column + 1,
                               problem->message.bytes));
    add_line(report, text, &problem->place);
    for (const char *line = problem->hint.bytes; line && *line;) {
      size_t length = strcspn(line, "\n");
      check(report, isw_text_add(text, "\n  %.*s", (int)length, line));
      line += length + (line[length] == '\n');
    }
  }
  if (report->left_out) check(report, isw_text_add(text, "\n... and %zu more errors", report->left_out));
}

void isw_report_clear(struct isw_report *report)
{
  for (size_t i = 0; i < report->count; i++) {
    isw_text_clear(&report->problem[i].message);
    isw_text_clear(&report->problem[i].hint);
  }
  free(report->problem);
  report->problem = NULL;
  report->count = report->capacity = report->left_out = 0;
}
