"""C19: zero is the best start of underdetermined linear regression."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.schema import Verdict
from initsweep.report import axis, curves, series


def decide(case: Case) -> Verdict:
    """Where gradient descent, momentum and Adam end from zero, and gradient descent from random starts."""
    networks = case.networks("C19")
    table = np.loadtxt(case.data("five.csv"), delimiter=",", skiprows=1)
    design = np.column_stack([table[:, :-1], np.ones(len(table))])  # the bias is a parameter like the others
    solution = np.linalg.pinv(design) @ table[:, -1]
    free = design.shape[1] - design.shape[0]
    weights = networks.get("weights_final").astype(np.float64)
    zero, adam = networks.get("init_noise") == 0, networks.get("optimizer") == "adam"
    worst = case.check("zero_is_pseudo_inverse", np.abs(weights[zero & ~adam] - solution))
    elsewhere = case.check("adam_elsewhere", np.abs(weights[zero & adam] - solution).max())
    length = np.linalg.norm(weights, axis=1)
    longer = case.check("adam_longer", length[zero & adam] / np.linalg.norm(solution))
    case.check("random_is_longer", length[~zero] > length[zero & ~adam].max())
    squares = ((weights[~zero] - solution) ** 2).sum(axis=1)
    scatter = case.check("scatter", squares / free)
    case.check("all_fit", networks.take(~adam).last("loss"))
    case.check("adam_fits", networks.take(adam).last("loss"))
    edges = np.linspace(0, 20, 21)
    counts = np.histogram(squares, edges)[0] / len(squares)
    middle = 0.5 * (edges[1:] + edges[:-1])
    expected = 0.25 * middle * np.exp(-middle / 2)  # chi-squared with 4 degrees of freedom, bins of width 1
    case.draw(curves("C19-distance", "How far from the shortest solution random starts end",
                     "Distribution of the squared distance between the end of 3,000 random starts and the shortest "
                     "solution, with the chi-squared density of 4 degrees of freedom. The zero start ends at distance "
                     "0.", axis("squared distance"), axis("share of starts"),
                     [series("measured", middle, counts), series("theory", middle, expected)]))
    return case.verdict(f"""
        With {design.shape[1]} parameters and {design.shape[0]} samples there are infinitely many perfect fits. Gradient
        descent moves only along the samples, so it keeps whatever part of its start the samples do not see. From zero
        there is no such part: with and without momentum it ends at the shortest solution, that of the pseudo-inverse,
        to {worst.value:.0e}. From random starts the unseen part stays as it was drawn: all ends fit as well, all are
        longer, and their mean squared distance from the shortest solution is {free * (scatter.value or 0):.3f}, where
        theory has {free}, the number of unseen directions. Adam divides each parameter's gradient by a size of its own
        and so leaves the directions of the samples: from zero it ends up to {elsewhere.value:.2f} away, at a fit that
        is {longer.value:.3f} times as long.""")
