"""Makes the pages of small.h5 and large.h5 in a folder, and expected.json: what they must show, from the files by h5py.

    explorer_expected.py FOLDER
"""
import json
import pathlib
import sys

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

from initsweep.explorer import write_explorer  # noqa: E402


def main(folder: pathlib.Path) -> None:
    for name in ("small", "large"):
        write_explorer(folder / f"{name}.h5", folder / f"{name}.html")
    with h5py.File(folder / "small.h5") as file:
        status, loss, accuracy = file["status"][()], file["loss"][()].astype(float), file["accuracy"][()].astype(float)
        depth, rate, init = file["depth"][()], file["learning_rate"][()], file["init"].asstr()[()]
    ended = np.isin(status, (1, 2))
    final = np.where(ended, loss[:, -1], np.nan)
    accuracy = np.where(ended, accuracy[:, -1], np.nan)
    cell = final[(depth == 1) & (init == "zeros") & ended]
    with h5py.File(folder / "large.h5") as file:
        networks = len(file["network"])
    expected = {"networks": len(final), "diverged": int((status == 3).sum()), "depth_2": int((depth == 2).sum()),
                "accurate": int((accuracy >= 0.75).sum()), "best": int(np.nanargmin(final)),
                "best_loss": float(np.nanmin(final)), "cell_median": float(np.median(cell)),
                "rate_of_best": float(rate[np.nanargmin(final)]), "large": networks,
                "large_bytes": (folder / "large.html").stat().st_size,
                "losses": [None if np.isnan(value) else value for value in final.tolist()]}
    (folder / "expected.json").write_text(json.dumps(expected), encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
