/** @file Initialisers that depend on the layer's place, on the data or on a file; their rows stand in initializers.c. */
#ifndef INITSWEEP_MODEL_STARTS_H
#define INITSWEEP_MODEL_STARTS_H
#include "initsweep/model.h"

typedef bool isw_fill_from(const struct isw_choice *settings, const struct isw_start *start, size_t fan_out,
                           size_t fan_in, size_t columns, const struct isw_stream *stream, double *weight);
isw_fill_from isw_fill_target_mean, isw_fill_symmetric_pairs, isw_fill_lsuv, isw_fill_file;

/** The row `orthogonal` with gain 1. */
bool isw_fill_orthonormal(size_t fan_out, size_t fan_in, const struct isw_stream *stream, double *weight);

/** Words of symmetric_pairs' `output`. */
enum { ISW_PAIRS_POWER_OF_TWO, ISW_PAIRS_NORMAL };
#endif
