/* What a stream of ours leads to: a terminal, its width, and whether it shows colours and more than ASCII. */
#ifndef INITSWEEP_COMMANDS_TERMINAL_H
#define INITSWEEP_COMMANDS_TERMINAL_H
#include <stdbool.h>
#include <stddef.h>

/* Whether what is written there can be written over: a terminal, and TERM does not say dumb. */
bool isw_terminal_redraws(int fd);
/* A terminal of that kind, and NO_COLOR is not set. */
bool isw_terminal_color(int fd);
/* A terminal, and the locale's characters are UTF-8. */
bool isw_terminal_utf8(int fd);
/* Columns: COLUMNS where it is a number, else the terminal's; 0 where there is neither. */
size_t isw_terminal_width(int fd);
#endif
