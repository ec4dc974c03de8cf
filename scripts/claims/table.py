"""The twenty-two claims, their criteria and the verdicts that theory predicts. rules.py says how a criterion decides.

The thresholds are theory's (docs/claims.md derives them), or what "nearly all" and "hardly any" mean: 95 % and 5 %.
looks.json lists what was changed after which look at which data.
"""
from __future__ import annotations

from claims.rules import ERROR, STATISTICAL, Claim, Criterion

DUST = 1e-9  # far above what rounding leaves of numbers of order 1 (1e-13 at most here), far below what they are

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "C01", "XOR on a small net shows that zero weights cannot learn.",
        "On XOR an all-zero network learns nothing, whatever its activation. But XOR exaggerates: neither input alone "
        "says anything about the target. On other data sigmoid units do learn from zero, tanh and ReLU units do not.",
        "CONDITIONAL",
        "true of XOR, and of g(0) = 0 on any data; with sigmoid units only because XOR's inputs and targets are "
        "uncorrelated",
        "a gradient on XOR that is not exactly 0 under cross-entropy or a sigmoid output, or sigmoid units that stay "
        "at the best constant on data whose inputs and targets are correlated",
        ("C01", "C01-contrast"), "contrast_sigmoid_learns", "loss / best constant's loss",
        (Criterion("xor_gradients", "zero", "for",
                   "XOR under cross-entropy, or mse with a sigmoid output: every gradient is exactly 0 at every step"),
         Criterion("xor_weights_frozen", "zero", "for",
                   "XOR under mse with a linear output, tanh and ReLU: every weight stays exactly 0"),
         Criterion("xor_bias_moves", "equal", "control",
                   "XOR under mse with a linear output: the output bias is 1/2 after one step", 0.5),
         Criterion("xor_sigmoid_moves", "below", "control",
                   "XOR under mse with a linear output, sigmoid: after two steps both weight layers are where the "
                   "arithmetic by hand puts them (largest relative error)", 1e-12),
         Criterion("xor_sigmoid_stays", "within", "for",
                   "XOR under mse with a linear output, sigmoid: the loss ends at 1/4", (0.2499, 0.2501)),
         Criterion("contrast_frozen", "zero", "for", "digits and tilted regression, tanh and ReLU: every weight stays "
                                                     "exactly 0"),
         Criterion("contrast_sigmoid_learns", "median_below", "against",
                   "tilted regression, sigmoid from zero: the loss falls below half of the best constant's", 0.5,
                   count=60),
         Criterion("contrast_digits", "below", "against",
                   "digits, sigmoid from zero: the loss falls below 0.95 of the best constant's", 0.95))),
    Claim(
        "C02", "An update multiplies the weight, so zero stays zero.",
        "The usual update rules add to a weight, and what they add does not contain the weight itself: from zero, the "
        "output weights of sigmoid units move at the first step. Rules that do multiply exist, and there zero stays "
        "zero. With tanh or ReLU units zero stays too, for another reason: the units are silent.",
        "CONDITIONAL",
        "only of rules that truly multiply (exponentiated gradient); under the usual rules no update has its own "
        "weight as a factor, and zero stays zero only where g(0) = 0, for another reason",
        "output weights of a sigmoid network that stay at 0 under a usual rule, or leave it under one that multiplies",
        ("C02",), "adding_move", "first step",
        (Criterion("adding_move", "equal", "against", "sigmoid and softplus, the usual rules: the output weights "
                                                      "leave 0 at step 1", 1),
         Criterion("adding_hidden", "equal", "against",
                   "sigmoid and softplus, the usual rules: the hidden weights at step 2", 2),
         Criterion("frozen", "zero", "for", "tanh and ReLU: every weight stays exactly 0"),
         Criterion("multiplying_stay", "zero", "for", "exponentiated gradient: every weight stays exactly 0, whatever "
                                                      "the activation"),
         Criterion("multiplying_gradient", "below", "control",
                   "although the gradient of the output weights at the start is (2/m) |mean target| g(0) sqrt(n) "
                   "(largest relative error)", 1e-12),
         Criterion("multiplying_move", "equal", "control", "and weights that start at 0.1 move at step 1", 1))),
    Claim(
        "C03", "The right-hand side of the delta rule has no w in it.",
        "Without hidden layers this is true, and zero is as good a start as any: linear and logistic regressions end "
        "where random starts end. With hidden layers it is false. There the error of a layer is multiplied by the "
        "weights above it.",
        "CONDITIONAL",
        "true without hidden layers; with hidden layers the gradient of a layer has the weights above it as factors",
        "an all-zero regression that ends elsewhere than random starts, or a hidden layer below a zero layer that has "
        "a gradient",
        ("C03", "C03-hidden"), "same_optimum", "largest difference of a weight",
        (Criterion("same_optimum", "below", "for",
                   "linear regression: zero and random starts end at the same weights (largest difference)", 1e-9),
         Criterion("same_logistic_optimum", "below", "for",
                   "logistic regression, classes overlap: zero and random starts end at the same weights (largest "
                   "difference)", 1e-9),
         Criterion("zero_moves", "equal", "for", "regressions from zero: the weights move at step 1", 1),
         Criterion("separable_grows", "above", "control",
                   "separable classes have no optimum: the norm still grows at the end of training (last record less "
                   "the one before, against what rounding could add)", DUST),
         Criterion("hidden_zero", "zero", "against",
                   "hidden layers below an all-zero output layer: every gradient is exactly 0 at the start"),
         Criterion("hidden_random", "rate_above", "control",
                   "the same hidden layers below a random output layer: every layer has a gradient above 1e-9", 0.95,
                   count=360))),
    Claim(
        "C04", "Local minima are why one starts at random, many times.",
        "Hardly. Call an end a trap if no path that never rises leads from it to a lower loss: by this one definition "
        "tanh and sigmoid networks are hardly ever trapped on XOR, only slow, and most ReLU networks that stop have a "
        "dead unit and a way out along a level path. Starts fail because they are slow, too large or dead, and wider "
        "networks fail less.",
        "FALSE", None,
        "unsolved ends of tanh or sigmoid networks, or most of those of ReLU networks, from which no path leads down",
        ("C04",), "relu_traps", "share of unsolved ends",
        (Criterion("tanh_traps", "rate_below", "against",
                   "XOR 2-2-1, tanh, scales 0.3 and 1: unsolved ends from which no path is found that never rises and "
                   "leads lower: hardly any", 0.05, count=300),
         Criterion("sigmoid_traps", "rate_below", "against", "sigmoid: likewise", 0.05, count=300),
         Criterion("relu_traps", "rate_below", "against", "ReLU: likewise, fewer than half", 0.5, count=2500),
         Criterion("relu_at_rest", "rate_above", "beside",
                   "ReLU: the unsolved ends are at rest (gradient below 1e-9): gradient descent never leaves them", 0.5,
                   count=700),
         Criterion("relu_levels", "rate_above", "beside", "those at rest lie at the losses 1/4, 1/6 or 1/8 (within "
                                                          "1e-6)", 0.95, count=700),
         Criterion("tanh_rises", "rates_differ", "beside",
                   "tanh: more solve from scale 1 than from 0.03, within 20,000 steps", 0.0, count=2000),
         Criterion("tanh_falls", "rates_differ", "beside", "tanh: more solve from scale 1 than from 10", 0.0,
                   count=2000),
         Criterion("sigmoid_rises", "rates_differ", "beside", "sigmoid: more solve from scale 1 than from 0.03", 0.0,
                   count=2000),
         Criterion("sigmoid_falls", "rates_differ", "beside", "sigmoid: more solve from scale 1 than from 10", 0.0,
                   count=2000),
         Criterion("small_is_slow", "rates_differ", "control",
                   "tanh, scale 0.1: many of those unsolved after 2,000 steps are solved after 20,000 (share more)",
                   0.2, count=2000),
         Criterion("wider", "rates_differ", "beside", "tanh, sigmoid, ReLU: more solve with 8 units than with 2", 0.0,
                   count=2000, groups=3),
         Criterion("to_infinity", "rate_above", "beside",
                   "tanh and sigmoid, unsolved: the weights grew by more than 1 % in the second half of the steps",
                   0.5, count=300, groups=2))),
    Claim(
        "C05",
        "Equal weights, zero or any constant: all units of a layer stay identical, the network is one unit wide.",
        "True, to the last bit, under every optimiser: equal units see equal numbers and make equal steps. The network "
        "behaves as one of width 1 with learning rates of its own. How bad that is depends on the activation: one tanh "
        "unit cannot do XOR, one sine can.",
        "TRUE", None,
        "two units of a hidden layer that differ in a bit at any record, under any optimiser, or a one-unit "
        "network with its own rates that goes another way by more than rounding",
        ("C05", "C05-one-unit", "C05-twins"), "one_unit", "distinct units",
        (Criterion("one_unit", "one_unit", "for",
                   "constant starts, every optimiser, full batch and minibatches: each hidden layer has one distinct "
                   "unit at every record"),
         Criterion("twin", "below", "for",
                   "a network of width 1 with the rates of theory has the same loss at every record, to rounding "
                   "(relative)", 1e-12),
         Criterion("random_units_differ", "equal", "control", "a random start has all its units distinct at the end",
                   8),
         Criterion("monotone", "above", "beside",
                   "one unit of a monotone activation: no start gets XOR's loss below 1/6", 1 / 6 - 1e-5),
         Criterion("not_monotone", "below", "beside",
                   "one unit of sin, GELU, SiLU, Mish or a Gaussian fits XOR: the best start's loss", 1e-3))),
    Claim(
        "C06", "But different input weights break the symmetry, so the second reason is false.",
        "Randomness in one place is enough, as long as no more than one weight layer is zero. With two zero layers "
        "each lacks what the other should send, and neither ever moves. ReLU tolerates only a zero output layer.",
        "CONDITIONAL",
        "true while at most one weight layer is zero (ReLU: the last); two zero layers with zero biases and g(0) = 0 "
        "never move",
        "a tanh network with two zero weight layers that moves, or one with a single zero layer that does not learn",
        ("C06", "C06-parts"), "one_zero_learns", "share that learns",
        (Criterion("incoming_random", "rate_above", "for", "random incoming, equal outgoing weights, tanh: learns",
                   0.95, count=300),
         Criterion("one_zero_moves", "equal", "for", "tanh, one zero layer: it first moves at step 1", 1),
         Criterion("one_zero_gradient", "above", "control",
                   "tanh, one zero layer: its gradient at the start is not rounding's (smallest)", DUST),
         Criterion("one_zero_learns", "rate_above", "for",
                   "tanh, one zero layer, each of the five ways: learns (loss below half of the best constant's)", 0.95,
                   count=300, groups=5),
         Criterion("relu_last_learns", "rate_above", "for", "ReLU, the last layer zero, L = 1 and 2: learns", 0.95,
                   count=300, groups=2),
         Criterion("two_zero_stay", "zero", "against", "tanh and ReLU, two or more zero layers: none of them ever "
                                                       "moves (networks that do)"),
         Criterion("two_zero_constant", "above", "against",
                   "tanh and ReLU, two or more zero layers: the loss ends no lower than the best constant's (smallest "
                   "ratio)", 1 - 1e-9),
         Criterion("relu_lower_stays", "zero", "against",
                   "ReLU, a zero layer below the last: never moves (networks that do)"),
         Criterion("biases_learn", "rate_above", "beside", "all weights zero, random biases, tanh: learns", 0.95,
                   count=300),
         Criterion("outgoing_learn", "rate_above", "beside", "equal incoming, random outgoing weights, tanh: learns",
                   0.95, count=300),
         Criterion("distinct_overstates", "within", "beside",
                   "random biases alone: at step 2 all 8 units differ and their weights have effective rank 1",
                   (1 - 1e-6, 1 + 1e-6)))),
    Claim(
        "C07", "Zero is the top of a hill: perturb a little and we are on our way.",
        "Zero is a saddle, not a top. With one hidden layer a little noise is indeed enough: it grows exponentially. "
        "With more hidden layers gradient descent needs eps^-(L-1) steps, and so does Adam once the noise is so small "
        "that gradients fall below its epsilon.",
        "CONDITIONAL",
        "never a top but a saddle; a little noise is enough with one hidden layer, or under Adam while eps^L is far "
        "above its epsilon; under gradient descent with L >= 2, and under Adam below that, it takes eps^-(L-1) steps",
        "a Hessian at zero with eigenvalues of one sign (L = 1), or escape times that grow otherwise with falling "
        "noise",
        ("C07", "C07-hessian"), "deep_3", "exponent of eps",
        (Criterion("descends", "below", "control", "L = 1: the smallest eigenvalue of the Hessian is negative: no "
                                                   "minimum", -1e-3),
         Criterion("rises", "above", "against", "the largest eigenvalue of the Hessian is positive: no top", 1e-3),
         Criterion("hessian_shallow", "below", "against",
                   "L = 1: the extreme eigenvalues are +-(2/m) g'(0) sigma_1, or the output bias's 2/m (largest error)",
                   1e-9),
         Criterion("hessian_deep", "below", "against",
                   "L = 2, 3, bias at its optimum: no curvature but the output bias's own 2/m (largest error)", 1e-9),
         Criterion("shallow_slow", "slope_within", "for",
                   "L = 1, gradient descent, eta 0.02: the escape time grows by 1 / log(1 + eta lambda) for each "
                   "factor e (ratio)", (0.95, 1.05), count=200, resolution=0.01),
         Criterion("shallow_fast", "slope_within", "for", "L = 1, gradient descent, eta 0.1: likewise", (0.95, 1.05),
                   count=200, resolution=0.05),
         Criterion("shallow_momentum", "slope_within", "for",
                   "L = 1, momentum 0.9: the escape time grows by 1 / log z, z the larger root (ratio)", (0.95, 1.05),
                   count=200, resolution=0.03),
         Criterion("deep_2", "slope_within", "against", "L = 2, gradient descent: the escape takes eps^-1 steps",
                   (-1.1, -0.9), count=200, resolution=0.001),
         Criterion("deep_3", "slope_within", "against", "L = 3, gradient descent: the escape takes eps^-2 steps",
                   (-2.1, -1.9), count=200, resolution=0.001),
         Criterion("adam", "median_below", "for",
                   "Adam, L = 1, 2, 3, the smallest eps with eps^L >= 1e-6, a hundred of its epsilons: escapes in tens "
                   "of steps", 100, count=200, groups=3, resolution=1),
         Criterion("adam_below", "slope_within", "against",
                   "Adam, L = 3, eps from 1e-6 to 4e-6, eps^L far below its epsilon: eps^-2 steps, as of gradient "
                   "descent", (-2.1, -1.9), count=200, resolution=0.001))),
    Claim(
        "C08", "The deltas do get through eventually: the output weights first, then the layers below.",
        "With sigmoid units yes, and in an exact order: the output weights move at step 1, the layer below at step 2, "
        "and so on down. But each first movement is the square of the one above it, so \"eventually\" grows steeply "
        "with depth. With tanh or ReLU units nothing ever gets through.",
        "CONDITIONAL",
        "true where g(0) and g'(0) are not 0 (sigmoid, softplus): one layer a step, and then ever more slowly with "
        "depth; tanh and ReLU never",
        "a layer of a sigmoid or softplus network that first moves at another step than L + 2 - k, or a tanh layer "
        "that moves",
        ("C08", "C08-float32", "C08-time"), "layer_by_layer", "layers off their step",
        (Criterion("layer_by_layer", "first_step", "for",
                   "sigmoid and softplus, L <= 6, float64: weight layer k first moves at step L + 2 - k (layers that "
                   "do not)"),
         Criterion("layer_by_layer_float32", "first_step", "for",
                   "sigmoid and softplus, L <= 4, float32: weight layer k first moves at step L + 2 - k (layers that "
                   "do not)"),
         Criterion("first_sizes", "below", "control",
                   "sigmoid and softplus, float64: the first gradient of each layer is that of another order of sums, "
                   "so it is not what rounding left (largest relative difference)", 1e-6),
         Criterion("squares", "within", "for",
                   "sigmoid and softplus, L = 4, eta 0.001 to 0.002: the first movements go as eta^1, eta^2, eta^4, "
                   "eta^8 and eta^16 (exponent over that)", (0.95, 1.05)),
         Criterion("others_never", "zero", "against", "tanh and ReLU: no layer ever moves (layers that do)"),
         Criterion("slower", "median_above", "beside",
                   "softplus and sigmoid: the time to half the variance grows from L = 1 to 2 (factor)", 1.0, count=40,
                   groups=2),
         Criterion("two_to_three", "median_above", "beside",
                   "softplus: from L = 2 to 3 at least twofold, the time at L = 3 taken as the budget where it is "
                   "censored", 2.0, count=40))),
    Claim(
        "C09", "With two or more hidden layers no single weight changes the output, so the gradient vanishes, which is "
               "not a local minimum.",
        "True where g(0) = 0. The output of an all-zero network is a product with one factor a layer, so the loss "
        "changes only if all layers change, at order L + 1, and in half of all directions it then falls. With sigmoid "
        "units a single output weight changes the output.",
        "CONDITIONAL", "true where g(0) = 0, of weights, without weight decay; with sigmoid units a single output "
                       "weight changes the output, and so do an output weight and a hidden bias together",
        "a loss that changes although a weight layer is zero (tanh, ReLU), or one that does not fall at order L + 1",
        ("C09",), "order_3", "order of the first change",
        (Criterion("gradients", "zero", "for", "tanh and ReLU, all zero: the gradient of every weight is exactly 0"),
         Criterion("one_layer_zero", "zero", "for",
                   "tanh and ReLU, one weight layer zero and the others random, L = 1 to 3: the loss is that of all "
                   "zeros, to the bit"),
         Criterion("one_layer_random", "zero", "for",
                   "tanh and ReLU, one weight layer random and the others zero: the loss is that of all zeros, to the "
                   "bit"),
         Criterion("order_1", "slope_within", "for", "tanh, L = 1: the loss changes as eps^2", (1.95, 2.05), count=200),
         Criterion("order_2", "slope_within", "for", "tanh, L = 2: the loss changes as eps^3", (2.95, 3.05), count=200),
         Criterion("order_3", "slope_within", "for", "tanh, L = 3: the loss changes as eps^4", (3.95, 4.05), count=200),
         Criterion("not_a_minimum", "rate_above", "for",
                   "tanh, all layers perturbed by the smallest eps, L = 1, 2, 3: the loss falls in some directions",
                   0.1, count=200, groups=3),
         Criterion("not_a_maximum", "rate_below", "for", "and rises in others: a saddle", 0.9, count=200, groups=3),
         Criterion("sigmoid_output", "above", "against",
                   "sigmoid: output weights alone change the loss, by more than rounding", DUST),
         Criterion("bias_and_output", "above", "against",
                   "tanh: output weights together with hidden biases change the loss, by more than rounding", DUST))),
    Claim(
        "C10", "It depends on the activation at 0: sigmoid moves together, tanh and ReLU not at all.",
        "True, and two numbers decide: g(0) and g'(0). If g(0) = 0 no weight ever moves; if neither is 0 all layers "
        "move, their units together. If only g(0) is not 0 (cosine, Gaussian), the output layer moves alone.",
        "TRUE", None,
        "an activation with g(0) = 0 whose weights move by one bit, or one with g(0) and g'(0) not 0 of which a layer "
        "stays",
        ("C10", "C10-bias"), "frozen", "largest |weight|",
        (Criterion("frozen", "zero", "for",
                   "every activation with g(0) = 0: all weights are exactly 0 at every record"),
         Criterion("moving", "equal", "for",
                   "g(0) and g'(0) not 0 (sigmoid, softplus): layer k has left 0 after step L + 2 - k (share of the "
                   "layers)", 1),
         Criterion("moving_sizes", "below", "control",
                   "and its weights then are those of another order of sums, so they are not what rounding left "
                   "(largest relative difference of the norm)", 1e-6),
         Criterion("together", "one_unit", "for", "every activation: each hidden layer has one distinct unit at every "
                                                  "record"),
         Criterion("output_only_moves", "below", "for",
                   "g(0) not 0 and g'(0) = 0 (Gaussian, cos): after a step the output weights are eta (2/m) mean(t) "
                   "g(0) (largest relative error of the norm)", 1e-12),
         Criterion("output_only_stays", "zero", "for", "g(0) not 0 and g'(0) = 0 (Gaussian, cos): no other layer ever "
                                                       "moves"),
         Criterion("bias_factor", "below", "beside",
                   "g(0) = 0: the output bias converges by the factor 1 - 2 eta / m a step (largest relative error)",
                   1e-9),
         Criterion("bias_swings", "zero", "beside", "eta = m: the output bias swings for ever, its loss stays as it "
                                                    "was"))),
    Claim(
        "C11", "Small random weights are enough.",
        "For a shallow network, yes. Each further layer multiplies the gradient by another small number, so the depth "
        "that plain gradient descent can still train shrinks with the weights: it is about 1 + 2 xi log(rate x steps), "
        "where xi is mean-field theory's depth scale. Near the boundary of order and chaos xi is unbounded and every "
        "depth tried learns.",
        "CONDITIONAL",
        "true while L - 1 is well below 2 xi log(eta T), xi = 1 / |log chi|, chi = sigma_w^2 (tanh) or sigma_w^2 / 2 "
        "(ReLU); false where it is well above",
        "networks much deeper than 1 + 2 xi log(eta T) that learn from small weights, or much shallower ones that do "
        "not",
        ("C11", "C11-gradient", "C11-large"), "beyond", "loss / best constant's loss",
        (Criterion("within", "median_below", "for",
                   "sigma_w below the boundary, tanh and ReLU, L - 1 at most half of 2 xi log(eta T): digits are "
                   "learnt "
                   "(share of the loss left)", 0.5, count=24, groups=18),
         Criterion("beyond", "median_above", "against",
                   "L - 1 at least twice 2 xi log(eta T): digits are not learnt (share of the loss left)", 0.95,
                   count=24, groups=10, resolution=1e-6),
         Criterion("gradient_1", "slope_within", "beside",
                   "L = 1: the first layer's gradient at the start goes as eps^1", (0.95, 1.05), count=200),
         Criterion("gradient_2", "slope_within", "against", "L = 2: as eps^2", (1.95, 2.05), count=200),
         Criterion("gradient_3", "slope_within", "against", "L = 3: as eps^3", (2.95, 3.05), count=200),
         Criterion("gradient_4", "slope_within", "against", "L = 4: as eps^4", (3.95, 4.05), count=200),
         Criterion("boundary", "median_below", "beside",
                   "at the boundary, sigma_w 1 (tanh) and sqrt(2) (ReLU), depths 1 to 16: digits are learnt (share of "
                   "the loss left)", 0.5, count=24, groups=10),
         Criterion("no_knife_edge", "median_below", "beside",
                   "tanh, L = 16, sigma_w sqrt(2) and 2: learnt too, with the best of three learning rates", 0.5,
                   count=24, groups=2),
         Criterion("too_large", "median_above", "beside",
                   "L = 16, sigma_w 3, tanh and ReLU: more of the loss is left than at the boundary, with the best of "
                   "three learning rates each (ratio of the same starts)", 1.0, count=24, groups=2))),
    Claim(
        "C12", "It would not matter in practice: rounding breaks the symmetry anyway.",
        "Here rounding breaks nothing, and zero with g(0) = 0 it breaks nowhere. Where a library's rounding does break "
        "the symmetry, the difference must first grow from 1e-8: for some time the network is still one unit. In many "
        "steps Adam catches up with a random start (one and two hidden layers); gradient descent with two or more does "
        "not.",
        "CONDITIONAL",
        "true under Adam with many steps (20,000), where the network catches up; false under gradient descent with two "
        "or more hidden layers, of all-zero starts with g(0) = 0, and of programs with one order of sums",
        "units that come apart here, weights that leave zero where g(0) = 0, deep networks broken by rounding-size "
        "noise that do as well as random starts under gradient descent, or that do not under Adam in many steps",
        ("C12",), "early", "log2 of the ratio of losses",
        (Criterion("kept", "one_unit", "against", "constant starts in float32, widths 37 to 128: one distinct unit a "
                                                  "layer at every record"),
         Criterion("zero", "zero", "against", "all zero, tanh and ReLU: every weight stays exactly 0"),
         Criterion("broken", "equal", "control", "constant starts with noise of 1e-8: all 16 units of the first layer "
                                                 "are distinct at the start", 16),
         Criterion("early", "median_above", "against",
                   "L = 2 and 3, gradient descent, two data sets, after 1,000 steps: the loss is more than twice that "
                   "of the random start of the same replicate (log2, with a thousandth of the best constant's loss "
                   "added to both)", 1.0, count=40, groups=4),
         Criterion("slow", "median_above", "against",
                   "and still after 20,000 steps (log2)", 1.0, count=40, groups=4),
         Criterion("late", "median_below", "for",
                   "L = 1 and 2, Adam, two data sets, after 20,000 steps: the loss is less than twice that of the "
                   "random start (log2)", 1.0, count=40, groups=4))),
    Claim(
        "C13", "Identical units: no learning can occur.",
        "False. Identical units are one unit, and one unit can learn what one unit can represent, such as AND and OR. "
        "Only from zero with tanh or ReLU units nothing starts at all.",
        "FALSE", None,
        "units that stay equal to the bit and fail to learn AND or OR",
        ("C13",), "learnt", "smallest accuracy",
        (Criterion("equal_units", "one_unit", "control", "all networks: one distinct hidden unit at every record"),
         Criterion("learnt", "equal", "against",
                   "AND and OR from constant starts (sigmoid, tanh, ReLU), and from zero with sigmoid: every sample "
                   "right", 1.0),
         Criterion("tanh_zero", "equal", "beside", "from zero with tanh or ReLU: the accuracy stays that of the best "
                                                   "constant", 0.75))),
    Claim(
        "C14", "No particular weight should start at 0.",
        "In a wide network single zeros do no harm: other paths remain, and even with half of the weights at zero as "
        "many starts succeed. In a network of two units each unit counts, and zeros do kill some. A tanh unit is dead "
        "only if all its weights are zero, a ReLU unit already if those of its inputs are.",
        "CONDITIONAL",
        "true of narrow networks, where a dead unit is missed (2 units for XOR); false of wide ones (16 units and "
        "more)",
        "wide networks of which fewer succeed where half of the weights start at 0, or narrow ones of which as many do",
        ("C14",), "wide_half", "share lost",
        (Criterion("dense", "rate_above", "control",
                   "XOR, width 32, no weight at 0, tanh, sigmoid and ReLU: solved", 0.95, count=1000, groups=3),
         Criterion("wide_half", "rates_alike", "against",
                   "width 16 and 32, tanh and ReLU, and 32, sigmoid: half of the weights at 0 cost less than 10 points "
                   "(share lost)", (-0.1, 0.1), count=1000, groups=5),
         Criterion("wide_most", "rate_above", "against", "width 32, tanh, nine of ten weights at 0: solved", 0.95,
                   count=1000),
         Criterion("narrow_half", "rates_differ", "for",
                   "width 2, tanh and ReLU: half of the weights at 0 cost successes (share lost)", 0.0, count=1000,
                   groups=2),
         Criterion("falls_late", "rates_differ", "beside",
                   "width 32, tanh: fewer are solved with 99 of 100 at 0 than with 9 of 10", 0.05, count=1000),
         Criterion("all_zero", "zero", "beside", "none is solved where all are 0, at any width"))),
    Claim(
        "C15", "Zero rules out that the inputs ever matter; any gradient method stops at once.",
        "From an all-zero start the output of tanh and ReLU networks never depends on the input. That of sigmoid "
        "networks does from step L + 1 on, though with three hidden layers immeasurably little. Training does not stop "
        "at once, unless the output bias has nothing to do either.",
        "CONDITIONAL",
        "the inputs never matter where g(0) = 0 and there are hidden layers, and with sigmoid units hardly with three; "
        "and it stops at once only where the output bias's gradient is 0 too",
        "a tanh or ReLU network from zero with a Jacobian that is not 0, or a sigmoid one whose Jacobian stays 0",
        ("C15", "C15-stop"), "sigmoid_first", "networks off their step",
        (Criterion("jacobian_zero", "zero", "for", "tanh and ReLU: the Jacobian is exactly 0 at every record"),
         Criterion("stops", "equal", "for", "XOR under cross-entropy: a stop rule on the gradient fires at step 0", 0),
         Criterion("sigmoid_first", "first_step", "against",
                   "sigmoid and softplus: the Jacobian is first not 0 at step L + 1 (networks where it is not so)"),
         Criterion("sigmoid_sizes", "below", "control",
                   "and then is that of another order of sums, so it is not what rounding left (largest relative "
                   "difference)", 1e-6),
         Criterion("matters", "median_above", "against",
                   "sigmoid, L = 1: the Jacobian after 3,000 steps is of the size of the data's slope", 0.01, count=20),
         Criterion("hardly_matters", "median_below", "for",
                   "sigmoid, L = 3: the Jacobian after 3,000 steps is immeasurably small", 1e-6, count=20),
         Criterion("linear_first", "equal", "against", "without hidden layers: the Jacobian is not 0 from step 1 on",
                   1),
         Criterion("goes_on", "equal", "against", "XOR under mse: the output bias has a gradient, the rule does not "
                                                  "fire at step 0", 100))),
    Claim(
        "C16", "Restarts tell whether it was a local minimum.",
        "Repeated failures tell whether starts end at rest or are merely slow only if each had far more steps than "
        "slow starts need. With few steps the slow ones fail most, and failures point the wrong way. All-zero starts "
        "cannot be repeated at all: they have one outcome.",
        "CONDITIONAL",
        "only with budgets far beyond what slow starts need, which the restarts themselves do not tell; with short "
        "budgets k failures speak for the wrong cause, and all-zero starts have no restarts",
        "failures under a short budget that speak for starts at rest, or under a long one that do not, or replicates "
        "of "
        "an all-zero start that differ",
        ("C16", "C16-zero"), "short", "ratio of failure rates",
        (Criterion("long", "ratio_above", "for",
                   "20,000 steps: starts that end at rest (ReLU) fail so much more often than starts that end nowhere "
                   "(tanh, scale 1) that 4 failures make rest 9 times as likely (ratio of rates)", 9 ** 0.25,
                   count=800),
         Criterion("short", "ratio_above", "against",
                   "1,000 steps: slow starts (tanh, scale 0.1) fail more often than starts that end at rest (ReLU, "
                   "scale 1): failures speak for the wrong cause (ratio of rates)", 1.0, count=800),
         Criterion("slow_solves", "rate_above", "control",
                   "the slow starts that had failed after 1,000 steps: solved after 20,000", 0.5, count=700),
         Criterion("rest_rests", "rate_above", "control",
                   "ReLU, unsolved after 20,000 steps: as many steps again change nothing (gradient below 1e-9)", 0.5,
                   count=400),
         Criterion("one_outcome", "zero", "against",
                   "all-zero starts, full batch: 20 replicates have the same final weights, bit for bit (largest "
                   "difference)"),
         Criterion("zero_unsolved", "above", "control", "and none of them solves XOR: smallest loss", 0.2))),
    Claim(
        "C17", "Weight decay makes zero a minimum.",
        "With one hidden layer it does if the decay exceeds the steepest curvature of the saddle, and the change is "
        "sharp: 2 % decide. With more hidden layers any decay does, because the saddle has no curvature. What escapes "
        "then is noise above a threshold that grows as decay^(1/(L-1)).",
        "CONDITIONAL",
        "with one hidden layer exactly where weight_decay > (2/m) g'(0) sigma_1(C); with more under any weight decay, "
        "for noise below a threshold that goes as weight_decay^(1/(L-1))",
        "noisy starts that stay 2 % below that decay or escape 2 % above it, or, where L >= 2, a threshold of the "
        "noise "
        "that goes otherwise with the decay",
        ("C17", "C17-deep"), "above_stays", "share that escapes",
        (Criterion("eigenvalue", "within", "control",
                   "the decays of the sweep are 0.98 and 1.02 of (2/m) g'(0) sigma_1(C) (ratio less 1, absolute)",
                   (0.0199999, 0.0200001)),
         Criterion("above_stays", "rate_below", "for", "L = 1, 2 % above: noise escapes: hardly any", 0.05, count=300),
         Criterion("below_escapes", "rate_above", "against", "L = 1, 2 % below: noise escapes", 0.95, count=300),
         Criterion("deep_shrinks", "below", "for",
                   "L = 2, 3, every decay, the smallest noise: the norm of the weights shrinks (largest ratio of end "
                   "and start)", 1.0),
         Criterion("threshold_2", "slope_within", "for",
                   "L = 2: the noise above which starts escape goes as decay^1 (exponent)", (0.85, 1.15), count=60,
                   resolution=0.082),
         Criterion("threshold_3", "slope_within", "for",
                   "L = 3: the noise above which starts escape goes as decay^(1/2) (exponent)", (0.4, 0.6), count=60,
                   resolution=0.082),
         Criterion("without_decay", "rate_above", "control",
                   "L = 2, 3, decay 0: the noise of the middle of the sweep escapes within the same steps", 0.9,
                   count=100, groups=2))),
    Claim(
        "C18", "One zero a path is right, two kill it.",
        "True of branches h + alpha W_b g(W_a h), whatever the activation: with one zero factor they start as the "
        "identity and learn, with two they never move. If the activation comes last, h + alpha g(W_b g(W_a h)), it "
        "depends on g at 0: ReLU dies of one zero, sigmoid survives two.",
        "CONDITIONAL",
        "true of branches that end with weights, for every activation, and of low-rank products; of branches that end "
        "with the activation: one zero layer is right if g(0) = 0 and g'(0) is not 0, and two zeros kill if g(0) = 0",
        "a branch that ends with weights, or with tanh, and does not move with one zero, or does with two; or one that "
        "ends with ReLU or sigmoid and does as tanh does",
        ("C18", "C18-learn", "C18-low-rank"), "weights_last", "layers off their step",
        (Criterion("weights_last", "first_step", "for",
                   "f = W_b g(W_a h), every activation: W_b = 0: W_b moves at step 1, W_a at step 2; alpha = 0: both "
                   "at "
                   "step 2; both zero: never (layers off their step)"),
         Criterion("weights_last_identity", "same", "for",
                   "f = W_b g(W_a h), every activation and zero: the Jacobian at the start is the trunk's, bit for "
                   "bit"),
         Criterion("weights_last_scale", "zero", "for",
                   "f = W_b g(W_a h), both zero, every activation: every alpha stays exactly 0"),
         Criterion("scale_moves", "above", "control", "alpha = 0 alone: |alpha| after step 1 (smallest)", DUST),
         Criterion("smooth_last", "first_step", "for",
                   "f = g(W_b g(W_a h)), g(0) = 0 and g'(0) not 0: the same (layers off their step)"),
         Criterion("flat_last", "first_step", "against",
                   "f = g(W_b g(W_a h)), g(0) = g'(0) = 0 (ReLU, square): W_b = 0 alone kills, no layer of the branch "
                   "ever moves (layers that do)"),
         Criterion("offset_last", "first_step", "against",
                   "f = g(W_b g(W_a h)), g(0) and g'(0) not 0 (sigmoid, softplus): both zero do not kill, W_b moves at "
                   "step 2, W_a at step 3 (layers off their step)"),
         Criterion("bump_last", "first_step", "against",
                   "f = g(W_b g(W_a h)), g(0) not 0 and g'(0) = 0 (Gaussian, cos): with W_b = 0 no layer of the branch "
                   "ever moves (layers that do)"),
         Criterion("bump_scale", "above", "against", "though both zero leave alpha free: it moves at step 1 where g(0) "
                                                     "is not 0 (smallest |alpha|)", DUST),
         Criterion("last_beats_trunk", "rate_above", "for",
                   "tanh, W_b = 0, either kind of branch: ends below its own trunk's loss", 0.95, count=1500, groups=2),
         Criterion("scale_beats_trunk", "rate_below", "beside",
                   "alpha = 0, either kind of branch: fewer than that end below their own trunk's loss", 0.95,
                   count=1500, groups=2),
         Criterion("b_moves", "first_step", "for", "low-rank B A, B = 0: B first moves at step 1, A at step 2 (layers "
                                                   "off their step)"),
         Criterion("b_learns", "rate_above", "for",
                   "low-rank B A, B = 0: learns (loss below half of the best constant's)", 0.95, count=300),
         Criterion("ab_never", "zero", "for", "A = B = 0: neither ever moves (layers that do)"))),
    Claim(
        "C19", "Zero is the best start of underdetermined linear regression.",
        "Under gradient descent, with or without momentum, yes, if \"best\" means the smallest norm: from zero it ends "
        "at the solution of the pseudo-inverse, random starts end at longer ones. Adam does not: it leaves the span of "
        "the samples even from zero.",
        "CONDITIONAL",
        "true of gradient descent and momentum, and of \"best\" as the smallest norm; Adam from zero ends elsewhere",
        "gradient descent from zero that does not end at the solution of the pseudo-inverse, random starts that end "
        "nearer, or Adam that ends there",
        ("C19",), "zero_is_pseudo_inverse", "largest difference",
        (Criterion("zero_is_pseudo_inverse", "below", "for",
                   "gradient descent and momentum from zero end at the solution of the pseudo-inverse (largest "
                   "difference of a parameter)", 1e-10),
         Criterion("adam_elsewhere", "above", "against",
                   "Adam from zero ends elsewhere (largest difference of a parameter)", 0.01),
         Criterion("adam_longer", "above", "against",
                   "and at a longer solution (norm over that of the pseudo-inverse's)", 1 + 1e-4),
         Criterion("random_is_longer", "rate_above", "for",
                   "gradient descent from N(0, 1) ends at a solution with a larger norm", 0.95, count=3000),
         Criterion("scatter", "mean_within", "for",
                   "which scatter around it with a covariance of trace d - N, here 9 - 5 (mean squared distance over "
                   "that)", (0.9, 1.1), count=3000),
         Criterion("all_fit", "below", "control", "gradient descent and momentum fit the samples (largest loss)",
                   1e-20),
         Criterion("adam_fits", "below", "control", "and so does Adam", 1e-6))),
    Claim(
        "C20", "Small random starts are nearly one unit too.",
        "Yes where the data have one strongest direction and the activation is smooth at 0: small weights all turn "
        "that way before the loss has fallen by a tenth. With two equally strong directions the units spread over "
        "both, and ReLU units settle in several directions. Linear networks then learn one mode after the other.",
        "CONDITIONAL",
        "true where C has a gap after its largest singular value and g is smooth at 0; with equal singular values the "
        "units spread over their plane, and ReLU units over several directions",
        "units that differ when the loss begins to fall although the start was small, the gap wide and g smooth, or "
        "that are one without a gap or with ReLU",
        ("C20", "C20-gap", "C20-modes"), "small_is_one", "mean |cosine|",
        (Criterion("small_is_one", "median_above", "for",
                   "one target, tanh and GELU, 50 units, noise 1e-4: mean |cosine| of incoming weights when the loss "
                   "has fallen by 10 %", 0.95, count=100, groups=2),
         Criterion("gap", "median_above", "for", "two targets, singular values 3 and 1, tanh, noise 1e-4: likewise",
                   0.95, count=100),
         Criterion("no_gap", "median_within", "against",
                   "two targets, both singular values 2, tanh, noise 1e-4: that of random directions in a plane, 2 / "
                   "pi",
                   (2 / 3.141592653589793 - 0.05, 2 / 3.141592653589793 + 0.05), count=100),
         Criterion("relu", "median_below", "against", "one target, ReLU, noise 1e-4: not one direction", 0.9,
                   count=100),
         Criterion("falls", "median_above", "for", "one target, tanh: it is larger than from noise 0.01 (difference of "
                                                   "the same starts)", 0.1, count=100),
         Criterion("falls_further", "median_above", "for", "and from noise 0.01 larger than from noise 0.2", 0.05,
                   count=100),
         Criterion("second_mode", "median_within", "beside",
                   "linear network, singular values 3, 2, 1: the second mode takes 3/2 of the time of the first "
                   "(ratio)", (1.35, 1.65), count=100, resolution=0.01),
         Criterion("third_mode", "median_within", "beside", "and the third 3 times as long (ratio)", (2.7, 3.3),
                   count=100, resolution=0.01))),
    Claim(
        "C21", "A change of one weight is absorbed by the next layer.",
        "Around zero it is, if g(0) = 0: the layers above and below are still zero and pass nothing on. It takes a "
        "change in every layer of a path to reach the output: two weights with one hidden layer, three with two. At a "
        "random start every single weight counts, and with sigmoid units each output weight does.",
        "CONDITIONAL",
        "true at an all-zero start with g(0) = 0 of changes in fewer than L + 1 layers, and with any g of weights "
        "below "
        "a zero output layer; false of a whole path, of output weights where g(0) is not 0, and of any random start",
        "a change in fewer than L + 1 layers of an all-zero tanh or ReLU network that changes the loss by a bit, or "
        "one "
        "of a whole path that does not",
        ("C21",), "single", "largest change of the loss",
        (Criterion("single", "zero", "for",
                   "all zero but one weight, tanh and ReLU, L = 1, 2, 3: the loss is that of all zeros, to the bit"),
         Criterion("pair_deep", "zero", "for",
                   "all zero but two weights of different layers, tanh and ReLU, L = 2, 3: likewise"),
         Criterion("layers_absorbed", "zero", "for",
                   "width 4, whole layers, every choice of at most L of the L + 1: likewise"),
         Criterion("sigmoid_below", "zero", "for",
                   "sigmoid, weights below a zero output layer: the loss is that of all zeros, to the bit"),
         Criterion("pair_shallow", "above", "against",
                   "tanh, L = 1, both weights of a path: the loss changes (smallest change)", DUST),
         Criterion("path_deep", "above", "against",
                   "tanh, L = 2, 3, all weights of a path: the loss changes (smallest change)", DUST),
         Criterion("sigmoid_output", "above", "against",
                   "sigmoid, one output weight: the loss changes (smallest change)", DUST),
         Criterion("random_start", "above", "against",
                   "tanh, random start, L = 1, 2, 3, one weight larger by a tenth, in any layer: the loss changes "
                   "(smallest change)", DUST))),
    Claim(
        "C22", "Zero weights are a prior that rules the inputs out, and no data bring back what a prior rules out.",
        "A prior of variance zero does rule the inputs out, and one of small variance nearly does: the effect shrinks "
        "in proportion to the variance. But a start at zero is no prior. Sampling or descending from zero reaches the "
        "same posterior as from anywhere else, unless nothing can move it from there.",
        "CONDITIONAL",
        "true of a prior: weights held at zero, or a variance that goes to zero; false of a start: the posterior of a "
        "linear model is the same from zero, and noise leads tanh networks away from zero",
        "held weights whose inputs matter, a posterior that does not shrink with the prior's variance, or one that "
        "depends on the start",
        ("C22", "C22-held", "C22-langevin", "C22-noise"), "posterior_zero", "mean squared distance",
        (Criterion("held", "zero", "for",
                   "first layer held at zero, all else random, sigmoid and tanh: the Jacobian is exactly 0 at every "
                   "record"),
         Criterion("held_trains", "below", "control",
                   "although the other layers train: the loss at the end over that at the start (largest)", 1.0),
         Criterion("shrinks", "within", "for",
                   "linear regression: as the prior's variance goes to 0 the mode of the posterior goes to 0 with it "
                   "(exponent, smallest variances)", (0.98, 1.02)),
         Criterion("mode", "below", "against",
                   "linear regression, every prior: from zero and from N(0, 1) gradient descent ends at the "
                   "posterior's "
                   "mode, that of ridge regression (largest difference)", 1e-9),
         Criterion("posterior_zero", "mean_within", "against",
                   "Langevin steps from zero: the squared distance from the posterior's mean, in the covariance of "
                   "such steps, over the number of parameters", (0.9, 1.1), count=3000),
         Criterion("posterior_random", "mean_within", "against", "Langevin steps from N(0, 1): likewise", (0.9, 1.1),
                   count=3000),
         Criterion("without_noise", "zero", "control",
                   "tanh network from zero, no noise: the Jacobian is exactly 0 at every record"),
         Criterion("noise_learns", "rate_above", "against",
                   "tanh network, L = 1, from zero with noise on the gradient: learns (loss below half of the best "
                   "constant's)", 0.95, count=300))),
)

STATISTICS = sum(one.rule in STATISTICAL for claim in CLAIMS for one in claim.criteria)
CRITERION_ERROR = ERROR / STATISTICS  # by Bonferroni's inequality all intervals hold together with 1 - ERROR


def claim_of(name: str) -> Claim:
    """The claim of an id. Raises KeyError."""
    for claim in CLAIMS:
        if claim.id == name:
            return claim
    raise KeyError(name)
