"""MLflow's alias ``champion``: a projection of the ledger, for those who look for a model in MLflow."""

from typing import TYPE_CHECKING

from tasks.errors import RegistryError

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION = "champion"
_TRIES = 3
"""An alias that somebody sets at the same moment by hand is an IntegrityError in MLflow's database."""


class ChampionAlias:
    """Which version of a model MLflow calls champion."""

    def __init__(self, client: "MlflowClient") -> None:
        self._client = client

    def of(self, model: str) -> int | None:
        """Return the version that the alias points at; None: no version."""
        from mlflow.exceptions import MlflowException

        try:
            return int(self._client.get_model_version_by_alias(model, CHAMPION).version)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def follow(self, model: str, number: int | None) -> int | None:
        """Have the alias point at the version that the ledger says, None: at none; return where it did.

        MLflow's aliases know no compare-and-set, so whoever calls this holds the ledger's lock.
        """
        from mlflow.exceptions import MlflowException

        found = self.of(model)
        for attempt in range(_TRIES if found != number else 0):
            try:
                self._point(model, number)
            except MlflowException as error:
                if attempt == _TRIES - 1:
                    raise RegistryError(f"{model}: MLflow's alias could not be moved: {error}") from error
            else:
                break
        return found

    def _point(self, model: str, number: int | None) -> None:
        if number is None:
            self._client.delete_registered_model_alias(model, CHAMPION)
        else:
            self._client.set_registered_model_alias(model, CHAMPION, str(number))
