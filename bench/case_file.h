/** @file A benchmark case as the engine hands it to the peers: the samples, the order of the minibatches, the initial
 *  weights of 16 networks and the loss that the engine reaches. Written by engine_bench, read by peers.py and the C
 *  peers.
 *
 *  Every number is 8 bytes, little-endian: the head (16 uint64, 1 float64), then the arrays below in their order,
 *  float64 (of the case's precision, so exact). */
#ifndef BENCH_CASE_FILE_H
#define BENCH_CASE_FILE_H
#include <stdint.h>

enum { CASE_LAYERS_MAX = 7, CASE_NETWORKS = 16, CASE_CHECK_STEPS = 10 };
#define CASE_MAGIC UINT64_C(0x3145534143575349) /* "ISWCASE1" */

struct case_head {
  uint64_t magic;
  uint64_t layers;                    /**< weight layers */
  uint64_t size[CASE_LAYERS_MAX + 1]; /**< [layers + 1], then zeros */
  uint64_t samples;
  uint64_t batch;      /**< divides samples */
  uint64_t classes;    /**< 0: values and mse; else labels and cross_entropy */
  uint64_t networks;   /**< CASE_NETWORKS */
  uint64_t parameters; /**< of one network */
  uint64_t real_bytes; /**< 4 or 8 */
  double learning_rate;
};

struct case_file {
  struct case_head head;
  double *inputs;  /**< [samples][features] in the order of the first epoch: batch b is rows b * batch on */
  double *targets; /**< [samples] one value or label, in the same order */
  double *weights; /**< [networks][parameters]: layer after layer weight [fan_out][fan_in], then bias [fan_out] */
  double *losses;  /**< [networks] the engine's loss of all samples after CASE_CHECK_STEPS steps */
};
#endif
