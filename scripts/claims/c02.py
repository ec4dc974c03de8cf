"""C02: an update multiplies the weight, so zero stays zero."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.schema import Verdict
from initsweep.report import axis, heatmap

ADDING = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad", "sign_sgd", "rprop",
          "levenberg_marquardt")
MULTIPLYING = ("exponentiated_gradient",)
MOVING = ("sigmoid", "softplus")
FROZEN = ("tanh", "relu")


def decide(case: Case) -> Verdict:
    """What leaves 0, under which rule."""
    networks = case.networks("C02")
    zero = networks.where(init="zeros")
    case.check("adding_move", zero.where(optimizer=ADDING, activation=MOVING).last("first_moved")[:, 1])
    case.check("adding_hidden", zero.where(optimizer=ADDING, activation=MOVING).last("first_moved")[:, 0])
    case.check("frozen", zero.where(optimizer=ADDING, activation=FROZEN).layers("weight_norm"))
    case.check("multiplying_stay", zero.where(optimizer=MULTIPLYING).layers("weight_norm"))
    multiplying = zero.where(optimizer=MULTIPLYING, activation=MOVING)
    targets = np.loadtxt(case.data("twelve.csv"), delimiter=",", skiprows=1)[:, -1]
    at_zero = np.array([{"sigmoid": 0.5, "softplus": np.log(2)}[name] for name in multiplying.get("activation")])
    expected = 2 * abs(targets.mean()) * at_zero * np.sqrt(multiplying.get("width"))  # of n equal output weights
    case.check("multiplying_gradient", np.abs(multiplying.at("gradient_norm", 0)[:, 1] / expected - 1))
    case.check("multiplying_move", networks.where(init="constant").last("first_moved")[:, 1])
    rules = [*ADDING, *MULTIPLYING]
    cells = [[np.nan_to_num(zero.where(activation=name, optimizer=rule).last("first_moved")[0, 1], nan=-1)
              for rule in rules]
             for name in (*MOVING, *FROZEN)]
    case.draw(heatmap("C02-first", "The step at which the output weights leave 0",
                      "Step at which the output weights first differ from 0, by activation and update rule; -1: never. "
                      "Every rule that adds moves sigmoid and softplus networks at step 1; the rule that multiplies "
                      "moves none; tanh and ReLU never move.",
                      axis("update rule", categories=rules), axis("activation", categories=[*MOVING, *FROZEN]), cells,
                      "first step (-1: never)"))
    return case.verdict(f"""
        The usual rules add to a weight; what they add has the weights of other layers as factors, never the weight
        itself. So zero does not stay zero for that reason: under all {len(ADDING)} of them the output weights of
        sigmoid and softplus networks leave 0 at step 1. With tanh and ReLU units the weights do stay at 0, but
        because the units' output is 0, which is another matter. There are rules that truly multiply: under the
        exponentiated gradient the same output weights have a gradient that is not 0 and stay at 0 for ever. Of those
        the claim is true.""")
