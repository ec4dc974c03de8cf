/* Comma-separated values, RFC 4180, from untrusted bytes: quoted fields, CRLF, LF or CR, a UTF-8 byte order
 * mark, empty lines (skipped), blanks around a field (dropped). Anything else that is not a table of finite numbers is
 * an error that names file, line, column (in bytes, from 1) and value. The file is read whole and cut into fields in
 * place.
 * Parameters: path, target, kind, header, delimiter, test_fraction, standardize, label_noise,
 * balance. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "datasets_internal.h"

#define FILE_MAX ((size_t)1 << 30)
enum { COLUMNS_MAX = 1 << 16, CLASSES_MAX = 10000, SHOWN = 40 };
enum { KIND_VALUES, KIND_BINARY, KIND_CLASSES };
enum { HEADER_AUTO, HEADER_PRESENT, HEADER_ABSENT };

struct field {
  char *text;
  size_t line, column;
};

struct reader {
  const char *path;
  char *bytes;
  size_t length, position, line, line_start;
  char delimiter;
  struct field *fields; /* of the last line that was read */
  size_t count, capacity;
  struct isw_error *error;
};

/* One line's label, for sorting. */
struct label {
  const char *text;
  double number;
  size_t sample;
};

/* The table that is being read. */
struct table {
  struct reader *reader;
  int kind;
  size_t columns, targets, samples, capacity;
  double largest[2];    /* magnitude of a feature, of a target */
  const char **names;   /* [columns] the header's, or NULL */
  size_t *target_of;    /* [columns] 0: a feature; else its target's number from 1 */
  double *values;       /* [samples][columns] */
  struct label *labels; /* [samples] of classes */
};

static enum isw_status fail(struct reader *reader, size_t line, size_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static enum isw_status fail(struct reader *reader, size_t line, size_t column, const char *format, ...)
{
  struct isw_text text = {0};
  va_list list;
  va_start(list, format);
  isw_text_add_list(&text, format, list);
  va_end(list);
  isw_error_set(reader->error, ISW_BAD_INPUT, "%s:%zu:%zu: %s", reader->path, line, column,
                text.bytes ? text.bytes : "");
  isw_text_clear(&text);
  return ISW_BAD_INPUT;
}

/* Formats a value for a message: its beginning, without control characters. */
static const char *shown(const char *value, char text[SHOWN + 4])
{
  size_t length = 0;
  for (; value[length] && length < SHOWN; length++) {
    unsigned char byte = (unsigned char)value[length];
    text[length] = byte < 0x20 || byte == 0x7f ? '?' : value[length];
  }
  bool cut = value[length] != '\0';
  while (cut && length > 0 && ((unsigned char)value[length] & 0xc0) == 0x80)
    length--; /* do not cut inside a UTF-8 character */
  strcpy(text + length, cut ? "..." : "");
  return text;
}

static bool at_line_end(const struct reader *reader)
{
  return reader->position == reader->length || reader->bytes[reader->position] == '\n' ||
         reader->bytes[reader->position] == '\r';
}

static void pass_line_end(struct reader *reader)
{
  if (reader->position == reader->length) return;
  if (reader->bytes[reader->position] == '\r' && reader->bytes[reader->position + 1] == '\n') reader->position++;
  reader->position++;
  reader->line++;
  reader->line_start = reader->position;
}

static bool at_blank(const struct reader *reader)
{
  char byte = reader->bytes[reader->position];
  return byte != reader->delimiter && (byte == ' ' || byte == '\t');
}

static bool at_field_end(const struct reader *reader)
{
  return at_line_end(reader) || reader->bytes[reader->position] == reader->delimiter;
}

/* Reads a quoted field, from its opening quote to after its closing one; "" becomes ". */
static enum isw_status read_quoted(struct reader *reader, struct field *field, char **end)
{
  char *to = reader->bytes + ++reader->position;
  field->text = to;
  for (;;) {
    if (reader->position == reader->length) return fail(reader, field->line, field->column, "the quote is not closed");
    char byte = reader->bytes[reader->position];
    if (byte == '"') {
      reader->position++;
      if (reader->bytes[reader->position] != '"') break;
      reader->position++;
    } else if (byte == '\n' || byte == '\r') {
      pass_line_end(reader);
      byte = '\n';
    } else {
      reader->position++;
    }
    *to++ = byte;
  }
  *end = to;
  while (at_blank(reader)) reader->position++;
  if (!at_field_end(reader))
    return fail(reader, reader->line, reader->position - reader->line_start + 1, "text after a closing quote");
  return ISW_OK;
}

static enum isw_status read_bare(struct reader *reader, struct field *field, char **end)
{
  field->text = *end = reader->bytes + reader->position;
  while (!at_field_end(reader)) {
    if (reader->bytes[reader->position] == '"')
      return fail(reader, reader->line, reader->position - reader->line_start + 1,
                  "a quote inside a field that does not begin with one");
    bool blank = at_blank(reader);
    reader->position++;
    if (!blank) *end = reader->bytes + reader->position;
  }
  return ISW_OK;
}

/* Reads a field and ends its text with a NUL, which may overwrite the delimiter: *more is set to whether there was
 * one. */
static enum isw_status read_field(struct reader *reader, bool *more)
{
  if (reader->count == reader->capacity) {
    if (reader->count == COLUMNS_MAX)
      return fail(reader, reader->line, reader->position - reader->line_start + 1, "more than %d fields", COLUMNS_MAX);
    size_t capacity = reader->capacity ? 2 * reader->capacity : 16;
    struct field *fields = realloc(reader->fields, capacity * sizeof *fields);
    if (!fields) return isw_error_memory(reader->error, capacity * sizeof *fields, "fields");
    reader->fields = fields;
    reader->capacity = capacity;
  }
  struct field *field = &reader->fields[reader->count++];
  while (at_blank(reader)) reader->position++;
  field->line = reader->line;
  field->column = reader->position - reader->line_start + 1;
  char *end = reader->bytes + reader->position;
  enum isw_status status =
      reader->bytes[reader->position] == '"' ? read_quoted(reader, field, &end) : read_bare(reader, field, &end);
  if (status != ISW_OK) return status;
  *more = !at_line_end(reader);
  if (*more)
    reader->position++;
  else
    pass_line_end(reader);
  *end = '\0';
  return ISW_OK;
}

/* Reads the next line that is not empty; reader->count is 0 at the end of the file. */
static enum isw_status read_line(struct reader *reader)
{
  reader->count = 0;
  while (reader->position < reader->length && at_line_end(reader)) pass_line_end(reader);
  bool more = reader->position < reader->length;
  while (more) {
    enum isw_status status = read_field(reader, &more);
    if (status != ISW_OK) return status;
  }
  return ISW_OK;
}

enum number { NUMBER, NO_NUMBER, TOO_LARGE };

/* Accepts decimal numbers only: strtod also accepts hexadecimal, inf and nan. The program always uses the C locale. */
static enum number read_number(const char *text, double *value)
{
  if (text[0] == '\0' || text[strspn(text, "+-.0123456789eE")] != '\0') return NO_NUMBER;
  char *end;
  *value = strtod(text, &end);
  if (*end != '\0') return NO_NUMBER;
  return isfinite(*value) ? NUMBER : TOO_LARGE;
}

static bool is_header(const struct reader *reader, int header)
{
  if (header != HEADER_AUTO) return header == HEADER_PRESENT;
  double value;
  for (size_t c = 0; c < reader->count; c++)
    if (read_number(reader->fields[c].text, &value) != NO_NUMBER) return false;
  return true;
}

/* Finds a target column by name, by number from 1, or "last". */
static enum isw_status find_column(const struct table *table, const char *word, size_t *column)
{
  struct reader *reader = table->reader;
  char text[SHOWN + 4];
  size_t found = 0;
  for (size_t c = 0; table->names && c < table->columns; c++)
    if (strcmp(table->names[c], word) == 0) {
      *column = c;
      found++;
    }
  if (found == 1) return ISW_OK;
  if (found > 1)
    return isw_error_set(reader->error, ISW_BAD_INPUT, "%s: %zu columns have the name '%s'; give the target by number",
                         reader->path, found, shown(word, text));
  *column = table->columns - 1;
  if (strcmp(word, "last") == 0) return ISW_OK;
  char *end;
  unsigned long number = word[0] >= '0' && word[0] <= '9' ? strtoul(word, &end, 10) : 0;
  if (number >= 1 && *end == '\0') {
    if (number > table->columns)
      return isw_error_set(reader->error, ISW_BAD_INPUT, "%s: target column %s of %zu columns", reader->path,
                           shown(word, text), table->columns);
    *column = number - 1;
    return ISW_OK;
  }
  const char *nearest = table->names ? isw_nearest_word(word, table->names, table->columns) : NULL;
  if (nearest) {
    char other[SHOWN + 4];
    return isw_error_set(reader->error, ISW_BAD_INPUT, "%s has no column '%s'; did you mean '%s'?", reader->path,
                         shown(word, text), shown(nearest, other));
  }
  return isw_error_set(reader->error, ISW_BAD_INPUT, "%s has no column '%s' (columns 1..%zu%s)", reader->path,
                       shown(word, text), table->columns, table->names ? "" : ", without names");
}

/* Splits the list of target columns at its commas. */
static enum isw_status find_targets(struct table *table, const char *list)
{
  char *copy = isw_copy_text(list), *rest = copy, *word;
  if (!copy) return isw_error_memory(table->reader->error, strlen(list) + 1, "target");
  enum isw_status status = ISW_OK;
  while (status == ISW_OK && (word = strsep(&rest, ","))) {
    size_t column = 0;
    word += strspn(word, " \t");
    for (size_t n = strlen(word); n > 0 && (word[n - 1] == ' ' || word[n - 1] == '\t'); n--) word[n - 1] = '\0';
    status = find_column(table, word, &column);
    if (status == ISW_OK && table->target_of[column])
      status = isw_error_set(table->reader->error, ISW_BAD_INPUT, "%s: column %zu is named twice as target",
                             table->reader->path, column + 1);
    else if (status == ISW_OK)
      table->target_of[column] = ++table->targets;
  }
  free(copy);
  if (status != ISW_OK) return status;
  if (table->kind != KIND_VALUES && table->targets != 1)
    return isw_error_set(table->reader->error, ISW_BAD_INPUT, "%s: one target column is wanted for this kind, not %zu",
                         table->reader->path, table->targets);
  if (table->targets == table->columns)
    return isw_error_set(table->reader->error, ISW_BAD_INPUT, "%s: no column is left as a feature",
                         table->reader->path);
  return ISW_OK;
}

/* Determines the columns from the first line. */
/* A line of one field that another separator would divide. */
static enum isw_status check_separator(const struct table *table)
{
  static const struct {
    char byte;
    const char *name;
  } others[] = {{',', "comma"}, {';', "semicolon"}, {'\t', "tab"}};
  struct reader *reader = table->reader;
  for (size_t i = 0; reader->count == 1 && i < sizeof others / sizeof *others; i++)
    if (others[i].byte != reader->delimiter && strchr(reader->fields[0].text, others[i].byte))
      return fail(reader, reader->fields[0].line, reader->fields[0].column,
                  "the line has no '%s', but a %s: set delimiter: %s",
                  reader->delimiter == '\t'  ? "tab"
                  : reader->delimiter == ';' ? ";"
                                             : ",",
                  others[i].name, others[i].name);
  return ISW_OK;
}

static enum isw_status open_table(struct table *table, const struct isw_choice *settings)
{
  struct reader *reader = table->reader;
  enum isw_status status = read_line(reader);
  if (status != ISW_OK) return status;
  if (reader->count == 0) return isw_error_set(reader->error, ISW_BAD_INPUT, "%s is empty", reader->path);
  if ((status = check_separator(table)) != ISW_OK) return status;
  table->columns = reader->count;
  table->target_of = isw_allocate(table->columns, sizeof *table->target_of);
  if (!table->target_of) return isw_error_memory(reader->error, table->columns * sizeof *table->target_of, "columns");
  if (is_header(reader, (int)settings->value[3].number)) {
    table->names = isw_allocate(table->columns, sizeof *table->names);
    if (!table->names) return isw_error_memory(reader->error, table->columns * sizeof *table->names, "column names");
    for (size_t c = 0; c < table->columns; c++) table->names[c] = reader->fields[c].text;
  }
  return find_targets(table, settings->value[1].text);
}

static enum isw_status read_value(struct table *table, size_t column, double *value)
{
  struct reader *reader = table->reader;
  const struct field *field = &reader->fields[column];
  bool target = table->target_of[column] != 0;
  char text[SHOWN + 4], name[SHOWN + 4], where[SHOWN + 64];
  if (table->names)
    snprintf(where, sizeof where, "column '%s'", shown(table->names[column], name));
  else
    snprintf(where, sizeof where, "column %zu", column + 1);
  if (field->text[0] == '\0') return fail(reader, field->line, field->column, "missing value in %s", where);
  if (target && table->kind == KIND_CLASSES) {
    *value = 0.0;
    return ISW_OK;
  }
  switch (read_number(field->text, value)) {
  case NUMBER: break;
  case NO_NUMBER:
    return fail(reader, field->line, field->column, "'%s' in %s is not a finite number", shown(field->text, text),
                where);
  case TOO_LARGE:
    return fail(reader, field->line, field->column, "'%s' in %s is too large", shown(field->text, text), where);
  }
  if (!(fabs(*value) <= table->largest[target]))
    return fail(reader, field->line, field->column,
                "'%s' in %s (sample %zu) is not finite in float32: set precision: float64", shown(field->text, text),
                where, table->samples + 1);
  if (target && table->kind == KIND_BINARY && *value != 0.0 && *value != 1.0)
    return fail(reader, field->line, field->column, "'%s' in %s is neither 0 nor 1", shown(field->text, text), where);
  return ISW_OK;
}

/* Makes room for one more sample. */
static enum isw_status reserve(struct table *table)
{
  if (table->samples < table->capacity) return ISW_OK;
  size_t capacity = table->capacity ? 2 * table->capacity : 64, numbers, bytes;
  if (!isw_multiply(capacity, table->columns, &numbers) || !isw_multiply(numbers, sizeof(double), &bytes) ||
      bytes / 2 > ISW_DATA_BYTES_MAX)
    return isw_error_set(table->reader->error, ISW_BAD_INPUT, "%s has more than %zu GiB of numbers",
                         table->reader->path, ISW_DATA_BYTES_MAX >> 30);
  double *values = realloc(table->values, bytes);
  if (!values) return isw_error_memory(table->reader->error, bytes, "samples");
  table->values = values;
  struct label *labels = realloc(table->labels, table->kind == KIND_CLASSES ? capacity * sizeof *labels : 1);
  if (!labels) return isw_error_memory(table->reader->error, capacity * sizeof *labels, "labels");
  table->labels = labels;
  table->capacity = capacity;
  return ISW_OK;
}

/* Adds the last line that was read as a sample. */
static enum isw_status add_sample(struct table *table)
{
  struct reader *reader = table->reader;
  if (reader->count != table->columns)
    return fail(reader, reader->fields[0].line, reader->fields[0].column, "%zu fields; the first line has %zu",
                reader->count, table->columns);
  enum isw_status status = reserve(table);
  for (size_t c = 0; status == ISW_OK && c < table->columns; c++) {
    status = read_value(table, c, &table->values[table->samples * table->columns + c]);
    if (table->kind == KIND_CLASSES && table->target_of[c])
      table->labels[table->samples] = (struct label){.text = reader->fields[c].text, .sample = table->samples};
  }
  if (status == ISW_OK) table->samples++;
  return status;
}

static enum isw_status read_samples(struct table *table)
{
  struct reader *reader = table->reader;
  enum isw_status status = table->names ? read_line(reader) : ISW_OK;
  while (status == ISW_OK && reader->count > 0 && !isw_interrupted()) {
    status = add_sample(table);
    if (status == ISW_OK) status = read_line(reader);
  }
  if (status == ISW_OK && table->samples == 0)
    return isw_error_set(reader->error, ISW_BAD_INPUT, "%s has no sample", reader->path);
  return status;
}

static int compare_numbers(const void *a, const void *b)
{
  double x = ((const struct label *)a)->number, y = ((const struct label *)b)->number;
  return (x > y) - (x < y);
}

static int compare_texts(const void *a, const void *b)
{
  return strcmp(((const struct label *)a)->text, ((const struct label *)b)->text);
}

/* Numbers the labels in ascending order and writes each sample's into target[sample]. */
static enum isw_status number_labels(struct table *table, double *target, size_t *classes)
{
  bool numbers = true;
  for (size_t s = 0; s < table->samples; s++)
    if (read_number(table->labels[s].text, &table->labels[s].number) != NUMBER) numbers = false;
  int (*compare)(const void *, const void *) = numbers ? compare_numbers : compare_texts;
  qsort(table->labels, table->samples, sizeof *table->labels, compare);
  size_t class = 0;
  for (size_t s = 0; s < table->samples; s++) {
    if (s > 0 && compare(&table->labels[s - 1], &table->labels[s]) != 0) class ++;
    target[table->labels[s].sample] = (double)class;
  }
  *classes = class + 1;
  if (*classes < 2 || *classes > CLASSES_MAX)
    return isw_error_set(table->reader->error, ISW_BAD_INPUT,
                         "%s: the target column has %zu different labels; 2..%d make classes", table->reader->path,
                         *classes, CLASSES_MAX);
  return ISW_OK;
}

static enum isw_status fill_data(struct table *table, struct isw_data *data)
{
  data->features = table->columns - table->targets;
  data->targets = table->targets;
  data->kind = table->kind == KIND_VALUES   ? ISW_TARGETS_VALUES
               : table->kind == KIND_BINARY ? ISW_TARGETS_BINARY
                                            : ISW_TARGETS_CLASSES;
  data->classes = table->kind == KIND_BINARY ? 2 : 0;
  enum isw_status status = isw_data_allocate(data, table->samples, table->reader->error);
  if (status != ISW_OK) return status;
  double *input = data->train_inputs;
  for (size_t s = 0; s < table->samples; s++)
    for (size_t c = 0; c < table->columns; c++) {
      double value = table->values[s * table->columns + c];
      if (table->target_of[c])
        data->train_targets[s * table->targets + table->target_of[c] - 1] = value;
      else
        *input++ = value;
    }
  if (table->kind != KIND_CLASSES) return ISW_OK;
  return number_labels(table, data->train_targets, &data->classes);
}

/* Rejects bytes that no CSV file contains, and skips a byte order mark. */
static enum isw_status check_bytes(struct reader *reader)
{
  const unsigned char *bytes = (const unsigned char *)reader->bytes;
  if (reader->length >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff)))
    return isw_error_set(reader->error, ISW_BAD_INPUT, "%s is UTF-16; save it as UTF-8", reader->path);
  size_t line = 1, line_start = 0;
  for (size_t i = 0; i < reader->length; i++) {
    if (bytes[i] == '\0') return fail(reader, line, i - line_start + 1, "a NUL byte: this is no text");
    if (bytes[i] == '\n' || (bytes[i] == '\r' && bytes[i + 1] != '\n')) {
      line++;
      line_start = i + 1;
    }
  }
  if (reader->length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) reader->position = reader->line_start = 3;
  return ISW_OK;
}

static enum isw_status load(const struct isw_choice *settings, uint64_t seed, const char *folder, struct isw_data *data,
                            struct isw_error *error)
{
  static const char delimiters[] = {',', ';', '\t'};
  struct isw_text full = {0};
  if (isw_data_path(folder, settings->value[0].text, &full, error) != ISW_OK) return ISW_FAILED;
  struct reader reader = {
      .path = full.bytes, .line = 1, .delimiter = delimiters[(size_t)settings->value[4].number], .error = error};
  enum isw_standardize standardized = (enum isw_standardize)settings->value[6].number;
  struct table table = {.reader = &reader,
                        .kind = (int)settings->value[2].number,
                        .largest = {data->largest, data->largest}}; /* standardised numbers are checked later */
  if (standardized != ISW_STANDARDIZE_NONE) table.largest[0] = (double)INFINITY;
  if (standardized == ISW_STANDARDIZE_ALL && table.kind == KIND_VALUES) table.largest[1] = (double)INFINITY;
  enum isw_status status = isw_file_read(full.bytes, FILE_MAX, ISW_REGULAR_FILE, &reader.bytes, &reader.length, error);
  if (status == ISW_OK) status = check_bytes(&reader);
  if (status == ISW_OK) status = open_table(&table, settings);
  if (status == ISW_OK) status = read_samples(&table);
  if (status == ISW_OK) status = fill_data(&table, data);
  const struct isw_finish finish = {.test_fraction = settings->value[5].number,
                                    .standardize = standardized,
                                    .label_noise = settings->value[7].number,
                                    .balance = settings->value[8].number == 1.0};
  if (status == ISW_OK) status = isw_data_finish(data, seed, &finish, error);
  free(table.names);
  free(table.target_of);
  free(table.values);
  free(table.labels);
  free(reader.fields);
  free(reader.bytes);
  isw_text_clear(&full);
  return status;
}

static const char *const headers[] = {"auto", "present", "absent", NULL};

static const char *const delimiters[] = {"comma", "semicolon", "tab", NULL};

static const char *const target_kinds[] = {"values", "binary", "classes", NULL};

const struct isw_dataset isw_dataset_csv = {
    .row = {"csv",
            {ISW_PATH_PARAMETER("path", NULL, "the file; a relative path starts at the sweep file's folder"),
             ISW_TEXT_PARAMETER("target", "last",
                                "target column: name, number from 1, or 'last'; several are separated by commas"),
             ISW_WORD_PARAMETER("kind", target_kinds,
                                "targets: numbers, one column of 0 and 1, or one column of class labels"),
             ISW_WORD_PARAMETER("header", headers,
                                "whether the first line has names; auto: if none of its fields is a number"),
             ISW_WORD_PARAMETER("delimiter", delimiters, "separator of fields"), ISW_TEST_FRACTION(0.2),
             ISW_STANDARDIZE_BOTH, ISW_LABEL_NOISE, ISW_BALANCE},
            "one sample a line, numbers; class labels are numbered in ascending order (text: by its bytes)",
            "RFC 4180"},
    .load = load,
};
