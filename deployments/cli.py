"""``perennial …``: what a person can ask for. Exit code 0: done. 1: refused. 2: bad input. 70: a fault of ours."""

from deployments import (  # noqa: F401 - each adds its commands to main
    contract_commands,
    cost_commands,
    decision_commands,
    deploy_commands,
    init_command,
    monitoring_commands,
    replay_command,
    scoring_commands,
    training_commands,
    up_commands,
)
from deployments.command import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
