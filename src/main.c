/* The table of subcommands, nothing else. */
#include <stdio.h>
#include <string.h>
#include "initsweep/base.h"
#include "initsweep/commands.h"

static const struct isw_command commands[] = {
    {"run", "SWEEP [-o OUT] [--set P=V]... [--resume auto|never|extend] [--threads N] [--checkpoint S] [--quiet]",
     "trains every network of the grid; alone, or under mpirun or srun", isw_command_run},
    {"plan", "SWEEP [-o OUT] [--set P=V]... [--ranks R] [--threads T] [--json]",
     "networks, packs, FLOPs, memory, disk and time, without training", isw_command_plan},
    {"check", "SWEEP [--set P=V]...", "reads a sweep file and says what is wrong with it", isw_command_check},
    {"gather", "PARTS -o OUT",
     "the finished networks of a run under way, or of one that was stopped, as a results file", isw_command_gather},
    {"show", "FILE", "what is in a results file", isw_command_show},
    {"verify", "FILE [--sample N | --all] [--data FOLDER] [--threads N]",
     "trains networks of a results file again and compares every stored bit", isw_command_verify},
    {"replay", "FILE --network K [--every | --steps A,B,...] [--probes P,...] [-o CSV]",
     "trains one network of a results file again, recorded as asked, and shows that it is the same",
     isw_command_replay},
    {"list", "[TABLE] [--json]", "what sweep files may name, with formulas and sources", isw_command_list},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int print_help(void)
{
  printf("usage: initsweep COMMAND ...\n"
         "\n"
         "How does the way a neural network starts decide what it learns? Trains every network of a sweep file's grid\n"
         "and leaves one HDF5 file.\n"
         "\n");
  for (size_t i = 0; i < COMMANDS; i++)
    printf("  %-6s %s\n         %s\n", commands[i].name, commands[i].usage, commands[i].summary);
  printf("\n"
         "  --version   the version, how it was built, and its libraries' versions\n"
         "  --help      this; `initsweep COMMAND --help` shows a command's options and examples\n"
         "\n"
         "example:\n"
         "  mpirun -n 2 initsweep run sweep.yaml\n");
  return 0;
}

int main(int argc, char **argv)
{
  const char *names[COMMANDS];
  for (size_t i = 0; i < COMMANDS; i++) names[i] = commands[i].name;
  if (argc < 2) {
    fprintf(stderr, "initsweep: give a command: run, plan, check, gather, show, verify, replay, list\n  `initsweep "
                    "--help` shows all.\n");
    return ISW_BAD_INPUT;
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) return print_help();
  if (strcmp(argv[1], "--version") == 0) {
    isw_print_version();
    return 0;
  }
  for (size_t i = 0; i < COMMANDS; i++)
    if (strcmp(argv[1], names[i]) == 0) return commands[i].run(argc - 1, argv + 1);
  const char *nearest = isw_nearest_word(argv[1], names, COMMANDS);
  fprintf(stderr, "initsweep: unknown command '%s'\n", argv[1]);
  if (nearest) fprintf(stderr, "  did you mean '%s'? ", nearest);
  fprintf(stderr, "%s`initsweep --help` shows all.\n", nearest ? "" : "  ");
  return ISW_BAD_INPUT;
}
