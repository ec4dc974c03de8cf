/* The packs of a sweep as work for the cluster room: the order of the queue, checkpoints, and storing outcomes in the
 * journal. */
#include <stdlib.h>
#include "initsweep/cost.h"
#include "run/run_internal.h"

/* The pack that has a turn in the queue. */
static uint64_t pack_of(const struct isw_training *training, uint64_t turn)
{
  return turn * training->stride % isw_packs_count(training->packs);
}

static bool wanted(void *context, uint64_t turn)
{
  struct isw_training *training = context;
  uint64_t numbers[ISW_LANES_MAX], pack = pack_of(training, turn);
  size_t count = isw_packs_networks(training->packs, pack, numbers), missing = 0;
  for (size_t i = 0; i < count; i++) missing += !training->index || !isw_index_has(training->index, numbers[i]);
  if (missing == 0) return false;
  training->progress.before -= count - missing; /* these are trained again with the rest of their pack */
  training->progress.cost += isw_class_of(training->packs, pack)->cost;
  return true;
}

static double cost(void *context, uint64_t turn)
{
  const struct isw_training *training = context;
  return isw_class_of(training->packs, pack_of(training, turn))->cost;
}

static size_t max_threads_per_pack(void *context, uint64_t turn)
{
  const struct isw_training *training = context;
  return isw_cost_max_threads(isw_class_of(training->packs, pack_of(training, turn)));
}

void isw_training_use_checkpoints(struct isw_training *training, const char *folder, unsigned rank, double seconds,
                                  struct isw_checkpointed *checkpoints, size_t count)
{
  training->folder = folder;
  training->rank = rank;
  training->checkpoint_seconds = seconds;
  training->checkpoints = checkpoints;
  training->checkpoint_count = count;
}

/* The latest checkpoint that has a network; NULL: none. */
static const struct isw_checkpointed *checkpoint_of(const struct isw_training *training, uint64_t network)
{
  size_t low = 0, high = training->checkpoint_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (training->checkpoints[middle].network < network)
      low = middle + 1;
    else
      high = middle;
  }
  const struct isw_checkpointed *found = training->checkpoints + low;
  return low < training->checkpoint_count && found->network == network ? found : NULL;
}

/* The checkpoints of a pack's networks: files, and in them the states of the networks. */
struct saved_networks {
  size_t files;
  void *file[ISW_LANES_MAX];
  const void *state[ISW_LANES_MAX]; /* NULL: none */
  size_t bytes;                     /* of each state */
};

/* Reads one checkpoint and finds the states of the pack's networks in it. */
static void find_states(const struct isw_training *training, const struct isw_training_pack *made, uint64_t checkpoint,
                        struct saved_networks *saved)
{
  struct isw_checkpoint read;
  if (!isw_checkpoint_read(training->folder, isw_sweep_identity(training->sweep),
                           isw_precision_bytes(training->precision), checkpoint, &saved->file[saved->files], &read))
    return;
  saved->files++;
  size_t bytes = read.bytes / read.count;
  if (read.bytes % read.count != 0 || (saved->bytes && saved->bytes != bytes)) return;
  saved->bytes = bytes;
  for (size_t i = 0; i < made->count; i++) {
    const struct isw_checkpointed *latest = checkpoint_of(training, made->number[i]);
    for (size_t n = 0; latest && latest->checkpoint == checkpoint && n < read.count; n++)
      if (read.numbers[n] == made->number[i] && read.ids[n] == made->id[i])
        saved->state[i] = (const unsigned char *)read.state + n * bytes;
  }
}

/* Whether a network of the pack before number i is in the same checkpoint. */
static bool is_read(const struct isw_training *training, const struct isw_training_pack *made, size_t i,
                    uint64_t checkpoint)
{
  for (size_t before = 0; before < i; before++) {
    const struct isw_checkpointed *other = checkpoint_of(training, made->number[before]);
    if (other && other->checkpoint == checkpoint) return true;
  }
  return false;
}

/* Restores a new pack from the checkpoints of its networks, which may have been in other packs, of either layout. If
 * they cannot be used, the pack starts from its beginning. */
static enum isw_status restore(const struct isw_training *training, uint64_t pack, struct isw_training_pack *made,
                               struct isw_error *error)
{
  struct saved_networks saved = {0};
  struct isw_error reason = {0};
  bool any = false;
  for (size_t i = 0; i < made->count; i++) {
    const struct isw_checkpointed *latest = checkpoint_of(training, made->number[i]);
    any = any || latest;
    if (latest && !is_read(training, made, i, latest->checkpoint))
      find_states(training, made, latest->checkpoint, &saved);
  }
  enum isw_status status = ISW_OK;
  made->checkpointed = any;
  if (saved.bytes) status = isw_pack_restore_networks(made->pack, saved.state, saved.bytes, &reason);
  isw_error_clear(&reason);
  for (size_t i = 0; i < saved.files; i++) free(saved.file[i]);
  if (status == ISW_OK) return ISW_OK;
  isw_pack_destroy(made->pack);
  status = isw_training_pack(training, pack, made, error);
  made->checkpointed = true;
  return status;
}

/* A worker's entry for the pack of a turn; new: an unused entry for it. */
static struct isw_training_pack *pack_of_worker(struct isw_training *training, size_t worker, uint64_t turn, bool new)
{
  struct isw_training_pack *made = &training->made[worker * ISW_MAX_PACKS_UNDER_WAY];
  size_t i = 0;
  while (i + 1 < ISW_MAX_PACKS_UNDER_WAY && (new ? made[i].pack != NULL : !made[i].pack || made[i].turn != turn)) i++;
  return &made[i];
}

static enum isw_status prepare(void *context, size_t worker, uint64_t turn, struct isw_pack **pack,
                               struct isw_error *error)
{
  struct isw_training *training = context;
  struct isw_training_pack *made = pack_of_worker(training, worker, turn, true);
  uint64_t number = pack_of(training, turn);
  enum isw_status status = isw_training_pack(training, number, made, error);
  if (status == ISW_OK && training->checkpoint_count > 0) {
    status = restore(training, number, made, error);
    /* a checkpoint may not have been read: the pack must not begin again and replace it */
    if (status == ISW_OK && made->checkpointed && isw_interrupted()) {
      isw_pack_destroy(made->pack);
      status = isw_check_interrupted(error);
    }
  }
  if (status != ISW_OK) made->pack = NULL;
  made->turn = turn;
  *pack = made->pack;
  return status;
}

/* Packs of one class, if several of them fit into memory. */
static bool mergeable(void *context, uint64_t turn, uint64_t other)
{
  const struct isw_training *training = context;
  const struct isw_pack_class *class = isw_class_of(training->packs, pack_of(training, turn));
  return isw_pack_class_is_mergeable(class) && class == isw_class_of(training->packs, pack_of(training, other));
}

static enum isw_status checkpoint(void *context, size_t worker, uint64_t turn, const struct isw_pack *pack,
                                  struct isw_error *error)
{
  struct isw_training *training = context;
  struct isw_training_pack *made = pack_of_worker(training, worker, turn, false);
  size_t bytes = isw_pack_state_bytes(pack);
  void *state = isw_allocate(bytes, 1);
  if (!state) return isw_error_memory(error, bytes, "a checkpoint");
  isw_pack_save(pack, state);
  struct isw_checkpoint checkpoint_of_pack = {.count = made->count,
                                              .numbers = made->number,
                                              .ids = made->id,
                                              .step = isw_pack_step(pack),
                                              .state = state,
                                              .bytes = bytes,
                                              .program = isw_version_program()};
  enum isw_status status = isw_checkpoint_write(training->folder, isw_sweep_identity(training->sweep), training->rank,
                                                isw_precision_bytes(training->precision), &checkpoint_of_pack, error);
  free(state);
  made->checkpointed = made->checkpointed || status == ISW_OK;
  return status;
}

/* Removes the checkpoints of a pack whose networks are in the journal: its own, and those of earlier packs that its
 * later networks were the first of. */
static void remove_checkpoints(const struct isw_training *training, const struct isw_training_pack *made)
{
  isw_checkpoint_remove(training->folder, made->number[0]);
  for (size_t i = 1; i < made->count; i++) {
    const struct isw_checkpointed *latest = checkpoint_of(training, made->number[i]);
    if (latest && latest->checkpoint == made->number[i]) isw_checkpoint_remove(training->folder, latest->checkpoint);
  }
}

static enum isw_status finish(void *context, size_t worker, uint64_t turn, const struct isw_pack *pack,
                              uint64_t *networks, uint64_t *diverged, struct isw_error *error)
{
  (void)pack; /* the worker keeps it */
  struct isw_training *training = context;
  struct isw_training_pack *made = pack_of_worker(training, worker, turn, false);
  struct isw_finished finished[ISW_LANES_MAX];
  uint64_t offsets[ISW_LANES_MAX];
  for (size_t i = 0; i < made->count; i++) {
    finished[i] = isw_training_outcome(made, i);
    *diverged += finished[i].status == ISW_DIVERGED;
  }
  *networks += made->count;
  enum isw_status status = isw_journal_append_at(training->journal, finished, made->count, offsets, error);
  if (status == ISW_OK && training->early) {
    isw_early_add(training->early, finished, made->count, offsets);
    isw_early_write(training->early);
  }
  if (status == ISW_OK && made->checkpointed) { /* synced before the checkpoint is removed */
    status = isw_journal_sync(training->journal, error);
    if (status == ISW_OK) remove_checkpoints(training, made);
  }
  made->pack = NULL; /* the caller destroys it */
  return status;
}

static void progress(void *context, uint64_t packs_done, uint64_t networks, uint64_t diverged, uint64_t network_steps,
                     double cost_done)
{
  (void)packs_done;
  isw_progress_show(&((struct isw_training *)context)->progress, networks, diverged, network_steps, cost_done);
}

struct isw_work isw_training_work(struct isw_training *training)
{
  return (struct isw_work){.packs = isw_packs_count(training->packs),
                           .threads = training->threads,
                           .context = training,
                           .wanted = wanted,
                           .cost = cost,
                           .max_threads_per_pack = max_threads_per_pack,
                           .mergeable = training->merges ? mergeable : NULL,
                           .prepare = prepare,
                           .checkpoint = training->folder ? checkpoint : NULL,
                           .checkpoint_seconds = training->checkpoint_seconds,
                           .finish = finish,
                           .progress = progress};
}
