/** @file Umbrella header of the model room: what a network is, and the tables of named rows that describe its parts. */
#ifndef INITSWEEP_MODEL_H
#define INITSWEEP_MODEL_H
#include "initsweep/exact.h"
#include "initsweep/model_functions.h"
#include "initsweep/model_initializers.h"
#include "initsweep/model_networks.h"
#include "initsweep/model_rows.h"
#include "initsweep/random.h"
#endif
