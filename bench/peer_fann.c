/* FANN, batch training, one network after the other. Equal to the definition where FANN can be:
 *   - activation FANN_SIGMOID_SYMMETRIC with steepness 1 is tanh; its derivative takes a clipped to +-0.98,
 *     so networks whose units saturate differ;
 *   - one linear output and FANN_ERRORFUNC_LINEAR give mse; FANN leaves out the factor 2, so its rate is doubled;
 *   - fann_train_epoch under FANN_TRAIN_BATCH is one step on the samples handed to it: one set a minibatch;
 *   - there is no cross_entropy: class cases train mse on one-hot targets, the same work but for the softmax, and
 *     their loss is not compared.
 * Debian's build is for the plainest x86-64, as its users get it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include FANN_HEADER
#include "peer.h"

struct peer {
  struct fann *net;
  struct fann_train_data **batch;
  uint64_t batches;
};

void peer_destroy(struct peer *peer)
{
  if (!peer) return;
  for (uint64_t b = 0; b < peer->batches; b++)
    if (peer->batch[b]) fann_destroy_train(peer->batch[b]);
  if (peer->net) fann_destroy(peer->net);
  free(peer->batch);
  free(peer);
}

static struct fann_train_data *make_batch(const struct case_file *file, uint64_t batch)
{
  const struct case_head *head = &file->head;
  unsigned samples = (unsigned)head->batch, features = (unsigned)head->size[0];
  unsigned outputs = (unsigned)head->size[head->layers];
  struct fann_train_data *data = fann_create_train(samples, features, outputs);
  if (!data) return NULL;
  for (uint64_t s = 0; s < samples; s++) {
    const double *x = file->inputs + (batch * samples + s) * features, target = file->targets[batch * samples + s];
    for (unsigned i = 0; i < features; i++) data->input[s][i] = (fann_type)x[i];
    for (unsigned j = 0; j < outputs; j++)
      data->output[s][j] = (fann_type)(head->classes ? (double)(target == (double)j) : target);
  }
  return data;
}

struct peer *peer_create(const struct case_file *file)
{
  const struct case_head *head = &file->head;
  unsigned size[CASE_LAYERS_MAX + 1];
  for (size_t k = 0; k <= head->layers; k++) size[k] = (unsigned)head->size[k];
  struct peer *peer = calloc(1, sizeof *peer);
  if (!peer) return NULL;
  peer->net = fann_create_standard_array((unsigned)head->layers + 1, size);
  peer->batch = calloc(head->samples / head->batch, sizeof(struct fann_train_data *));
  bool good = peer->net && peer->batch;
  if (good) {
    peer->batches = head->samples / head->batch;
    for (uint64_t b = 0; b < peer->batches; b++) good = (peer->batch[b] = make_batch(file, b)) && good;
  }
  if (!good) {
    peer_destroy(peer);
    return NULL;
  }
  fann_set_activation_function_hidden(peer->net, FANN_SIGMOID_SYMMETRIC);
  fann_set_activation_function_output(peer->net, FANN_LINEAR);
  fann_set_activation_steepness_hidden(peer->net, 1);
  fann_set_activation_steepness_output(peer->net, 1);
  fann_set_train_error_function(peer->net, FANN_ERRORFUNC_LINEAR);
  fann_set_training_algorithm(peer->net, FANN_TRAIN_BATCH);
  fann_set_learning_rate(peer->net, (float)(2.0 * head->learning_rate / (double)size[head->layers]));
  fann_set_learning_momentum(peer->net, 0.0f);
  return peer;
}

/* FANN's weights stand unit after unit, each with its inputs in order and then its bias. (fann_set_weight_array
 * searches a unit's connections for each one: minutes for the largest case.) */
void peer_start(struct peer *peer, const struct case_file *file, uint64_t network)
{
  const struct case_head *head = &file->head;
  const double *from = file->weights + network * head->parameters;
  fann_type *to = peer->net->weights;
  for (size_t k = 0; k < head->layers; k++) {
    size_t in = head->size[k], out = head->size[k + 1];
    for (size_t j = 0; j < out; j++) {
      for (size_t i = 0; i < in; i++) *to++ = (fann_type)from[j * in + i];
      *to++ = (fann_type)from[out * in + j];
    }
    from += out * (in + 1);
  }
}

void peer_step(struct peer *peer, const struct case_file *file, uint64_t batch)
{
  (void)file;
  fann_train_epoch(peer->net, peer->batch[batch]);
}

double peer_loss(struct peer *peer, const struct case_file *file)
{
  if (file->head.classes) return NAN;
  double loss = 0.0;
  for (uint64_t b = 0; b < peer->batches; b++)
    for (uint64_t s = 0; s < file->head.batch; s++) {
      double error = (double)*fann_run(peer->net, peer->batch[b]->input[s]) - (double)peer->batch[b]->output[s][0];
      loss += error * error;
    }
  return loss / (double)file->head.samples;
}
