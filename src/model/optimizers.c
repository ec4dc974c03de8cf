/* The table of optimisers, generated from optimizers.def, and their facts. */
#include "initsweep/model.h"

static const struct isw_optimizer table[] = {
#define ISW_OPTIMIZER(name, PARAMETERS, states, changing, decoupled, formula, source)                                  \
  {{#name, PARAMETERS, formula, source}, states, decoupled, false},
#include "optimizers.def"
#undef ISW_OPTIMIZER
#define ISW_SOLVER(name, PARAMETERS, formula, source) {{#name, PARAMETERS, formula, source}, 0, false, true},
#include "optimizers.def"
#undef ISW_SOLVER
};

const struct isw_optimizer *isw_optimizers(size_t *count)
{
  *count = sizeof table / sizeof table[0];
  return table;
}

size_t isw_optimizer_facts(size_t row, struct isw_fact *fact)
{
  fact[0] = (struct isw_fact){"states", "states per weight", (double)table[row].states, false};
  fact[1] = (struct isw_fact){"decoupled_decay", "decay decoupled", table[row].decoupled_decay, true};
  fact[2] = (struct isw_fact){"solves", "solves for all weights together", table[row].solves, true};
  return 3;
}
