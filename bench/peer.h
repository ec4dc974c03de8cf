/** @file What a peer written in C provides; peer_main.c does the rest. Compiled once per precision, with REAL float or
 *  double. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H
#include <stdbool.h>
#include "case_file.h"

struct peer;
/** Ready to train networks of a case; NULL where memory ran out or the peer cannot train such a case. */
struct peer *peer_create(const struct case_file *file);
void peer_destroy(struct peer *peer);
/** Starts over with network `network`'s initial weights. */
void peer_start(struct peer *peer, const struct case_file *file, uint64_t network);
/** One step on minibatch `batch` of the epoch. */
void peer_step(struct peer *peer, const struct case_file *file, uint64_t batch);
/** The loss of all samples; NaN where the peer has no such loss. */
double peer_loss(struct peer *peer, const struct case_file *file);
#endif
