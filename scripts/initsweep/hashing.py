"""A hash of everything in a results file that its sweep decides."""
from __future__ import annotations

import hashlib
import os
import struct
from typing import Any

import numpy as np

from initsweep.arrays import Array

BLOCK_BYTES = 1 << 24
OUTSIDE = "provenance"


def put(digest: Any, data: bytes) -> None:
    """Adds bytes preceded by their length, so that different lists of them give different streams."""
    digest.update(struct.pack("<Q", len(data)))
    digest.update(data)


def put_values(digest: Any, values: Array) -> None:
    """Adds an array's values: texts as UTF-8, numbers as little-endian bytes."""
    if values.dtype.kind in "OSU":
        for value in values.ravel():
            put(digest, value if isinstance(value, bytes) else str(value).encode())
    else:
        put(digest, np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes())


def put_array(digest: Any, values: Any) -> None:
    """Adds type, shape and values of an attribute."""
    array = np.asarray(values)
    kind = "text" if array.dtype.kind in "OSU" else array.dtype.newbyteorder("<").str
    put(digest, f"{kind} {array.shape}".encode())
    put_values(digest, array)


def put_attributes(digest: Any, node: Any) -> None:
    """Adds the attributes of a node, sorted by name.

    References to other objects (DIMENSION_LIST, REFERENCE_LIST) are left out, because they depend on where objects are
    in the file; put_dataset adds the names of the dimensions instead.
    """
    for name in sorted(node.attrs):
        if name not in ("DIMENSION_LIST", "REFERENCE_LIST"):
            put(digest, name.encode())
            put_array(digest, node.attrs[name])


def put_dataset(digest: Any, node: Any) -> None:
    """Adds type, shape, names of the dimensions and values of a dataset, a block of rows at a time."""
    import h5py
    text = h5py.check_string_dtype(node.dtype) is not None
    kind = "text" if text else node.dtype.newbyteorder("<").str
    dims = [scale.name for dim in node.dims for scale in dim.values()]
    put(digest, f"{kind} {node.shape} {dims}".encode())
    rows = node.shape[0] if node.ndim else 0
    row_bytes = max(1, node.dtype.itemsize * int(np.prod(node.shape[1:], dtype=np.int64)))
    step = node.chunks[0] if node.chunks else 1
    step *= max(1, BLOCK_BYTES // (row_bytes * step))
    for start in range(0, rows, step):
        put_values(digest, node[start:start + step])
    if node.ndim == 0:
        put_values(digest, np.asarray(node[()]))


def results_hash(path: str | os.PathLike[str]) -> str:
    """SHA-256 of everything outside /provenance: names, types, shapes, dimensions, attributes and values, by name.

    It does not depend on chunks and compression. Returns 64 hexadecimal digits.
    """
    import h5py
    digest = hashlib.sha256()
    with h5py.File(path, "r") as file:
        put_attributes(digest, file)
        names: list[str] = []
        file.visit(names.append)
        for name in sorted(names):
            if name == OUTSIDE or name.startswith(OUTSIDE + "/"):
                continue
            node = file[name]
            put(digest, name.encode())
            put_attributes(digest, node)
            if isinstance(node, h5py.Dataset):
                put_dataset(digest, node)
    return digest.hexdigest()
