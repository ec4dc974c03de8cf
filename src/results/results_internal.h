/** @file A results file open for reading; for read.c (columns) and read_network.c (one network, bit for bit). */
#ifndef INITSWEEP_RESULTS_INTERNAL_H
#define INITSWEEP_RESULTS_INTERNAL_H
#include "initsweep/hdf5_handles.h"
#include "initsweep/results.h"

enum { FORMAT_VERSION = 1 };
#define FORMAT_NAME "initsweep results"
#define PROVENANCE_GROUP "provenance"

struct dataset {
  struct isw_results_dataset view;
  hid_t id;
  char *name;
  bool has_fill;
  double fill;
};

struct isw_results {
  hid_t file;
  char *path;
  uint64_t networks, identity;
  hsize_t records, layers, parameters;
  struct dataset *datasets;
  size_t dataset_count, dataset_capacity;
  char **kept; /* texts handed out */
  size_t kept_count;
  char *last_text;
  void *values, *weights[2]; /* of the last isw_results_network */
};

/** The dataset of a name along `network`, or NULL. */
const struct dataset *results_find(const struct isw_results *results, const char *name);
#endif
