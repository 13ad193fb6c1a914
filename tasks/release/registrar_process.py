"""The process that keeps the registry: what it can be asked, and how it answers.

Requests and replies are lines of JSON over its standard input and output. When its input ends, because its parent is
done or dead, it ends.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from pydantic import TypeAdapter

from tasks import errors
from tasks.judgement.verdict import Cost
from tasks.release.artifact import Artifact
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import standing
from tasks.release.registry import Registry
from tasks.release.versions import Recorded, Training, Version
from tasks.settings import load_settings


@dataclass(frozen=True)
class Followed:
    """The versions that MLflow called champion before and after it followed the ledger; None: no version."""

    was: int | None
    now: int | None


def _follow(registry: Registry, model: str) -> Followed:
    """Have MLflow's alias follow the ledger; no decision is taken meanwhile, so that the last one wins there too."""
    with Ledger(load_settings().ledger).deciding() as page:
        champion = standing(page.entries(model)).champion
        number = champion.version if champion else None
        return Followed(registry.follow(model, number), number)


CALLS: dict[str, tuple[TypeAdapter[Any], TypeAdapter[Any], Callable[[Registry, Any], Any]]] = {
    "version": (TypeAdapter(tuple[str, int]), TypeAdapter(Version), lambda registry, which: registry.version(*which)),
    "follow": (TypeAdapter(str), TypeAdapter(Followed), _follow),
    "inspect": (TypeAdapter(Artifact), TypeAdapter(Cost), Registry.inspect),
    "record": (TypeAdapter(Training), TypeAdapter(Recorded), Registry.record),
}
"""By name: what is asked, what is given back, and what gives it."""


def serve(requests: IO[str], replies: IO[str], registry: Registry) -> None:
    """Answer each request, in order, until there are no more."""
    for line in requests:
        call, argument = json.loads(line)
        asks, gives, do = CALLS[call]
        try:
            answer = ["result", gives.dump_python(do(registry, asks.validate_python(argument)), mode="json")]
        except errors.PerennialError as error:
            answer = [type(error).__name__, str(error)]
        except Exception as error:  # noqa: BLE001 - it is told to the parent, which raises it
            traceback.print_exc()
            answer = ["unforeseen", f"{type(error).__name__}: {error}"]
        print(json.dumps(answer), file=replies, flush=True)


def main() -> None:
    # Whatever a library prints must not come between the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    registry = Registry(load_settings())
    _warm_up(registry)
    serve(sys.stdin, replies, registry)
    sys.stderr.flush()
    os._exit(0)  # all is said and saved; taking MLflow's modules apart would keep the parent waiting for a second


def _warm_up(registry: Registry) -> None:
    """Do now, while the parent is still reading rows, what verifying and registering will need."""
    import lightgbm  # noqa: F401
    import pandera.pandas  # noqa: F401

    registry.rehearse()


if __name__ == "__main__":
    main()
