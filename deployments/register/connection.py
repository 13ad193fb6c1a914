"""The Prefect server that is deployed to, and what it says when it cannot do so."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasks.errors import ServerError
from tasks.settings import Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient


@contextmanager
def connected(settings: Settings) -> Iterator["SyncPrefectClient"]:
    """Give a client of the server that ``settings`` names.

    Raises:
        ServerError: none is named, none answers, it wants to know who asks, or it has too much to do.
    """
    url = settings.prefect_api_url
    if url is None:
        raise ServerError(
            "PREFECT_API_URL: found nothing; allowed: the address of a Prefect server that goes on running, such as "
            "http://127.0.0.1:4200/api, which `perennial up` serves"
        )
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
        if trouble := client.api_healthcheck():
            raise ServerError(f"PREFECT_API_URL: no Prefect server answers at {url}: {trouble}")
        try:
            yield client
        except httpx.HTTPStatusError as error:
            if said := _in_words(error.response.status_code):
                raise ServerError(f"{url} {said}") from None
            raise


def _in_words(status: int) -> str | None:
    match status:
        case 401 | 403:
            return "refuses: PREFECT_API_AUTH_STRING has to be what its server was given"
        case 503:  # six times, over a minute or more: Prefect's client asks again by itself
            return (
                "is too busy: its database was locked each time that it was asked. What was done stays, and the same "
                "command does the rest. PostgreSQL does not lock like that: docs/operations.md"
            )
    return None
