"""What MLflow runs to load a registered version: ``mlflow.pyfunc.load_model("models:/<model>@champion")``.

MLflow's models-from-code: this text is stored with the version, beside the native files that it loads. No pickle.
"""

import mlflow
import pandas as pd
import pyarrow as pa

from tasks.data.conversion import conform
from tasks.data.matrix import FloatArray
from tasks.release.artifact import load_artifact


class RegisteredModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Predicts for frames of the contract's columns that are known at prediction time; times are UTC."""

    def load_context(self, context: mlflow.pyfunc.PythonModelContext) -> None:
        self.model = load_artifact(context.artifacts["artifact"], context.model_config["digest"])

    def predict(self, context: object, model_input: pd.DataFrame) -> FloatArray:  # noqa: ARG002
        rows = pa.Table.from_pandas(model_input, preserve_index=False)
        return self.model.predict(conform(rows, self.model.contract, self.model.features.reads))


mlflow.models.set_model(RegisteredModel())
