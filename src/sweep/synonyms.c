/* Words of other libraries for what a sweep file calls by another name, for suggestions. */
#include <string.h>
#include <strings.h>
#include "sweep_internal.h"

static const char an_epoch[] = " A step is one update; an epoch has samples / batch_size of them.";

/* Words in lower case, several for one path. */
static const struct {
  const char *words[8], *path, *more;
} table[] = {
    {{"model", "net", "architecture", "mlp", NULL}, "network", ""},
    {{"training", "trainer", "fit", NULL}, "train", ""},
    {{"data", "data_set", "train_data", NULL}, "dataset", ""},
    {{"sweeps", "search_space", "hyperparameters", "parameters", "params", NULL}, "grid", ""},
    {{"random_state", "random_seed", "manual_seed", NULL}, "seed", ""},
    {{"seeds", "n_seeds", "num_seeds", "repeats", "trials", "replicates", NULL}, "replicate", ""},
    {{"dtype", NULL}, "precision", ""},
    {{"layers", "num_layers", "n_layers", "hidden_layers", NULL}, "network.depth", ""},
    {{"units", "neurons", "hidden_size", "hidden_dim", "hidden_units", NULL}, "network.width", ""},
    {{"hidden_sizes", "hidden_layer_sizes", "hidden_dims", NULL}, "network.hidden", ""},
    {{"act", "nonlinearity", "activation_function", "activation_fn", NULL}, "network.activation", ""},
    {{"initializer", "initialiser", "initialization", "weight_init", "kernel_initializer", NULL}, "network.init", ""},
    {{"bias_initializer", NULL}, "network.bias_init", ""},
    {{"criterion", "loss_fn", "loss_function", "objective", NULL}, "train.loss", ""},
    {{"optim", "solver", NULL}, "train.optimizer", ""},
    {{"lr", "eta", "rate", "step_size", "learning_rate_init", "base_lr", NULL}, "train.learning_rate", ""},
    {{"wd", "l2", "l2_penalty", NULL}, "train.weight_decay", ""},
    {{"scheduler", "lr_scheduler", "lr_schedule", NULL}, "train.schedule", ""},
    {{"clip", "grad_clip", "max_grad_norm", "clip_grad_norm", "clipnorm", NULL}, "train.clip_norm", ""},
    {{"batch", "bs", "batchsize", "minibatch", "minibatch_size", NULL}, "train.batch_size", ""},
    {{"epoch", "epochs", "num_epochs", "n_epochs", "max_epochs", NULL}, "train.steps", an_epoch},
    {{"iterations", "max_iter", "num_steps", "max_steps", "n_steps", NULL}, "train.steps", ""},
    {{"early_stopping", "patience", NULL}, "train.stop.plateau.steps", ""},
    {{"metrics", NULL}, "record.probes", ""},
};

const char *isw_synonym(const char *word, const char **more)
{
  const char *dot = strrchr(word, '.');
  if (dot) word = dot + 1;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    for (size_t w = 0; table[i].words[w]; w++)
      if (strcasecmp(table[i].words[w], word) == 0) {
        *more = table[i].more;
        return table[i].path;
      }
  return NULL;
}
