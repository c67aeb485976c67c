"""lm-evaluation-harness's own scoring (package lm_eval 0.4.13): of its T5-style SuperGLUE tasks and of its choice protocol."""
import importlib.util
import pathlib
import types

import numpy
import yaml
from lm_eval.api.registry import get_aggregation, get_metric
from lm_eval.api.task import ConfigurableTask

FOLDER = pathlib.Path(importlib.util.find_spec("lm_eval").submodule_search_locations[0]) / "tasks" / "super_glue"


def functions(task):
    """The Python file beside a T5-style task."""
    spec = importlib.util.spec_from_file_location(f"lm_eval_{task}", FOLDER / task / "t5_utils.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Loader(yaml.SafeLoader):
    """Keeps `!function` as its text."""


Loader.add_constructor("!function", lambda loader, node: ("function", loader.construct_scalar(node)))


def score(task, rows):
    """Scores, as shares, of `rows` of (prediction, target or index of the class, further names of the template)."""
    config = yaml.load((FOLDER / task / "t5-prompt.yaml").read_text(), Loader)
    names, kwargs, aggregations = {}, {}, {}
    for entry in config["metric_list"]:
        metric, aggregation = entry["metric"], entry["aggregation"]
        own = isinstance(metric, tuple)
        name = metric[1].split(".")[-1] if own else metric
        names[name] = getattr(functions(task), name) if own else get_metric(metric)
        kwargs[name] = {k: v for k, v in entry.items() if k not in ("metric", "aggregation", "higher_is_better")}
        aggregations[name] = (getattr(functions(task), aggregation[1].split(".")[-1]) if isinstance(aggregation, tuple)
                              else get_aggregation(aggregation))
    found = {name: [] for name in names}
    for prediction, target, choices in rows:
        task_object = types.SimpleNamespace(
            config=types.SimpleNamespace(process_results=None, doc_to_choice=choices), OUTPUT_TYPE="generate_until",
            _metric_fn_list=names, _metric_fn_kwargs=kwargs, _aggregation_list=aggregations, _higher_is_better={},
            multiple_target=0,
            doc_to_target=lambda _: target, doc_to_choice=lambda _: choices)
        for name, value in ConfigurableTask.process_results(task_object, {}, [prediction]).items():
            found[name].append(value)
    return {name: float(aggregations[name](values)) for name, values in found.items()}


def chosen(choices, log_likelihoods, right):
    """Whether one of the `right` indices is chosen: `acc`, `acc_norm` and `acc_bytes`."""
    task_object = types.SimpleNamespace(
        config=types.SimpleNamespace(process_results=None), OUTPUT_TYPE="multiple_choice", multiple_input=0, multiple_target=1,
        _metric_fn_list={"acc": None, "acc_norm": None, "acc_bytes": None},
        doc_to_choice=lambda _: choices, doc_to_target=lambda _: right)
    with numpy.errstate(all="ignore"):
        return ConfigurableTask.process_results(task_object, {}, [(value, False) for value in log_likelihoods])
