/** @file The model room, all of it: what a network is, and the tables of named rows that it is made of. */
#ifndef INITSWEEP_MODEL_H
#define INITSWEEP_MODEL_H
#include "initsweep/exact.h"
#include "initsweep/model_functions.h"
#include "initsweep/model_initializers.h"
#include "initsweep/model_networks.h"
#include "initsweep/model_rows.h"
#include "initsweep/random.h"
#endif
