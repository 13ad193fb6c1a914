"""What is S3's own: objects that come in several parts, uploads that are killed, and all that a server may refuse."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from deployments.stack.ports import HOST, free_port
from tasks.data.objects import Objects
from tasks.errors import StoreError, StoreUnavailable

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
PASSWORD = "Open-5esame"  # noqa: S105 - of servers that live for a test
MEGABYTE = 1 << 20
PUT = """
import sys
from pathlib import Path
from tasks.data.objects import Objects
Objects(*sys.argv[1:3]).put("killed/rows.parquet", Path(sys.argv[3]))
"""


@pytest.fixture
def objects(s3: Any, tmp_path: Path) -> Objects:
    """A prefix of the bucket, for this test alone."""
    return Objects(f"s3://models/{tmp_path.name}", s3.endpoint)


def written(path: Path, size: int) -> Path:
    path.write_bytes(os.urandom(size))
    return path


def keys(s3: Any, objects: Objects) -> list[str]:
    found = s3.client().list_objects_v2(Bucket="models", Prefix=objects.url.removeprefix("s3://models/"))
    return [one["Key"] for one in found.get("Contents", [])]


@pytest.mark.parametrize("size", [0, 100, 25 * MEGABYTE], ids=["empty", "small", "in parts"])
def test_an_object_is_what_was_put(size: int, objects: Objects, s3: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "written", size)
    objects.put("day=1/part a.parquet", path)
    objects.get("day=1/part a.parquet", tmp_path / "read")

    assert (tmp_path / "read").read_bytes() == path.read_bytes()
    assert objects.under("day=1") == {"day=1/part a.parquet": size}
    assert objects.under("day=1/part a.parquet") == {"day=1/part a.parquet": size}
    key = f"{tmp_path.name}/day=1/part a.parquet"
    assert s3.client().get_object(Bucket="models", Key=key)["Body"].read() == path.read_bytes()
    objects.delete("day=1")
    assert objects.under("day=1") == {}
    with pytest.raises(FileNotFoundError):
        objects.get("day=1/part a.parquet", tmp_path / "read")


def test_more_objects_than_one_answer_holds_are_all_found(objects: Objects, s3: Any) -> None:
    client, prefix = s3.client(), objects.url.removeprefix("s3://models/")
    for number in range(1005):
        client.put_object(Bucket="models", Key=f"{prefix}/checks/{number}.json", Body=b"{}")

    assert len(objects.under("checks")) == 1005


def test_an_upload_that_is_killed_leaves_nothing_to_be_read(objects: Objects, s3: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "rows.parquet", 200 * MEGABYTE)
    upload = subprocess.Popen([sys.executable, "-c", PUT, objects.url, s3.endpoint, str(path)])
    deadline = time.monotonic() + 60
    while not s3.client().list_multipart_uploads(Bucket="models").get("Uploads"):
        assert time.monotonic() < deadline
        assert upload.poll() is None
        time.sleep(0.01)
    upload.kill()
    upload.wait()

    assert objects.under("killed") == {}
    assert keys(s3, objects) == []


def test_a_file_that_cannot_be_written_here_is_not_the_stores_fault(objects: Objects, tmp_path: Path) -> None:
    objects.put("a", written(tmp_path / "a", 10))
    (tmp_path / "occupied").mkdir()

    with pytest.raises(IsADirectoryError):
        objects.get("a", tmp_path / "occupied")


def test_a_name_that_leads_out_of_the_home_folder_is_refused(objects: Objects, s3: Any) -> None:
    prefix = objects.url.removeprefix("s3://models/")
    s3.client().put_object(Bucket="models", Key=f"{prefix}/checks/../../../etc/passwd", Body=b"")

    with pytest.raises(StoreError, match=r"found an object .*etc/passwd'; allowed: no \.\. in its name"):
        objects.under("checks")


def test_a_bucket_that_is_not_there_is_named(s3: Any) -> None:
    with pytest.raises(
        StoreError, match=r"^PERENNIAL_STORE: s3://no-such/models: there is no such bucket \(NO_SUCH_BUCKET\)$"
    ):
        Objects("s3://no-such/models", s3.endpoint).check()


def test_a_server_that_does_not_answer_may_do_so_later(s3: Any) -> None:  # noqa: ARG001 - credentials
    with pytest.raises(StoreUnavailable, match=r"^PERENNIAL_STORE: s3://models/x: http://.* does not answer .*connect"):
        Objects("s3://models/x", f"http://{HOST}:{free_port()}").check()


def test_who_may_not_is_told_so_and_no_credential_is(
    objects: Objects, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a", 10)
    user = s3.client("iam").create_user(UserName=tmp_path.name)["User"]["UserName"]
    known = s3.client("iam").create_access_key(UserName=user)["AccessKey"]
    s3.let_in(0)
    try:
        with pytest.raises(StoreError, match=r": nobody has these credentials \(INVALID_ACCESS_KEY_ID\)$"):
            Objects(f"{objects.url}/stranger", s3.endpoint).check()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", known["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", known["SecretAccessKey"])
        with pytest.raises(StoreError, match=r"may not do that, or there are none \(ACCESS_DENIED\)$") as refused:
            Objects(f"{objects.url}/known", s3.endpoint).put("a", path)
        assert known["SecretAccessKey"] not in str(refused.value)
        assert not isinstance(refused.value, StoreUnavailable)
    finally:
        s3.let_in(1_000_000)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PERENNIAL_STORE", "s3://no-such/models", "there is no such bucket (NO_SUCH_BUCKET)"),
        ("AWS_ENDPOINT_URL", f"http://{HOST}:9", "does not answer as it should"),
    ],
)
@pytest.mark.parametrize("words", [("up",), ("train", "returns"), ("doctor",)], ids=lambda words: words[0])
@pytest.mark.usefixtures("s3", "scheduled")
def test_a_command_says_in_a_line_what_is_wrong_with_the_store(
    words: tuple[str, ...], variable: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNIAL_STORE", "s3://models/perennial")
    monkeypatch.setenv(variable, value)
    command = [sys.executable, "-m", "deployments.cli", *words]
    found = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)

    assert (found.returncode, found.stdout, len(found.stderr.splitlines())) == (2, "", 1), found.stderr
    assert "PERENNIAL_STORE: s3://" in found.stderr
    assert message in found.stderr
    assert PASSWORD not in found.stderr
