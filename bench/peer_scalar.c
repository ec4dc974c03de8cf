/* A plain C trainer, one network after the other, as one would write it who knows the compiler: the inner loops run
 * over units that lie side by side in memory, so that it vectorises what the rules of C allow. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "peer.h"

#define TANH(x) _Generic((x), float : tanhf, double : tanh)(x)
#define EXP(x) _Generic((x), float : expf, double : exp)(x)

struct peer {
  size_t layers, size[CASE_LAYERS_MAX + 1], classes;
  REAL learning_rate;
  REAL *inputs; /* [samples][features] */
  REAL *targets;
  REAL *weight[CASE_LAYERS_MAX];     /* [fan_in][fan_out] */
  REAL *gradient[CASE_LAYERS_MAX];   /* same, and the bias below it as row fan_in */
  REAL *activation[CASE_LAYERS_MAX]; /* [fan_out] of one sample */
  REAL *delta[CASE_LAYERS_MAX];
};

void peer_destroy(struct peer *peer)
{
  if (!peer) return;
  for (size_t k = 0; k < peer->layers; k++) {
    free(peer->weight[k]);
    free(peer->gradient[k]);
    free(peer->activation[k]);
    free(peer->delta[k]);
  }
  free(peer->inputs);
  free(peer->targets);
  free(peer);
}

static REAL *numbers(size_t count)
{
  return aligned_alloc(64, (count * sizeof(REAL) + 63) / 64 * 64);
}

struct peer *peer_create(const struct case_file *file)
{
  const struct case_head *head = &file->head;
  struct peer *peer = calloc(1, sizeof *peer);
  if (!peer) return NULL;
  peer->layers = head->layers, peer->classes = head->classes, peer->learning_rate = (REAL)head->learning_rate;
  for (size_t k = 0; k <= head->layers; k++) peer->size[k] = head->size[k];
  bool good = (peer->inputs = numbers(head->samples * peer->size[0])) && (peer->targets = numbers(head->samples));
  for (size_t k = 0; k < peer->layers; k++) {
    size_t count = (peer->size[k] + 1) * peer->size[k + 1];
    good = (peer->weight[k] = numbers(count)) && good;
    good = (peer->gradient[k] = numbers(count)) && good;
    good = (peer->activation[k] = numbers(peer->size[k + 1])) && good;
    good = (peer->delta[k] = numbers(peer->size[k + 1])) && good;
  }
  if (!good) {
    peer_destroy(peer);
    return NULL;
  }
  for (size_t i = 0; i < head->samples * peer->size[0]; i++) peer->inputs[i] = (REAL)file->inputs[i];
  for (size_t s = 0; s < head->samples; s++) peer->targets[s] = (REAL)file->targets[s];
  return peer;
}

void peer_start(struct peer *peer, const struct case_file *file, uint64_t network)
{
  const double *from = file->weights + network * file->head.parameters;
  for (size_t k = 0; k < peer->layers; k++) {
    size_t in = peer->size[k], out = peer->size[k + 1];
    for (size_t j = 0; j < out; j++)
      for (size_t i = 0; i < in; i++) peer->weight[k][i * out + j] = (REAL)*from++;
    for (size_t j = 0; j < out; j++) peer->weight[k][in * out + j] = (REAL)*from++;
  }
}

static void forward(struct peer *peer, const REAL *restrict input)
{
  for (size_t k = 0; k < peer->layers; k++) {
    size_t in = peer->size[k], out = peer->size[k + 1];
    const REAL *restrict weight = peer->weight[k];
    REAL *restrict z = peer->activation[k];
    memcpy(z, weight + in * out, out * sizeof *z);
    for (size_t i = 0; i < in; i++)
      for (size_t j = 0; j < out; j++) z[j] += input[i] * weight[i * out + j];
    if (k + 1 < peer->layers)
      for (size_t j = 0; j < out; j++) z[j] = TANH(z[j]);
    input = z;
  }
}

/* Loss of the sample that went forward last, and d loss / d output. */
static double loss_and_delta(struct peer *peer, REAL target, REAL *restrict delta)
{
  size_t out = peer->size[peer->layers];
  const REAL *restrict y = peer->activation[peer->layers - 1];
  if (!peer->classes) {
    delta[0] = 2 * (y[0] - target);
    return (double)((y[0] - target) * (y[0] - target));
  }
  REAL largest = y[0], sum = 0;
  for (size_t j = 1; j < out; j++) largest = y[j] > largest ? y[j] : largest;
  for (size_t j = 0; j < out; j++) sum += delta[j] = EXP(y[j] - largest);
  for (size_t j = 0; j < out; j++) delta[j] /= sum;
  size_t label = (size_t)target;
  delta[label] -= 1;
  return log((double)sum) + (double)(largest - y[label]);
}

static void backward(struct peer *peer, const REAL *input)
{
  for (size_t k = peer->layers; k-- > 0;) {
    size_t in = peer->size[k], out = peer->size[k + 1];
    const REAL *restrict from = k ? peer->activation[k - 1] : input;
    const REAL *restrict delta = peer->delta[k], *restrict weight = peer->weight[k];
    REAL *restrict gradient = peer->gradient[k];
    for (size_t i = 0; i < in; i++)
      for (size_t j = 0; j < out; j++) gradient[i * out + j] += from[i] * delta[j];
    for (size_t j = 0; j < out; j++) gradient[in * out + j] += delta[j];
    if (!k) break;
    REAL *restrict below = peer->delta[k - 1];
    for (size_t i = 0; i < in; i++) {
      REAL sum = 0;
      for (size_t j = 0; j < out; j++) sum += delta[j] * weight[i * out + j];
      below[i] = sum * (1 - from[i] * from[i]);
    }
  }
}

void peer_step(struct peer *peer, const struct case_file *file, uint64_t batch)
{
  size_t samples = file->head.batch, features = peer->size[0];
  for (size_t k = 0; k < peer->layers; k++)
    memset(peer->gradient[k], 0, (peer->size[k] + 1) * peer->size[k + 1] * sizeof(REAL));
  for (size_t s = batch * samples; s < (batch + 1) * samples; s++) {
    forward(peer, peer->inputs + s * features);
    loss_and_delta(peer, peer->targets[s], peer->delta[peer->layers - 1]);
    backward(peer, peer->inputs + s * features);
  }
  REAL rate = peer->learning_rate / (REAL)samples;
  for (size_t k = 0; k < peer->layers; k++) {
    REAL *restrict weight = peer->weight[k];
    const REAL *restrict gradient = peer->gradient[k];
    for (size_t i = 0; i < (peer->size[k] + 1) * peer->size[k + 1]; i++) weight[i] -= rate * gradient[i];
  }
}

double peer_loss(struct peer *peer, const struct case_file *file)
{
  double loss = 0.0;
  for (size_t s = 0; s < file->head.samples; s++) {
    forward(peer, peer->inputs + s * peer->size[0]);
    loss += loss_and_delta(peer, peer->targets[s], peer->delta[peer->layers - 1]);
  }
  return loss / (double)file->head.samples;
}
