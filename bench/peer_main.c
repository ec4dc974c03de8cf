/* The requests that every C peer answers, from standard input, one a line, with a JSON line each:
 *   check PATH             losses of all networks after CASE_CHECK_STEPS steps
 *   measure PATH SECONDS   network-steps a second, one network after the other */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "peer.h"

static double now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void drop(struct case_file *file)
{
  free(file->inputs);
  free(file->targets);
  free(file->weights);
  free(file->losses);
}

static double *take(FILE *from, uint64_t count)
{
  double *numbers = malloc(count * sizeof *numbers);
  if (numbers && fread(numbers, sizeof *numbers, count, from) == count) return numbers;
  free(numbers);
  return NULL;
}

static bool read_case(const char *path, struct case_file *file)
{
  *file = (struct case_file){0};
  FILE *from = fopen(path, "rb");
  if (!from) return false;
  const struct case_head *head = &file->head;
  bool good = fread(&file->head, sizeof file->head, 1, from) == 1 && head->magic == CASE_MAGIC && head->layers >= 1 &&
              head->layers <= CASE_LAYERS_MAX;
  good = good && (file->inputs = take(from, head->samples * head->size[0]));
  good = good && (file->targets = take(from, head->samples));
  good = good && (file->weights = take(from, head->networks * head->parameters));
  good = good && (file->losses = take(from, head->networks));
  fclose(from);
  if (!good) drop(file);
  return good;
}

static void check(struct peer *peer, const struct case_file *file)
{
  printf("{\"losses\": [");
  for (uint64_t n = 0; n < file->head.networks; n++) {
    peer_start(peer, file, n);
    for (uint64_t t = 0; t < CASE_CHECK_STEPS; t++) peer_step(peer, file, t % (file->head.samples / file->head.batch));
    double loss = peer_loss(peer, file);
    if (isfinite(loss))
      printf("%s%.17g", n ? ", " : "", loss);
    else
      printf("%snull", n ? ", " : "");
  }
  printf("]}\n");
}

/* A thousand steps a network keep what a new network costs out of the rate. */
static void measure(struct peer *peer, const struct case_file *file, double seconds)
{
  const uint64_t batches = file->head.samples / file->head.batch;
  uint64_t steps = 0;
  peer_start(peer, file, 0);
  peer_step(peer, file, 0);
  double start = now(), elapsed = 0.0;
  for (uint64_t n = 0; elapsed < seconds; n++) {
    peer_start(peer, file, n % file->head.networks);
    for (uint64_t t = 0; t < 1000 && elapsed < seconds; t++) {
      peer_step(peer, file, t % batches);
      steps++;
      if (steps % 8 == 0) elapsed = now() - start;
    }
  }
  printf("{\"rate\": %.9g, \"steps\": %" PRIu64 ", \"seconds\": %.6g}\n", (double)steps / elapsed, steps, elapsed);
}

static void answer(const char *what, const char *path, double seconds)
{
  struct case_file file;
  struct peer *peer = NULL;
  if (!path || !read_case(path, &file)) {
    printf("{\"error\": \"cannot read the case\"}\n");
    return;
  }
  if (file.head.real_bytes != sizeof(REAL) || !(peer = peer_create(&file)))
    printf("{\"error\": \"cannot train this case\"}\n");
  else if (!strcmp(what, "check"))
    check(peer, &file);
  else if (!strcmp(what, "measure") && seconds > 0.0)
    measure(peer, &file, seconds);
  else
    printf("{\"error\": \"unknown request\"}\n");
  peer_destroy(peer);
  drop(&file);
}

int main(void)
{
  char line[4096];
  while (fgets(line, sizeof line, stdin)) {
    const char *what = strtok(line, " \n"), *path = strtok(NULL, " \n"), *seconds = strtok(NULL, " \n");
    if (what) answer(what, path, seconds ? strtod(seconds, NULL) : 0.0);
    fflush(stdout);
  }
  return 0;
}
