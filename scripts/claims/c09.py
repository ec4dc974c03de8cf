"""C09: no single weight changes the output, the gradient vanishes, and it is not a local minimum."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from initsweep.report import axis, points, series


def decide(case: Case) -> Verdict:
    """The loss around zero, by which layers are perturbed."""
    networks = case.networks("C09")
    layers = {name: networks.get(f"init_by_layer_{name}").astype(str) for name in ("1", "2", "output")}
    plain = (layers["1"] == "") & (layers["2"] == "") & (layers["output"] == "")
    some_zero = (layers["1"] == "zeros") | (layers["2"] == "zeros") | (layers["output"] == "zeros")
    some_random = (layers["1"] == "normal") | (layers["output"] == "normal")
    init, bias = networks.get("init"), networks.get("bias_init")
    activation, depth = networks.get("activation"), networks.get("depth")
    loss = networks.at("loss", 0)
    all_zero = (init == "zeros") & plain & (bias == "zeros")
    zero_loss = {(name, count): loss[all_zero & (activation == name) & (depth == count)][0]
                 for name in ("tanh", "relu", "sigmoid") for count in (1, 2, 3)}
    change = loss - np.array([zero_loss[name, count] for name, count in zip(activation, depth)])
    zero_at_0 = np.isin(activation, ("tanh", "relu"))
    start = networks.take(zero_at_0 & all_zero).layers("gradient_norm")
    case.check("gradients", start[np.isfinite(start)])
    # with one hidden layer, layer 2 is the output layer
    case.check("one_layer_zero", change[zero_at_0 & (init == "normal") & some_zero])
    case.check("one_layer_random", change[zero_at_0 & (init == "zeros") & some_random & (bias == "zeros")])
    content, slopes = [], {}
    for count in (1, 2, 3):
        mine = networks.take((activation == "tanh") & (init == "normal") & plain & (depth == count))
        sizes, columns = [], []
        for (size,), some in mine.groups("init_std"):
            sizes.append(size)
            columns.append(np.abs(some.at("loss", 0) - zero_loss["tanh", count]))
        size, change_of = np.array(sizes), np.array(columns)
        slopes[count] = case.check(f"order_{count}", (np.log(size), np.log(change_of).T))
        content.append(series(f"L = {count}", size, *np.quantile(change_of, [0.5, 0.1, 0.9], axis=1)))
    small = (activation == "tanh") & (init == "normal") & plain & (networks.get("init_std") == 0.01)
    falls = {count: change[small & (depth == count)] < 0 for count in (1, 2, 3)}
    down = case.check("not_a_minimum", falls)
    case.check("not_a_maximum", falls)
    top = (init == "zeros") & (layers["output"] == "normal")
    case.check("sigmoid_output", np.abs(change[(activation == "sigmoid") & top]))
    # the same biases with and without output weights
    with_bias = (activation == "tanh") & (init == "zeros") & (bias == "normal")
    case.check("bias_and_output", np.abs(loss[with_bias & (layers["output"] == "normal")] - loss[with_bias & plain]))
    case.draw(points("C09-order", "How the loss leaves zero when all weights are perturbed",
                     "Size of the change of the loss against the size of the perturbation, both logarithmic: straight "
                     "lines of slope 2, 3 and 4 for one, two and three hidden layers.",
                     axis("standard deviation of the weights", scale="log"),
                     axis("|change of the loss|", scale="log"), content))
    return case.verdict(f"""
        Where g(0) = 0 the output of an all-zero network is a product with one factor a weight layer. As long as one
        layer is zero the product is zero, however the others are: {int((zero_at_0 & some_zero).sum())} networks with
        one zero layer have the loss of all zeros to the last bit. The loss first changes when all L + 1 layers change,
        as eps^(L+1) (measured {slopes[1].value:.3f}, {slopes[2].value:.3f} and {slopes[3].value:.3f} for L = 1, 2, 3),
        and it falls in {100 * (down.value or 0):.0f} % of random directions: no minimum, no maximum, a very flat
        saddle. It is not so for sigmoid units, where one output weight changes the output by itself, nor for biases: an
        output weight and a hidden bias together do it.""")
