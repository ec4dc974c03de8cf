"""Prints the rank correlation of each sampled setting with the final loss of sobol.h5."""
import h5py
import numpy

with h5py.File("sobol.h5") as file:
    loss = numpy.nan_to_num(file["loss"][:, -1], nan=numpy.inf)  # diverged is worst
    for name in ("learning_rate", "init_std", "init_sparsity", "width"):
        ranks = [values.argsort(kind="stable").argsort() for values in (file[name][:], loss)]
        print(f"{name:13} {numpy.corrcoef(ranks)[0, 1]:5.2f}")
