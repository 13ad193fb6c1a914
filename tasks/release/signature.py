"""What a registered version reads and gives, in MLflow's words."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tasks.data.contract import Column
from tasks.release.artifact import Model

if TYPE_CHECKING:
    from mlflow.models import ModelSignature


def signature(model: Model) -> "ModelSignature":
    """Return what the model reads and gives. MLflow knows no time zones: event times are UTC without saying so."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    reads = [column for column in model.contract.columns if column.name in model.features.reads]
    inputs = [ColSpec(_mlflow_type(column), column.name, required=True) for column in reads]
    shape = (-1, model.target.codes) if model.task == "multiclass" else (-1,)
    return ModelSignature(Schema(inputs), Schema([TensorSpec(np.dtype(np.float64), shape)]))


def _mlflow_type(column: Column) -> str:
    if pa.types.is_timestamp(column.type):
        return "datetime"
    if pa.types.is_dictionary(column.type):
        return "string"
    if pa.types.is_boolean(column.type):
        return "boolean"
    return "long" if pa.types.is_integer(column.type) and not column.nullable else "double"
