/* weights: the weights and biases at the steps of record.weights, copied by the engine to the bit. */
#include "probes_internal.h"

const struct isw_probe isw_probe_weights = {
    ISW_PROBE_NAME("weights"),
    .row.formula = "all weights and biases",
    .row.source = "",
    .quantity.long_name = "weights and biases at the steps of weights_step",
    .quantity.units = "1",
    .quantity.per_parameter = true,
    .quantity.at_snapshots = true,
    .copies_weights = true,
};
