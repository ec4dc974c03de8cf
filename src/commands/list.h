/* The tables of named rows that `initsweep list` shows. */
#ifndef INITSWEEP_COMMANDS_LIST_H
#define INITSWEEP_COMMANDS_LIST_H
#include "initsweep/sweep.h"

enum { ISW_TABLES_MAX = 32 };
/* The sweep room's tables and the probes, which that room does not know, into all[ISW_TABLES_MAX]; returns their number. */
size_t isw_list_tables(struct isw_table_view *all);
#endif
