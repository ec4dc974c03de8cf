"""The hashes of a results file, as docs/results-format.md defines them."""
from __future__ import annotations

import os
import struct
from typing import Any

import numpy as np

from initsweep.arrays import Array

BLOCK_BYTES = 1 << 24
NOT_COVERED = ("hash", "CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST")


def put_number(digest: Any, number: int) -> None:
    """Adds a number in 8 bytes, little-endian."""
    digest.update(struct.pack("<Q", number))


def put_text(digest: Any, text: str | bytes) -> None:
    """Adds the number of bytes of a text, then its bytes in UTF-8."""
    data = text if isinstance(text, bytes) else text.encode()
    put_number(digest, len(data))
    digest.update(data)


def put_values(digest: Any, values: Array) -> None:
    """Adds values in row-major order: texts, or numbers in little-endian bytes."""
    if values.dtype.kind in "OSU":
        for value in values.ravel():
            put_text(digest, value)
    else:
        digest.update(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes())


def put_attributes(digest: Any, node: Any) -> None:
    """Adds the number of attributes that hashes cover, then each in the byte order of names."""
    names = sorted((name for name in node.attrs if name not in NOT_COVERED), key=str.encode)
    put_number(digest, len(names))
    for name in names:
        array = np.asarray(node.attrs[name])
        put_text(digest, name)
        put_text(digest, "text" if array.dtype.kind in "OSU" else array.dtype.name)
        put_number(digest, array.ndim)
        for length in array.shape:
            put_number(digest, length)
        put_values(digest, array)


def put_dataset(digest: Any, name: str, node: Any) -> None:
    """Adds name, type, dimensions, attributes and values of a dataset, a block of rows at a time."""
    import h5py
    text = h5py.check_string_dtype(node.dtype) is not None
    scales = node.attrs.get("DIMENSION_LIST")
    put_text(digest, name)
    put_text(digest, "text" if text else node.dtype.name)
    put_number(digest, node.ndim)
    for length, scale in zip(node.shape, scales if scales is not None else [()] * node.ndim):
        put_number(digest, length)
        put_text(digest, node.file[scale[0]].name.lstrip("/") if len(scale) else "")
    put_attributes(digest, node)
    row_bytes = max(1, node.dtype.itemsize * int(np.prod(node.shape[1:], dtype=np.int64)))
    step = node.chunks[0] if node.chunks else 1
    step *= max(1, BLOCK_BYTES // (row_bytes * step))
    for start in range(0, node.shape[0], step):
        put_values(digest, node[start:start + step])


def compute_hashes(file: Any) -> tuple[str, dict[str, str]]:
    """The hashes of an open file: of the whole, and of each dataset by name."""
    import h5py
    import xxhash
    hashes = {}
    for name in sorted(file, key=str.encode):
        if file.get(name, getlink=True).__class__ is h5py.HardLink and isinstance(file[name], h5py.Dataset):
            digest = xxhash.xxh3_128()
            put_dataset(digest, name, file[name])
            hashes[name] = digest.hexdigest()
    whole = xxhash.xxh3_128()
    put_attributes(whole, file)
    put_number(whole, len(hashes))
    for name, value in hashes.items():
        put_text(whole, name)
        put_text(whole, value)
    return whole.hexdigest(), hashes


def results_hash(path: str | os.PathLike[str]) -> str:
    """The results hash: XXH3-128 of everything outside /provenance, 32 hexadecimal digits, computed from the contents.

    It covers names, types, dimensions, attributes and values; it does not depend on chunks and compression.
    """
    import h5py
    with h5py.File(path, "r") as file:
        return compute_hashes(file)[0]


def check_hashes(path: str | os.PathLike[str]) -> list[str]:
    """Compares the contents of a results file with the hashes that it stores, as `initsweep verify --hashes` does.

    Returns the names of the datasets that differ or have no hash; "/" stands for the attributes of the file and the
    list of its datasets. Raises ValueError if the file stores no hashes.
    """
    import h5py
    with h5py.File(path, "r") as file:
        stored = {name: file[name].attrs.get("hash") for name in file if isinstance(file[name], h5py.Dataset)}
        if "hash" not in file.attrs and not any(stored.values()):
            raise ValueError(f"{path}: it stores no hashes: initsweep 0.1.0 wrote none")
        whole, hashes = compute_hashes(file)
        differ = [name for name, value in hashes.items() if stored[name] != value]
        if not differ and file.attrs.get("hash") != whole:
            differ = ["/"]
        return differ
