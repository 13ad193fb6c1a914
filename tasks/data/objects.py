"""An object store, as far as Perennial uses it: whole files by name.

The only door to pyarrow's file systems. Credentials are found as they are for every AWS program, and stand in no URL.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from tasks.data.atomic import write_whole
from tasks.errors import SettingsError, StoreError, StoreUnavailable

if TYPE_CHECKING:
    from pyarrow import fs

_ALLOWED = "s3://bucket/prefix, or file:///a/folder that machines share; no user, password or option in it"
_PART = r"[\w.=+-]+"
_URL = re.compile(rf"(?P<bucket>s3://[a-z\d][a-z\d.-]+)(/{_PART})*/?|file://(/{_PART})+/?", re.ASCII)
_ENDPOINT = re.compile(r"https?://(\[[\da-fA-F:]+\]|[\w.-]+)(:\d+)?/?", re.ASCII)
_CODE = re.compile(r"AWS Error ([A-Z_]+)")
_LASTING = {
    "NO_SUCH_BUCKET": "there is no such bucket",
    "ACCESS_DENIED": "these credentials may not do that, or there are none",
    "INVALID_ACCESS_KEY_ID": "nobody has these credentials",
    "SIGNATURE_DOES_NOT_MATCH": "these credentials are wrong",
    "INVALID_CLIENT_TOKEN_ID": "nobody has these credentials",
    "EXPIRED_TOKEN": "these credentials have expired",
}
"""What does not pass by itself. All the rest may be over the next time."""
_PIECE = 8 << 20
_ANSWER_SECONDS = 10


@dataclass(frozen=True)
class Objects:
    """Files by name, a path without a leading slash; each appears whole or not at all."""

    url: str
    """Without a slash at its end."""
    endpoint: str | None = None
    """The address of a server that speaks S3; None: Amazon's."""

    def check(self) -> None:
        """Raise a StoreError if the store is not there, or does not let this user in."""
        _ = self._files

    def put(self, name: str, path: Path) -> None:
        """Put the file at ``path`` in the store, in place of one that has that name."""
        with self._told(name):
            if self._is_folder:
                write_whole(Path(self._root, name), lambda file: _copy(path, file))
                return
            import pyarrow as pa

            # In one write: closing a stream, which an exception does too, makes an object of what was written.
            content = pa.memory_map(str(path)).read_buffer()
            with self._files.open_output_stream(f"{self._root}/{name}") as stream:
                stream.write(content)

    def get(self, name: str, path: Path) -> None:
        """Have ``path`` be what the store has under ``name``; raise FileNotFoundError if that is nothing."""
        with self.open(name) as stream:
            write_whole(path, lambda file: shutil.copyfileobj(stream, file, _PIECE))

    @contextmanager
    def open(self, name: str) -> Iterator[Any]:
        """Give the file ``name`` to be read, here and there; raise FileNotFoundError if there is none."""
        with self._told(name), self._files.open_input_file(f"{self._root}/{name}") as stream:
            yield stream

    def under(self, name: str) -> Mapping[str, int]:
        """Return the names, with their sizes in bytes, of the file ``name`` or of all files in the folder ``name``."""
        from pyarrow.fs import FileSelector, FileType

        with self._told(name):
            place = f"{self._root}/{name}"
            found = self._files.get_file_info([place])
            if found[0].type == FileType.Directory:
                found = self._files.get_file_info(FileSelector(place, recursive=True, allow_not_found=True))
        sizes = {one.path.removeprefix(f"{self._root}/"): one.size for one in found if one.type == FileType.File}
        if strange := [name for name in sizes if ".." in PurePosixPath(name).parts]:
            raise StoreError(f"{self.url}: found an object {strange[0]!r}; allowed: no .. in its name")
        return sizes

    def delete(self, name: str) -> None:
        """Delete the file ``name``, or all files in the folder ``name``; nothing there is as good."""
        for one in self.under(name):
            with self._told(one):
                self._files.delete_file(f"{self._root}/{one}")

    @property
    def _is_folder(self) -> bool:
        return self.url.startswith("file://")

    @property
    def _root(self) -> str:
        return urlsplit(self.url).path if self._is_folder else self.url.removeprefix("s3://")

    @property
    def _files(self) -> "fs.FileSystem":
        return _opened(self)

    @contextmanager
    def _told(self, name: str = "") -> Iterator[None]:
        """Turn what a library says of the store into a StoreError."""
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            if error.errno is not None and not self._is_folder:
                raise  # what has a number is said by this machine's own disk
            raise self._error(str(error).strip().partition("\n")[0], name) from None

    def _error(self, said: str, name: str) -> StoreError:
        place, code = f"{self.url}/{name}".rstrip("/"), _CODE.search(said)
        if code and (why := _LASTING.get(code[1])):
            return StoreError(f"PERENNIAL_STORE: {place}: {why} ({code[1]})")
        if self._is_folder:
            return StoreError(f"PERENNIAL_STORE: {place}: {said}")
        server, what = self.endpoint or "Amazon's S3", said[code.start() :] if code else said
        return StoreUnavailable(f"PERENNIAL_STORE: {place}: {server} does not answer as it should: {what}")


def objects_of(written: str | None, endpoint: str | None) -> Objects | None:
    """Return the store that a user has ``written``; None: none is.

    Raises:
        SettingsError: it is another kind of store, it cannot be read, or the extra ``s3`` is not installed.
    """
    if not written:
        return None
    found = _URL.fullmatch(written)
    if not found or ".." in PurePosixPath(written).parts:
        raise SettingsError(f"PERENNIAL_STORE: found {_shown(written)}; allowed: {_ALLOWED}")
    if not found["bucket"]:
        return Objects(written.rstrip("/"))
    if endpoint and not _ENDPOINT.fullmatch(endpoint):
        raise SettingsError(f"AWS_ENDPOINT_URL: found {_shown(endpoint)}; allowed: http://host:port or https://host")
    if not find_spec("boto3"):
        raise SettingsError("PERENNIAL_STORE: what S3 needs is not installed: pip install 'perennial[s3]'")
    return Objects(written.rstrip("/"), endpoint.rstrip("/") if endpoint else None)


def _shown(written: str) -> str:
    """Return the part of a URL that holds no password."""
    scheme, is_url, _ = written.partition("://")
    return f"{scheme}://…" if is_url and re.fullmatch(r"[\w+]+", scheme) else "something that is no URL"


@cache
def _opened(objects: Objects) -> "fs.FileSystem":
    """Return the file system of a store that is there: listing one that is not finds nothing, and is no error."""
    from pyarrow import fs

    if objects._is_folder:
        Path(objects._root).mkdir(parents=True, exist_ok=True)
        return fs.LocalFileSystem()
    address = urlsplit(objects.endpoint or "https://")
    with objects._told():
        files = fs.S3FileSystem(
            scheme=address.scheme,
            endpoint_override=address.netloc or None,  # it does not read AWS_ENDPOINT_URL
            connect_timeout=_ANSWER_SECONDS,
            allow_delayed_open=True,  # a small file is one request, and so is there at once
        )
        inside = files.get_file_info(fs.FileSelector(objects._root, allow_not_found=True))
        bucket = objects._root.partition("/")[0]
        if not inside and files.get_file_info(bucket).type == fs.FileType.NotFound:
            raise objects._error("AWS Error NO_SUCH_BUCKET", "")
    return files


def _copy(path: Path, into: BinaryIO) -> None:
    with path.open("rb") as file:
        shutil.copyfileobj(file, into, _PIECE)
