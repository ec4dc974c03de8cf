"""The version of the Python library is the project's, which CMakeLists.txt sets; pyproject.toml has all else."""
import pathlib
import re

from setuptools import setup

CMAKE = pathlib.Path(__file__).with_name("CMakeLists.txt").read_text(encoding="utf-8")
setup(version=re.search(r"^project\(initsweep VERSION (\S+)", CMAKE, re.MULTILINE)[1])
