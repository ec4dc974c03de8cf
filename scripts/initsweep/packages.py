"""What is said of a Python package that is missing, and how it is installed."""
from __future__ import annotations

# Packages by the name that Python imports: their names at PyPI and in Debian.
PACKAGES = {"numpy": ("numpy", "python3-numpy"), "h5py": ("h5py", "python3-h5py"), "yaml": ("PyYAML", "python3-yaml"),
            "xxhash": ("xxhash", "python3-xxhash"), "xarray": ("xarray", "python3-xarray"),
            "pandas": ("pandas", "python3-pandas"), "matplotlib": ("matplotlib", "python3-matplotlib"),
            "torch": ("torch", "python3-torch"), "pyarrow": ("pyarrow", ""), "scipy": ("scipy", "python3-scipy")}


def explain_missing(error: ImportError) -> str:
    """A sentence about the package that an ImportError is about; its own text if that is none that is used here."""
    module = (error.name or "").partition(".")[0]
    if module not in PACKAGES:
        return str(error)
    name, debian = PACKAGES[module]
    advice = f"`pip install {name}`" + (f", or on Debian `apt-get install {debian}`" if debian else "")
    return f"the Python package {name} is missing: {advice}"
