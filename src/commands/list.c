/* initsweep list: prints the tables of named rows, and the reference of settings. */
#include <string.h>
#include "initsweep/commands.h"
#include "initsweep/console.h"

struct request {
  bool json, markdown;
};

static int handle(void *state, int code, const char *argument)
{
  struct request *request = state;
  (void)argument;
  request->json |= code == 'j';
  request->markdown |= code == 'm';
  return 0;
}

static int report_unknown_table(const char *name, const struct isw_table_view *tables, size_t count)
{
  const char *names[ISW_TABLES + 1];
  for (size_t i = 0; i < count; i++) names[i] = tables[i].name;
  names[count] = "settings";
  const char *nearest = isw_nearest_word(name, names, count + 1);
  if (nearest)
    return isw_usage_error("list", "unknown table '%s'\n  did you mean '%s'? `initsweep list` shows all.", name,
                           nearest);
  return isw_usage_error("list", "unknown table '%s'\n  `initsweep list` shows all.", name);
}

static void print_names(const struct isw_table_view *tables, size_t count)
{
  for (size_t i = 0; i < count; i++) isw_table_write_names(stdout, &tables[i]);
  printf("%-18severy setting of a sweep file, with its default\n\n"
         "`initsweep list TABLE` shows formulas, parameters and sources.\n",
         "settings");
}

static void print_json(const struct isw_table_view *tables, size_t count)
{
  struct isw_json json;
  isw_json_start(&json, stdout);
  isw_json_array(&json, NULL, ISW_JSON_LINES);
  for (size_t i = 0; i < count; i++) isw_table_write_json(&json, &tables[i]);
  isw_json_close(&json);
}

static int run(int argc, char **argv)
{
  struct request request = {0};
  const char *name;
  int result;
  if (!isw_parse_options(&isw_command_list, argc, argv, handle, &request, &name, &result)) return result;
  size_t count, found = 0;
  const struct isw_table_view *tables = isw_tables(&count);
  if (name && strcmp(name, "settings") == 0) {
    if (request.json) return isw_usage_error("list", "settings have no --json; --markdown prints the reference");
    isw_sweep_write_reference(stdout, tables, count);
    return 0;
  }
  if (request.markdown)
    return isw_usage_error("list", "--markdown needs settings: `initsweep list settings --markdown`");
  while (name && found < count && strcmp(tables[found].name, name) != 0) found++;
  if (name && found == count) return report_unknown_table(name, tables, count);
  const struct isw_table_view *chosen = name ? &tables[found] : tables;
  if (request.json)
    print_json(chosen, name ? 1 : count);
  else if (name)
    isw_table_write_text(stdout, chosen);
  else
    print_names(tables, count);
  return 0;
}

static const struct isw_option options[] = {
    ISW_OPTION_JSON,
    {.name = "markdown",
     .code = 'm',
     .about = "with settings: prints the whole sweep-file reference, docs/sweep-file-reference.md"},
    {0},
};
static const char *const examples[] = {"initsweep list", "initsweep list initializers", "initsweep list probes --json",
                                       NULL};

const struct isw_command isw_command_list = {
    .name = "list",
    .argument = "[TABLE]",
    .argument_about = "at most one table",
    .completion = ISW_COMPLETE_TABLES,
    .summary = "shows what sweep files may name, with formulas and sources",
    .about = "Shows what sweep files may name: initializers, activations, normalizations, losses, optimizers, "
             "schedules, masks, parametrizations, datasets, probes, settings. Without TABLE: the names of all tables "
             "and of their rows.",
    .options = options,
    .examples = examples,
    .run = run,
};
