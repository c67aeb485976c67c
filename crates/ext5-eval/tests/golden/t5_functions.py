"""T5's own metric and post-processing functions (package t5 0.9.4), loaded without TensorFlow, which they use for no number."""
import importlib
import importlib.util
import pathlib
import sys
import types

FOLDER = pathlib.Path(importlib.util.find_spec("t5").submodule_search_locations[0])


def stand_in(name, **attributes):
    module = types.ModuleType(name)
    vars(module).update(attributes)
    sys.modules.setdefault(name, module)


def load(name):
    """A module of the package by its dotted name, such as `evaluation.metrics`, without running the packages above it."""
    for package in ("tensorflow", "tensorflow.compat"):
        stand_in(package, __path__=[])
    stand_in("tensorflow.compat.v2", compat=types.SimpleNamespace(as_text=str))
    stand_in("t5", __path__=[str(FOLDER)])
    above = name.split(".")[0]
    stand_in("t5." + above, __path__=[str(FOLDER / above)])
    return importlib.import_module("t5." + name)
