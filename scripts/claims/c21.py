"""C21: a change of one weight is absorbed by the next layer."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.schema import Verdict
from initsweep.report import axis, heatmap


def decide(case: Case) -> Verdict:
    """The loss at all zeros and at random starts, less that after changes of some weights."""
    networks = case.networks("C21")
    loss = networks.at("loss", 0)
    activation, depth, width = (networks.get(name) for name in ("activation", "depth", "width"))
    base = networks.get("init")
    own = {name: networks.get(f"init_by_layer_{name}").astype(str) for name in ("1", "2", "3", "output")}
    std = {name: networks.get(f"init_by_layer_{name}_std") for name in ("1", "2", "output")}
    # whether each weight layer is other than zero [networks, layers]; the last column is the output layer
    changed = np.stack([np.where(one == "", base, one) == "normal" for one in own.values()], axis=1)
    changed &= np.stack([depth >= 1, depth >= 2, depth >= 3, depth >= 1], axis=1)
    count = changed.sum(axis=1)
    enlarged = np.any([np.nan_to_num(one) == 1.1 for one in std.values()], axis=0)
    zero_loss = {key: loss[(count == 0) & (activation == key[0]) & (depth == key[1]) & (width == key[2])][0]
                 for key in zip(activation, depth, width)}
    change = np.abs(loss - np.array([zero_loss[key] for key in zip(activation, depth, width)]))
    silent = np.isin(activation, ("tanh", "relu"))  # g(0) = 0
    alone = width == 1
    case.check("single", change[silent & alone & (count == 1)])
    case.check("pair_deep", change[silent & alone & (count == 2) & (depth >= 2)])
    absorbed = silent & (width == 4) & (count >= 1) & (count <= depth)
    case.check("layers_absorbed", change[absorbed])
    case.check("sigmoid_below", change[(activation == "sigmoid") & (count >= 1) & ~changed[:, 3]])
    path = (activation == "tanh") & alone & (count == depth + 1) & ~enlarged
    pair = case.check("pair_shallow", change[path & (depth == 1)])
    case.check("path_deep", change[path & (depth >= 2)])
    case.check("sigmoid_output", change[(activation == "sigmoid") & alone & (count == 1) & changed[:, 3]])
    pairs, replicate = [], networks.get("replicate")
    for number in np.flatnonzero(enlarged & alone):
        same = path & (depth == depth[number]) & (replicate == replicate[number])
        pairs.append(abs(loss[number] - loss[same][0]))
    tenth = case.check("random_start", pairs)
    columns = (1, 2, 3, 4)
    rows = [(name, layers) for name in ("tanh", "relu", "sigmoid") for layers in (1, 2, 3)]
    cells = np.full((len(rows), len(columns)), np.nan)
    for r, (name, layers) in enumerate(rows):
        for c, many in enumerate(columns):
            mine = alone & (activation == name) & (depth == layers) & (count == many) & ~enlarged
            if mine.any():
                cells[r, c] = np.median(change[mine])
    case.draw(heatmap("C21-changes", "What a change of some weights of an all-zero network does to the loss",
                      "Median change of the loss, by activation, depth and the number of weights, each of another "
                      "layer, "
                      "that are drawn at random instead of zero; width 1. With tanh and ReLU it is exactly 0 until "
                      "every "
                      "layer of the path is changed.",
                      axis("weights changed, each in another layer", categories=[str(one) for one in columns]),
                      axis("", categories=[f"{name}, L = {layers}" for name, layers in rows]), cells.tolist(),
                      "|change of the loss|"))
    return case.verdict(f"""
        A weight acts on the output through all layers above it, and needs a signal from all layers below it. At an
        all-zero start with g(0) = 0 each layer above multiplies the change by 0, and a layer below sends 0: in
        {int((silent & (count >= 1) & (count <= depth)).sum())} networks with random weights in up to L of their L + 1
        layers the loss is that of all zeros to the last bit. It takes one weight in every layer of a path: two with one
        hidden layer (the smallest change seen is {pair.value:.1g}), three with two, four with three. Sigmoid units send
        1/2, so a single output weight changes the loss, while weights below a zero output layer are absorbed there too.
        And absorption is a matter of zeros, not of layers: at random starts a weight that is larger by a tenth changes
        the loss in all {len(pairs)} cases (by {tenth.value:.1g} at least), wherever it is.""")
