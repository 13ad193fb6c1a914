"""Where the stack listens, and where people find it."""

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from urllib.parse import urlsplit

from deployments.stack.ports import HOST, MLFLOW_PORT, PREFECT_PORT, is_ours
from tasks.errors import SettingsError


@dataclass(frozen=True)
class Addresses:
    """Both servers listen on one address of this machine, each on a port of its own."""

    prefect_port: int = PREFECT_PORT
    mlflow_port: int = MLFLOW_PORT
    host: str = HOST
    prefect_proxy: str | None = None
    """What people type for Prefect's pages where a proxy stands before them; None: they come straight to the port."""
    mlflow_proxy: str | None = None

    @property
    def prefect(self) -> str:
        return f"http://{self._near}:{self.prefect_port}"

    @property
    def api(self) -> str:
        return f"{self.prefect}/api"

    @property
    def mlflow(self) -> str:
        return f"http://{self._near}:{self.mlflow_port}"

    @property
    def prefect_pages(self) -> str:
        """What a browser is to be sent to."""
        return self.prefect_proxy or self.prefect

    @property
    def mlflow_pages(self) -> str:
        return self.mlflow_proxy or self.mlflow

    @property
    def mlflow_names(self) -> tuple[str, ...]:
        """The names by which MLflow may be asked: it answers to no others, since a page could make up its own.

        Nothing: those that it knows by itself, this machine and private networks.
        """
        proxy = urlsplit(self.mlflow_proxy).hostname if self.mlflow_proxy else None
        if proxy is None and self.host in (HOST, str(IPv4Address(0))):
            return ()
        names = dict.fromkeys(name for name in (HOST, "localhost", self._near, proxy) if name)
        return tuple(form for name in names for form in (name, f"{name}:*"))

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return IPv4Address(self.host).is_loopback

    @property
    def _near(self) -> str:
        """Where this machine's own processes reach it."""
        return HOST if IPv4Address(self.host).is_unspecified else self.host

    def check(self, *, auth: bool) -> None:
        """Raise a SettingsError unless the servers may listen there, given whether they ask who is there."""
        try:
            local = self.is_local
        except AddressValueError:
            raise SettingsError(
                f"--host: found {self.host!r}; allowed: an IPv4 address of this machine, or 0.0.0.0 for all of them"
            ) from None
        if not local and not auth:
            raise SettingsError(
                f"--host {self.host}: other machines could reach it, and nobody would be asked who they are; add "
                "--auth, or leave --host out"
            )
        if not is_ours(self.host):
            raise SettingsError(f"--host {self.host}: is no address of this machine; allowed: one of them, or 0.0.0.0")
        for option, url in (("--prefect-url", self.prefect_proxy), ("--mlflow-url", self.mlflow_proxy)):
            if url is not None and (urlsplit(url).scheme not in ("http", "https") or urlsplit(url).path):
                raise SettingsError(f"{option}: found {url!r}; allowed: an address such as https://prefect.example.com")
