/* A writer of JSON (RFC 8259): commas, indentation, escapes and numbers in one place. It writes directly to a stream
 * and stores nothing but its nesting; it does not read JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "initsweep/console.h"

void isw_json_start(struct isw_json *json, FILE *out)
{
  *json = (struct isw_json){.out = out};
}

static void write_string(FILE *out, const char *text)
{
  fputc('"', out);
  for (size_t i = 0, length = strlen(text); i < length;) {
    uint32_t code;
    size_t size = isw_character(text + i, length - i, &code);
    if (code == ISW_NOT_UTF8)
      fputs("\\ufffd", out); /* the replacement character */
    else if (code == '"' || code == '\\')
      fprintf(out, "\\%c", (int)code);
    else if (!isw_character_is_hidden(code))
      fwrite(text + i, 1, size, out);
    else if (code < 0x10000)
      fprintf(out, "\\u%04x", (unsigned)code);
    else /* RFC 8259, section 7: a pair of surrogates */
      fprintf(out, "\\u%04x\\u%04x", 0xD800 + (unsigned)((code - 0x10000) >> 10), 0xDC00 + (unsigned)(code & 0x3FF));
    i += size;
  }
  fputc('"', out);
}

static void new_line(const struct isw_json *json)
{
  fputc('\n', json->out);
  for (size_t i = 0; i < json->depth; i++) fputs("  ", json->out);
}

/* Writes everything that precedes a value: a comma, a line break, the key. */
static void begin_value(struct isw_json *json, const char *key)
{
  if (json->depth > 0) {
    struct isw_json_level *level = &json->level[json->depth - 1];
    if (level->filled) fputs(level->lines ? "," : ", ", json->out);
    if (level->lines) new_line(json);
    level->filled = true;
  }
  if (!key) return;
  write_string(json->out, key);
  fputs(": ", json->out);
}

static void open_container(struct isw_json *json, const char *key, enum isw_json_layout layout, char opening,
                           char closing)
{
  begin_value(json, key);
  fputc(opening, json->out);
  if (json->depth >= ISW_JSON_DEPTH) abort(); /* the callers' nesting depth is fixed */
  json->level[json->depth++] = (struct isw_json_level){.closing = closing, .lines = layout == ISW_JSON_LINES};
}

void isw_json_object(struct isw_json *json, const char *key, enum isw_json_layout layout)
{
  open_container(json, key, layout, '{', '}');
}

void isw_json_array(struct isw_json *json, const char *key, enum isw_json_layout layout)
{
  open_container(json, key, layout, '[', ']');
}

void isw_json_close(struct isw_json *json)
{
  const struct isw_json_level level = json->level[--json->depth];
  if (level.lines && level.filled) new_line(json);
  fputc(level.closing, json->out);
  if (json->depth == 0) fputc('\n', json->out);
}

void isw_json_text(struct isw_json *json, const char *key, const char *text)
{
  begin_value(json, key);
  if (text)
    write_string(json->out, text);
  else
    fputs("null", json->out);
}

void isw_json_number(struct isw_json *json, const char *key, double number)
{
  begin_value(json, key);
  if (!isfinite(number)) {
    fputs("null", json->out);
    return;
  }
  char text[32];
  for (int digits = 15; digits <= 17; digits++) { /* the fewest digits that are read back as the same number */
    snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, NULL) == number) break;
  }
  fputs(text, json->out);
}

void isw_json_count(struct isw_json *json, const char *key, uint64_t count)
{
  begin_value(json, key);
  fprintf(json->out, "%llu", (unsigned long long)count);
}

void isw_json_bool(struct isw_json *json, const char *key, bool value)
{
  begin_value(json, key);
  fputs(value ? "true" : "false", json->out);
}
