/* What gathering consists of: processor seconds of each phase, on one thread, for the journals of a run folder.
 *
 *   gather_phases PARTS OUT            index, read, decode, compress, hash, write, sync (OUT is written and removed)
 *   mpirun -n 2 gather_phases send     seconds per byte of a message of 32 MiB between two ranks, the best of 20
 *
 * Prints JSON: seconds, and bytes of the journals, of the numbers, and of the compressed chunks. `index` reads every
 * journal once and compares its checksums; `read` reads the networks in grid order, which compares them again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "initsweep/sweep.h"
#include "results/results_internal.h"
#include "run/run_internal.h"

enum { MESSAGE_BYTES = 32 << 20, MESSAGES = 20 };

static double processor_seconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void expect(enum isw_status status, const struct isw_error *error)
{
  if (status == ISW_OK) return;
  fprintf(stderr, "gather_phases: %s\n", isw_error_text(error));
  exit(1);
}

struct output {
  struct isw_results_writer *writer;
  double seconds, bytes;
};

static enum isw_status write_timed(void *context, const struct isw_part_chunk *chunk, struct isw_error *error)
{
  struct output *output = context;
  double start = processor_seconds();
  enum isw_status status = isw_results_writer_put(output->writer, chunk, error);
  output->seconds += processor_seconds() - start;
  if (chunk->bytes) output->bytes += (double)chunk->size;
  return status;
}

static double numbers_of(const struct isw_outline *o, const struct isw_part *part)
{
  const struct isw_output *outputs = part->kind == ISW_PART_WEIGHTS ? o->weights : o->outputs;
  double bytes = 0;
  for (size_t i = 0; i < (part->kind == ISW_PART_WEIGHTS ? 2 : o->output_count); i++)
    if (outputs[i].block) bytes += (double)part->networks * (double)(outputs[i].items * outputs[i].layout.item);
  return bytes;
}

static void measure(const char *parts, const char *out)
{
  struct isw_run_manifest manifest;
  struct isw_sweep *sweep;
  struct isw_index *index;
  struct isw_description description;
  struct isw_part_maker *maker;
  struct output output = {0};
  struct isw_error error = {0};
  bool there;
  expect(isw_run_manifest_read(parts, &manifest, &there, &error), &error);
  if (!there) expect(isw_error_set(&error, ISW_BAD_INPUT, "%s is no run folder", parts), &error);
  const struct isw_overrides overrides = {(const char **)manifest.overrides, manifest.override_count};
  expect(isw_load_stored_sweep(manifest.file, manifest.folder, manifest.text, strlen(manifest.text), &overrides, &sweep,
                               &error),
         &error);
  double start = processor_seconds(), read = 0, decode = 0, made = 0, hash = 0, numbers = 0;
  expect(isw_index_create(parts, manifest.identity, isw_sweep_networks(sweep),
                          isw_precision_bytes(isw_sweep_precision(sweep)), &index, &error),
         &error);
  double indexed = processor_seconds() - start, journal = 0;
  expect(isw_description_create(&description, sweep, &error), &error);
  expect(isw_results_writer_create(out, &description.head, &output.writer, &error), &error);
  expect(isw_part_maker_create(out, &description.head, &maker, &error), &error);
  start = processor_seconds();
  for (uint64_t k = 0; k < isw_sweep_networks(sweep); k++) {
    struct isw_finished finished;
    if (!isw_index_has(index, k)) continue;
    expect(isw_index_read(index, k, &finished, &error), &error);
    double weights = (double)finished.parameters * (double)description.head.real_bytes;
    journal += (double)finished.values_bytes + (finished.weights_initial ? weights : 0) +
               (finished.weights_final ? weights : 0);
  }
  read = processor_seconds() - start;
  maker->outline.error = &error;
  for (uint64_t i = 0; i < isw_parts_count(maker); i++) {
    const struct isw_part part = isw_parts_get(maker, i);
    size_t bytes;
    start = processor_seconds();
    expect(part.kind == ISW_PART_WEIGHTS ? isw_part_maker_read_weights(maker, &part, index)
                                         : isw_part_maker_read(maker, &part, index),
           &error);
    decode += processor_seconds() - start;
    start = processor_seconds();
    expect(isw_part_make(maker, i, index, write_timed, &output, &error), &error);
    made += processor_seconds() - start;
    start = processor_seconds();
    isw_part_hash(maker, i, isw_results_writer_hashes(output.writer, part.kind, &bytes));
    hash += processor_seconds() - start;
    numbers += numbers_of(&maker->outline, &part);
  }
  start = isw_clock();
  expect(isw_results_writer_complete(output.writer, &error), &error);
  double sync = isw_clock() - start;
  unlink(out);
  printf("{\"networks\": %llu, \"journal\": %.0f, \"numbers\": %.0f, \"chunks\": %.0f, \"seconds\": {\"index\": %.4f, "
         "\"read\": %.4f, \"decode\": %.4f, \"compress\": %.4f, \"hash\": %.4f, \"write\": %.4f, \"sync\": %.4f}}\n",
         (unsigned long long)isw_index_count(index), journal, numbers, output.bytes, indexed, read, decode - read,
         made - decode - output.seconds, hash, output.seconds, sync);
  isw_part_maker_destroy(maker);
  isw_description_clear(&description);
  isw_index_destroy(index);
  isw_sweep_destroy(sweep);
  isw_run_manifest_clear(&manifest);
}

static void measure_messages(struct isw_cluster *cluster)
{
  struct isw_error error = {0};
  struct isw_mail *mail;
  double best = 1e9;
  unsigned rank = isw_cluster_rank(cluster);
  expect(isw_mail_open(cluster, &mail, &error), &error);
  for (int i = 0; i < MESSAGES; i++) {
    void *bytes = NULL;
    size_t length = MESSAGE_BYTES;
    if (rank == 1) {
      bytes = malloc(length);
      if (!bytes) expect(isw_error_memory(&error, length, "a message"), &error);
      memset(bytes, i, length);
      expect(isw_mail_send(mail, 0, 0, calloc(1, 1), 1, &error), &error); /* so that rank 0 does not time the memset */
      expect(isw_mail_send(mail, 0, 0, bytes, length, &error), &error);
      expect(isw_mail_receive(mail, 0, 0, &bytes, &length, &error), &error);
      free(bytes);
    } else if (rank == 0) {
      expect(isw_mail_receive(mail, 1, 0, &bytes, &length, &error), &error);
      free(bytes);
      double start = isw_clock();
      expect(isw_mail_receive(mail, 1, 0, &bytes, &length, &error), &error);
      double seconds = isw_clock() - start;
      if (seconds < best) best = seconds;
      expect(isw_mail_send(mail, 1, 0, bytes, 1, &error), &error);
    }
  }
  expect(isw_mail_close(mail, ISW_OK, &error), &error);
  if (rank == 0) printf("{\"seconds_per_byte\": %.4g}\n", best / MESSAGE_BYTES);
}

int main(int argc, char **argv)
{
  struct isw_cluster *cluster;
  struct isw_error error = {0};
  expect(isw_cluster_create(&argc, &argv, &cluster, &error), &error);
  if (argc == 2 && strcmp(argv[1], "send") == 0 && isw_cluster_size(cluster) == 2)
    measure_messages(cluster);
  else if (argc == 3 && isw_cluster_size(cluster) == 1)
    measure(argv[1], argv[2]);
  else
    fprintf(stderr, "usage: gather_phases PARTS OUT | mpirun -n 2 gather_phases send\n");
  isw_cluster_destroy(cluster);
  return 0;
}
