"""The twenty claims, their criteria and the verdicts that theory predicts. rules.py says how a criterion decides.

The thresholds were written down from theory before the sweeps were run. docs/claims.md derives them.
"""
from __future__ import annotations

from initsweep.claims.rules import Claim, Criterion

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "C01", "XOR on a small net shows that zero weights cannot learn.", "CONDITIONAL",
        "true of XOR, and of g(0) = 0 on any data; with sigmoid units only because XOR's inputs and targets are uncorrelated",
        "a gradient on XOR that is not exactly 0 under cross-entropy or a sigmoid output, or sigmoid units that stay at the best "
        "constant on data whose inputs and targets are correlated",
        ("C01", "C01-contrast"), "contrast_sigmoid_learns", "loss / best constant's loss",
        (Criterion("xor_gradients", "zero", "for",
                   "XOR under cross-entropy, or mse with a sigmoid output: every gradient is exactly 0 at every step"),
         Criterion("xor_weights_frozen", "zero", "for",
                   "XOR under mse with a linear output, tanh and ReLU: every weight stays exactly 0"),
         Criterion("xor_bias_moves", "above", "control",
                   "XOR under mse with a linear output: the output bias moves at step 1", 0.0),
         Criterion("xor_sigmoid_moves", "nonzero", "control",
                   "XOR under mse with a linear output, sigmoid: all weights move"),
         Criterion("xor_sigmoid_stays", "within", "for",
                   "XOR under mse with a linear output, sigmoid: the loss ends at 1/4", (0.2499, 0.2501)),
         Criterion("contrast_frozen", "zero", "for", "digits and tilted regression, tanh and ReLU: every weight stays exactly 0"),
         Criterion("contrast_sigmoid_learns", "median_below", "against",
                   "tilted regression, sigmoid from zero: the loss falls below half of the best constant's", 0.5),
         Criterion("contrast_digits", "below", "against",
                   "digits, sigmoid from zero: the loss falls below 0.95 of the best constant's", 0.95))),
    Claim(
        "C03", "The right-hand side of the delta rule has no w in it.", "CONDITIONAL",
        "true without hidden layers; with hidden layers the gradient of a layer has the weights above it as factors",
        "an all-zero regression that ends elsewhere than random starts, or a hidden layer below a zero layer that has a gradient",
        ("C03", "C03-hidden"), "same_optimum", "largest difference of a weight",
        (Criterion("same_optimum", "below", "for",
                   "linear regression: zero and random starts end at the same weights (largest difference)", 1e-9),
         Criterion("same_logistic_optimum", "below", "for",
                   "logistic regression, classes overlap: zero and random starts end at the same weights (largest difference)", 1e-9),
         Criterion("zero_moves", "equal", "for", "regressions from zero: the weights move at step 1", 1),
         Criterion("separable_grows", "above", "control",
                   "separable classes have no optimum: the norm still grows at the end of training (last record less the one before)",
                   0.0),
         Criterion("hidden_zero", "zero", "against",
                   "hidden layers below an all-zero output layer: every gradient is exactly 0 at the start"),
         Criterion("hidden_random", "rate_above", "control",
                   "the same hidden layers below a random output layer: a gradient that is not 0", 0.95))),
    Claim(
        "C05", "Equal weights, zero or any constant: all units of a layer stay identical, the network is one unit wide.", "TRUE",
        None, "two units of a hidden layer that differ in a bit at any record, under any optimiser, or a one-unit network with its own "
        "rates that goes another way by more than rounding",
        ("C05", "C05-one-unit", "C05-twins"), "one_unit", "distinct units",
        (Criterion("one_unit", "one_unit", "for",
                   "constant starts, every optimiser, full batch and minibatches: each hidden layer has one distinct unit at every "
                   "record"),
         Criterion("twin", "below", "for",
                   "a network of width 1 with the rates of theory has the same loss at every record, to rounding (relative)", 1e-12),
         Criterion("random_units_differ", "equal", "control", "a random start has all its units distinct at the end", 8),
         Criterion("monotone", "above", "control",
                   "one unit of a monotone activation: no start gets XOR's loss below 1/6", 1 / 6 - 1e-5),
         Criterion("not_monotone", "below", "control",
                   "one unit of sin, GELU, SiLU, Mish or a Gaussian fits XOR: the best start's loss", 1e-3))),
    Claim(
        "C06", "But different input weights break the symmetry, so the second reason is false.", "CONDITIONAL",
        "true while at most one weight layer is zero (ReLU: the last); two zero layers with zero biases and g(0) = 0 never move",
        "a tanh network with two zero weight layers that moves, or one with a single zero layer that does not learn",
        ("C06", "C06-parts"), "one_zero_learns", "share that learns",
        (Criterion("incoming_random", "rate_above", "for", "random incoming, equal outgoing weights, tanh: learns", 0.95),
         Criterion("one_zero_moves", "equal", "for", "tanh, one zero layer: it first moves at step 1", 1),
         Criterion("one_zero_learns", "rate_above", "for", "tanh, one zero layer: learns (loss below half of the best constant's)", 0.95),
         Criterion("relu_last_learns", "rate_above", "for", "ReLU, the last layer zero: learns", 0.95),
         Criterion("two_zero_stay", "zero", "against", "tanh and ReLU, two or more zero layers: none of them ever moves (networks that do)"),
         Criterion("two_zero_constant", "above", "against",
                   "tanh and ReLU, two or more zero layers: the loss ends no lower than the best constant's (smallest ratio)", 1 - 1e-9),
         Criterion("relu_lower_stays", "zero", "against", "ReLU, a zero layer below the last: never moves (networks that do)"),
         Criterion("biases_learn", "rate_above", "control", "all weights zero, random biases, tanh: learns", 0.95),
         Criterion("outgoing_learn", "rate_above", "control", "equal incoming, random outgoing weights, tanh: learns", 0.95),
         Criterion("distinct_overstates", "within", "control",
                   "random biases alone: at step 2 all 8 units differ and their weights have effective rank 1", (1 - 1e-6, 1 + 1e-6)))),
    Claim(
        "C08", "The deltas do get through eventually: the output weights first, then the layers below.", "CONDITIONAL",
        "true where g(0) and g'(0) are not 0 (sigmoid, softplus): one layer a step, and then ever more slowly with depth; tanh and ReLU never",
        "a layer of a sigmoid or softplus network that first moves at another step than L + 2 - k, or a tanh layer that moves",
        ("C08", "C08-float32", "C08-time"), "layer_by_layer", "layers off their step",
        (Criterion("layer_by_layer", "first_step", "for",
                   "sigmoid and softplus, L <= 6, float64: weight layer k first moves at step L + 2 - k (layers that do not)"),
         Criterion("layer_by_layer_float32", "first_step", "for",
                   "sigmoid and softplus, L <= 4, float32: weight layer k first moves at step L + 2 - k (layers that do not)"),
         Criterion("others_never", "zero", "against", "tanh and ReLU: no layer ever moves (layers that do)"),
         Criterion("one_to_two", "above", "control",
                   "softplus: the time to half the variance grows from L = 1 to 2 by a factor of at least 5, on every data set", 5.0),
         Criterion("sigmoid_one_to_two", "above", "control", "sigmoid: likewise from L = 1 to 2", 5.0),
         Criterion("two_to_three", "above", "control",
                   "softplus: from L = 2 to 3 too, the time at L = 3 taken as the budget where it is censored, medians over data sets", 5.0))),
    Claim(
        "C09", "With two or more hidden layers no single weight changes the output, so the gradient vanishes, which is not a local minimum.",
        "CONDITIONAL", "true where g(0) = 0, of weights, without weight decay; with sigmoid units a single output weight changes the output",
        "a loss that changes although a weight layer is zero (tanh, ReLU), or one that does not fall at order L + 1",
        ("C09",), "order_3", "order of the first change",
        (Criterion("gradients", "zero", "for", "tanh and ReLU, all zero: the gradient of every weight is exactly 0"),
         Criterion("one_layer_zero", "zero", "for",
                   "tanh and ReLU, one weight layer zero and the others random, L = 1 to 3: the loss is that of all zeros, to the bit"),
         Criterion("one_layer_random", "zero", "for",
                   "tanh and ReLU, one weight layer random and the others zero: the loss is that of all zeros, to the bit"),
         Criterion("order_1", "slope_within", "for", "tanh, L = 1: the loss changes as eps^2", (1.95, 2.05)),
         Criterion("order_2", "slope_within", "for", "tanh, L = 2: the loss changes as eps^3", (2.95, 3.05)),
         Criterion("order_3", "slope_within", "for", "tanh, L = 3: the loss changes as eps^4", (3.95, 4.05)),
         Criterion("not_a_minimum", "rate_above", "for",
                   "tanh, all layers perturbed by the smallest eps: the loss falls in some directions", 0.1),
         Criterion("not_a_maximum", "rate_below", "for", "and rises in others: a saddle", 0.9),
         Criterion("sigmoid_output", "nonzero", "against", "sigmoid: output weights alone change the loss"),
         Criterion("bias_and_output", "nonzero", "against", "tanh: output weights together with hidden biases change the loss"))),
    Claim(
        "C10", "It depends on the activation at 0: sigmoid moves together, tanh and ReLU not at all.", "TRUE", None,
        "an activation with g(0) = 0 whose weights move by one bit, or one with g(0) and g'(0) not 0 of which a layer stays",
        ("C10", "C10-bias"), "frozen", "largest |weight|",
        (Criterion("frozen", "zero", "for", "every activation with g(0) = 0: all weights are exactly 0 at every record"),
         Criterion("moving", "nonzero", "for", "g(0) and g'(0) not 0 (sigmoid, softplus): every weight layer has moved"),
         Criterion("together", "one_unit", "for", "every activation: each hidden layer has one distinct unit at every record"),
         Criterion("output_only_moves", "nonzero", "for", "g(0) not 0 and g'(0) = 0 (Gaussian, cos): the output layer moves"),
         Criterion("output_only_stays", "zero", "for", "g(0) not 0 and g'(0) = 0 (Gaussian, cos): no other layer ever moves"),
         Criterion("bias_factor", "below", "control",
                   "g(0) = 0: the output bias converges by the factor 1 - 2 eta / m a step (largest relative error)", 1e-9),
         Criterion("bias_swings", "zero", "control", "eta = m: the output bias swings for ever, its loss stays as it was"))),
    Claim(
        "C13", "Identical units: no learning can occur.", "FALSE", None,
        "units that stay equal to the bit and fail to learn AND or OR",
        ("C13",), "learnt", "smallest accuracy",
        (Criterion("equal_units", "one_unit", "control", "all networks: one distinct hidden unit at every record"),
         Criterion("learnt", "equal", "against",
                   "AND and OR from constant starts (sigmoid, tanh, ReLU), and from zero with sigmoid: every sample right", 1.0),
         Criterion("tanh_zero", "equal", "control", "from zero with tanh or ReLU: the accuracy stays that of the best constant", 0.75))),
    Claim(
        "C15", "Zero rules out that the inputs ever matter; any gradient method stops at once.", "CONDITIONAL",
        "the inputs never matter where g(0) = 0 and there are hidden layers; and it stops at once only where the output bias's gradient is 0 too",
        "a tanh or ReLU network from zero with a Jacobian that is not 0, or a sigmoid one whose Jacobian stays 0",
        ("C15", "C15-stop"), "sigmoid_first", "networks off their step",
        (Criterion("jacobian_zero", "zero", "for", "tanh and ReLU: the Jacobian is exactly 0 at every record"),
         Criterion("stops", "equal", "for", "XOR under cross-entropy: a stop rule on the gradient fires at step 0", 0),
         Criterion("sigmoid_first", "first_step", "against",
                   "sigmoid and softplus: the Jacobian is first not 0 at step L + 1 (networks where it is not so)"),
         Criterion("sigmoid_lasts", "nonzero", "against", "sigmoid and softplus: nor is it 0 at the end"),
         Criterion("linear_first", "equal", "against", "without hidden layers: the Jacobian is not 0 from step 1 on", 1),
         Criterion("goes_on", "equal", "against", "XOR under mse: the output bias has a gradient, the rule does not fire at step 0", 100))),
)


def claim_of(name: str) -> Claim:
    """The claim of an id. Raises KeyError."""
    for claim in CLAIMS:
        if claim.id == name:
            return claim
    raise KeyError(name)
