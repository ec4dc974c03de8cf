/* The program's entry, nothing else. */
#include "initsweep/commands.h"

int main(int argc, char **argv)
{
  return isw_commands_run(argc, argv);
}
