"""Reads a TensorFlow.js graph model as an OpenVINO graph, without TensorFlow.

In: ``model.json`` with the weight files it names beside it. Out: an OpenVINO model of the same
inputs and outputs. Only the operations in `models.convert.tfjs_operations` are known; weights stay
in the precision they are stored in (float16).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from models.convert.tfjs_file import AGAIN, Node, decoded, weights
from models.convert.tfjs_operations import Map, Value, as_map, built, turned

if TYPE_CHECKING:
    from models.runtime import ov


def read(source: Path) -> ov.Model:
    """Return the network of a TensorFlow.js graph model, its outputs named as in the file.

    Parameters
    ----------
    source
        The ``model.json``; the weight files it names lie in the same directory.

    Raises
    ------
    ValueError
        It is no such model, a weight file is missing or of another size, or the network has an
        operation that isn't known here.
    """
    from models.runtime import ov

    model = decoded(source)
    arrays = weights(source, model.weights_manifest)
    values: dict[str, tuple[Value, ...]] = {}
    parameters: list[ov.Node] = []
    for node in _in_order(source, model.model_topology.node):
        if node.op == "Const":
            if node.name not in arrays:
                raise ValueError(f"{source}: expected weights of {node.name}, got none; {AGAIN}")
            values[node.name] = (arrays[node.name],)
        elif node.op == "Placeholder":
            shape = node.shape()
            parameter = ov.opset13.parameter(shape, ov.Type.f32, name=node.name)
            parameter.output(0).set_names({node.name})
            parameters.append(parameter)
            values[node.name] = (Map(parameter.output(0), tuple(range(len(shape)))),)
        else:
            inputs = [_lookup(source, values, name) for name in node.input]
            values[node.name] = built(source, node, inputs)
    results = []
    for output in model.signature.outputs:
        name = output.split(":")[0]
        if name not in values:
            raise ValueError(f"{source}: expected an output {name}, got none; {AGAIN}")
        port = turned(as_map(values[name][0]), None)
        port.add_names({name})
        results.append(ov.opset13.result(port, name=name))
    return ov.Model(results, parameters, source.stem)


def _in_order(source: Path, nodes: Sequence[Node]) -> list[Node]:
    """Sort nodes so that each comes after what it reads."""
    by_name = {node.name: node for node in nodes}
    sorter = TopologicalSorter(
        {node.name: [name.split(":")[0] for name in node.input] for node in nodes}
    )
    try:
        order = list(sorter.static_order())
        return [by_name[name] for name in order]
    except CycleError as error:
        raise ValueError(f"{source}: expected a graph without circles; {AGAIN}") from error
    except KeyError as error:
        raise ValueError(f"{source}: expected a node {error}, got none; {AGAIN}") from error


def _lookup(source: Path, values: Mapping[str, tuple[Value, ...]], name: str) -> Value:
    node, _, index = name.partition(":")
    try:
        return values[node][int(index or 0)]
    except (IndexError, ValueError) as error:
        raise ValueError(f"{source}: expected an output {name}, got none; {AGAIN}") from error
