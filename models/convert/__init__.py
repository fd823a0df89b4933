"""Converts downloaded networks into the files that the engines open."""

from models.convert.openvino_ir import to_openvino
from models.convert.task import to_task

__all__ = ["to_openvino", "to_task"]
