/* What the completion scripts of all shells share: fixed choices, and quoting. */
#include <string.h>
#include "console/console_internal.h"

static void write_word(FILE *out, size_t *written, const char *word, const char *end)
{
  fprintf(out, "%s%s%s", (*written)++ ? " " : "", word, end);
}

void isw_completion_write_choices(FILE *out, const struct isw_command *const *commands, enum isw_completion completion,
                                  const char *choices)
{
  size_t count, written = 0;
  const struct isw_table_view *tables = isw_tables(&count);
  const char *path;
  switch (completion) {
  case ISW_COMPLETE_CHOICES: fputs(choices, out); break;
  case ISW_COMPLETE_TABLES:
    for (size_t i = 0; i < count; i++) write_word(out, &written, tables[i].name, "");
    fputs(" settings", out);
    break;
  case ISW_COMPLETE_ROWS:
    for (size_t i = 0; i < count; i++)
      for (size_t row = 0; strcmp(tables[i].name, choices) == 0 && row < tables[i].count(); row++)
        write_word(out, &written, tables[i].row(row)->name, "");
    break;
  case ISW_COMPLETE_SETTINGS:
    for (size_t i = 0; (path = isw_sweep_setting_path(i)) != NULL; i++) write_word(out, &written, path, "=");
    break;
  case ISW_COMPLETE_COMMANDS:
    for (size_t i = 0; commands[i]; i++) write_word(out, &written, commands[i]->name, "");
    break;
  case ISW_COMPLETE_NOTHING:
  case ISW_COMPLETE_SWEEP:
  case ISW_COMPLETE_RESULT:
  case ISW_COMPLETE_FILE:
  case ISW_COMPLETE_FOLDER: break;
  }
}

void isw_completion_write_quoted(FILE *out, const char *text, bool colons)
{
  for (; *text; text++) {
    if (*text == '\'')
      fputs("'\\''", out);
    else
      fprintf(out, colons && strchr("[]:\\", *text) ? "\\%c" : "%c", *text);
  }
}
