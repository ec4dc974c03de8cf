/** @file The size of a team, for the engine's files. */
#ifndef INITSWEEP_ENGINE_TEAM_H
#define INITSWEEP_ENGINE_TEAM_H
#include "initsweep/engine.h"

/** Members of a team; 1 if team is NULL. */
size_t isw_team_members(const struct isw_team *team);
#endif
