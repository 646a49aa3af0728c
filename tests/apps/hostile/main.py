"""Prints what its one dependency signs; started as `python main.py`."""

import importlib.metadata
import sys

sys.stdout.write(f"itsdangerous {importlib.metadata.version('itsdangerous')}\n")
