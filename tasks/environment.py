"""What processes of ours run with: the variables that the libraries read, and those that say the settings."""

import os

from tasks.settings import LEDGER, MLFLOW, PREFECT, STORE, Settings

QUIET = {
    # Nothing leaves the machine. DO_NOT_TRACK=1 does not stop MLflow, "true" does; Prefect takes either.
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",  # the V2 pages ask an outside host for their configuration
    "PREFECT_LOGGING_EXTRA_LOGGERS": "perennial",  # our progress lines stand with the run in the UI
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",  # what a command says before its run starts is no run's
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # 20 is too short for a first start
    # Loading a model must not execute pickles.
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    # Two busy OpenMP programs on two cores spin against one another: 6 s become 30 s.
    "OMP_WAIT_POLICY": "PASSIVE",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # on a GPU, torch's products have the same bits each time only with this
    "GIT_PYTHON_REFRESH": "quiet",  # MLflow warns where git is not installed
}
"""Variables that every process of ours runs with, unless the user has set them otherwise."""


def prepare_environment(settings: Settings, *, quiet_console: bool = False) -> None:
    """Set what the libraries read from the environment; call it before they are imported.

    With ``quiet_console`` Prefect's log goes to its server only: a command says itself what it does.
    """
    wanted = environment_of(settings)
    if quiet_console:
        wanted["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
    for name, value in wanted.items():
        os.environ.setdefault(name, value)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the variables that a process of ours runs with, where the user has not set them."""
    server = {"PREFECT_API_URL": settings.prefect_api_url, "PREFECT_API_AUTH_STRING": settings.prefect_login}
    named = {name: value for name, value in server.items() if value}
    return {**QUIET, "PREFECT_HOME": str(settings.home / "prefect"), **named}


def child_environment(settings: Settings, **changes: str) -> dict[str, str]:
    """Return the environment of a child process: this one's, with ours where it has none, and ``changes``.

    Folders and databases are those of ``settings``, whatever this process's environment says.
    """
    ours = {
        "PERENNIAL_PROJECT": str(settings.project),
        "PERENNIAL_HOME": str(settings.home),
        LEDGER: settings.ledger_url or "",
        MLFLOW: settings.mlflow_url or "",
        PREFECT: settings.prefect_database_url or "",
        STORE: settings.store.url if settings.store else "",
    }
    return {**environment_of(settings), **os.environ, **ours, **changes}
