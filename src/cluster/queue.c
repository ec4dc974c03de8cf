/* The queue of rank 0: which packs are handed out next; not the messages that carry them. Packs are numbered from the
 * most expensive down, so the queue is a counter over them.
 *
 * Guided self-scheduling (Polychronopoulos and Kuck 1987) over cost: a rank gets a quarter of its fair share of the
 * remaining cost, but no fewer packs than it has idle workers if there are enough for all. An expensive pack alone
 * exceeds that quarter, so it is handed out singly; 10^6 cheap ones need a few hundred answers. */
#include <stdlib.h>
#include "cluster_internal.h"

static double cost(const struct isw_queue *queue, uint64_t pack)
{
  return queue->work->cost ? queue->work->cost(queue->work->context, pack) : 1.0;
}

enum isw_status isw_queue_create(struct isw_queue *queue, const struct isw_work *work, struct isw_error *error)
{
  *queue = (struct isw_queue){.work = work};
  size_t words = isw_bits_words(work->packs);
  queue->wanted = isw_allocate(words, sizeof *queue->wanted);
  if (!queue->wanted) return isw_error_memory(error, words * sizeof *queue->wanted, "the queue of packs");
  for (uint64_t pack = 0; pack < work->packs; pack++) {
    if (work->wanted && !work->wanted(work->context, pack)) continue;
    isw_bits_add(queue->wanted, pack);
    queue->total++;
    queue->cost_left += cost(queue, pack);
  }
  queue->left = queue->total;
  return ISW_OK;
}

void isw_queue_clear(struct isw_queue *queue)
{
  free(queue->wanted);
  queue->wanted = NULL;
}

size_t isw_queue_take(struct isw_queue *queue, size_t idle, size_t workers, struct isw_range *ranges, bool *share)
{
  if (idle == 0) idle = 1;
  if (workers < idle) workers = idle;
  double fraction = (double)idle / (double)workers;
  double budget = queue->cost_left * fraction / 4;
  *share = queue->left < workers;
  double fair = (double)queue->left * fraction; /* rounded up, so that it is never 0 */
  uint64_t least = fair < (double)idle ? (uint64_t)fair + ((double)(uint64_t)fair < fair) : idle;

  size_t count = 0;
  uint64_t taken = 0;
  double spent = 0;
  for (; queue->left > 0; queue->next++) {
    uint64_t pack = queue->next;
    if (!isw_bits_has(queue->wanted, pack)) continue;
    double pack_cost = cost(queue, pack);
    if (taken >= least && !(spent + pack_cost <= budget)) break;
    bool adjacent = count > 0 && ranges[count - 1].first + ranges[count - 1].count == pack;
    if (!adjacent && count == ISW_RANGES) break;
    if (adjacent)
      ranges[count - 1].count++;
    else
      ranges[count++] = (struct isw_range){pack, 1};
    taken++;
    spent += pack_cost;
    queue->left--;
  }
  queue->cost_left -= spent;
  return count;
}
