/* Learning-rate schedules: the factor of each, and the table. */
#include <math.h>
#include "initsweep/model.h"

/* base^exponent by squaring, products in this order. */
static double power(double base, uint64_t exponent)
{
  double product = 1.0;
  for (; exponent; exponent >>= 1) {
    if (exponent & 1) product = product * base;
    base = base * base;
  }
  return product;
}

/* step / over, at most 1; over = 0 means all steps of the network. */
static double progress(uint64_t step, double over, uint64_t steps)
{
  double end = over > 0.0 ? over : (double)steps;
  return (double)step < end ? (double)step / end : 1.0;
}

/* From 1 at part 0 to `end` at part 1, along half a cosine. */
static double half_cosine(double part, double end)
{
  return end + (1.0 - end) * (0.5 * (1.0 + isw_exact_cos(3.141592653589793 * part)));
}

static double constant(const struct isw_choice *settings, uint64_t step, uint64_t steps)
{
  (void)settings, (void)step, (void)steps;
  return 1.0;
}

static double step_decay(const struct isw_choice *settings, uint64_t step, uint64_t steps)
{
  (void)steps;
  return power(settings->value[1].number, step / (uint64_t)settings->value[0].number);
}

static double exponential(const struct isw_choice *settings, uint64_t step, uint64_t steps)
{
  (void)steps;
  return power(settings->value[0].number, step);
}

static double linear(const struct isw_choice *settings, uint64_t step, uint64_t steps)
{
  double start = settings->value[0].number, end = settings->value[1].number;
  return start + (end - start) * progress(step, settings->value[2].number, steps);
}

static double cosine(const struct isw_choice *settings, uint64_t step, uint64_t steps)
{
  return half_cosine(progress(step, settings->value[1].number, steps), settings->value[0].number);
}

static double warmup(const struct isw_choice *settings, uint64_t step, uint64_t steps)
{
  return progress(step + 1, settings->value[0].number, steps);
}

static double warmup_cosine(const struct isw_choice *settings, uint64_t step, uint64_t steps)
{
  uint64_t first = (uint64_t)settings->value[0].number;
  if (step < first) return warmup(settings, step, steps);
  double part = steps > first ? (double)(step - first) / (double)(steps - first) : 0.0;
  return half_cosine(part, settings->value[1].number);
}

static double inverse_sqrt(const struct isw_choice *settings, uint64_t step, uint64_t steps)
{
  double first = settings->value[0].number;
  return (double)step + 1.0 < first ? warmup(settings, step, steps) : sqrt(first / ((double)step + 1.0));
}

#define WHOLE_MOST 9007199254740992.0 /* 2^53 */
#define END ISW_REAL_PARAMETER("end", 0.0, 0.0, 1e6, 0, "factor at the end")
#define OVER                                                                                                           \
  ISW_COUNT_PARAMETER("over", 0.0, 0.0, WHOLE_MOST, "steps from start to end, constant afterwards; 0: train.steps")
#define WARMUP ISW_COUNT_PARAMETER("warmup", 100.0, 1.0, WHOLE_MOST, "steps of warm-up")

static const struct isw_rate_schedule table[] = {
    {{"constant", ISW_NONE, "f(t) = 1", ""}, constant},
    {{"step",
      {ISW_COUNT_PARAMETER("every", 100.0, 1.0, WHOLE_MOST, "steps between two reductions"),
       ISW_REAL_PARAMETER("gamma", 0.1, 0.0, 1.0, 0, "factor of each reduction")},
      "f(t) = gamma^floor(t / every)",
      "torch.optim.lr_scheduler.StepLR"},
     step_decay},
    {{"exponential",
      {ISW_REAL_PARAMETER("gamma", 0.99, 0.0, 1.0, 0, "factor per step")},
      "f(t) = gamma^t",
      "torch.optim.lr_scheduler.ExponentialLR"},
     exponential},
    {{"linear",
      {ISW_REAL_PARAMETER("start", 1.0, 0.0, 1e6, 0, "factor at step 0"), END, OVER},
      "f(t) = start + (end - start) min(t / over, 1)",
      "torch.optim.lr_scheduler.LinearLR"},
     linear},
    {{"cosine",
      {END, OVER},
      "f(t) = end + (1 - end) (1 + cos(pi min(t / over, 1))) / 2",
      "Loshchilov & Hutter 2017, eq. 5, without restarts, as torch.optim.lr_scheduler.CosineAnnealingLR"},
     cosine},
    {{"warmup", {WARMUP}, "f(t) = min((t + 1) / warmup, 1)", "Goyal et al. 2017, section 2.2"}, warmup},
    {{"warmup_cosine",
      {WARMUP, END},
      "f(t) = (t + 1) / warmup for t < warmup, then end + (1 - end) (1 + cos(pi (t - warmup) / (steps - warmup))) / 2",
      "Goyal et al. 2017; Loshchilov & Hutter 2017"},
     warmup_cosine},
    {{"inverse_sqrt",
      {WARMUP},
      "f(t) = min((t + 1) / warmup, sqrt(warmup / (t + 1)))",
      "Vaswani et al. 2017, eq. 3, relative to its largest rate"},
     inverse_sqrt},
};

const struct isw_rate_schedule *isw_schedules(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}
