/* The table of subcommands, nothing else. */
#include "initsweep/commands.h"

const struct isw_command *const isw_commands[] = {
    &isw_command_new,
    &isw_command_check,
    &isw_command_plan,
    &isw_command_run,
    &isw_command_gather,
    &isw_command_show,
    &isw_command_verify,
    &isw_command_replay,
    &isw_command_list,
    &isw_command_help,
    NULL,
};

int main(int argc, char **argv)
{
  return isw_commands_run(argc, argv);
}
