"""The glue that users copy, for the programs beside this one."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "examples/python"))

import imagekit  # noqa: F401
