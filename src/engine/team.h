/** @file How many a team is; for the training loop. */
#ifndef INITSWEEP_ENGINE_TEAM_H
#define INITSWEEP_ENGINE_TEAM_H
#include "initsweep/engine.h"

/** Members of a team; 1 where there is none. */
size_t isw_team_members(const struct isw_team *team);
#endif
