"""The program that fetches weights: it takes what was asked for and unpacks what is harmless, and leaves nothing of all else."""

import contextlib
import gzip
import hashlib
import io
import shutil
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from examples.fetcher import archives
from examples.fetcher.archives import BadArchive, unpack
from modelway.operations import images
from tests.examples.program import ROOT

USER = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
MOST = 1 << 20


def tar(*entries: tuple[str, bytes, bytes | str], mode: str = "w:gz") -> bytes:
    """Name, type of the entry, and content or where a link leads."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, kind, content in entries:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            if isinstance(content, str):
                entry.linkname, content = content, b""
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def zipped(*entries: tuple[str, int, bytes]) -> bytes:
    """Name, kind and mode as Unix has it, and content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, mode, content in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


FILE, LINK = stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777

HOSTILE: dict[str, tuple[bytes, str]] = {
    "a path that leads out": (tar(("../../etc/passwd", tarfile.REGTYPE, b"x")), "leads out"),
    "a path that leads out in its middle": (tar(("a/../../b", tarfile.REGTYPE, b"x")), "leads out"),
    "an absolute path": (tar(("/etc/passwd", tarfile.REGTYPE, b"x")), "leads out"),
    "a folder that leads out": (tar(("../elsewhere", tarfile.DIRTYPE, b"")), "leads out"),
    "a link": (tar(("weights", tarfile.SYMTYPE, "/etc")), "neither a file nor a folder"),
    "a file behind a link": (tar(("d", tarfile.SYMTYPE, "/tmp"), ("d/x", tarfile.REGTYPE, b"x")), "neither a file nor a folder"),
    "a hard link": (tar(("weights", tarfile.LNKTYPE, "/etc/passwd")), "neither a file nor a folder"),
    "a device": (tar(("null", tarfile.CHRTYPE, b"")), "neither a file nor a folder"),
    "a pipe": (tar(("pipe", tarfile.FIFOTYPE, b"")), "neither a file nor a folder"),
    "a bomb": (tar(("zeros", tarfile.REGTYPE, bytes(MOST + 1))), "once it is unpacked"),
    "two halves of a bomb": (tar(("a", tarfile.REGTYPE, bytes(MOST)), ("b", tarfile.REGTYPE, b"x")), "once it is unpacked"),
    "a name twice": (tar(("a", tarfile.REGTYPE, b"x"), ("./a", tarfile.REGTYPE, b"y")), "twice"),
    "a file that is a folder": (tar(("a", tarfile.REGTYPE, b"x"), ("a/b", tarfile.REGTYPE, b"y")), "a file and a folder"),
    "a name without an end": (tar(("x" * 2000, tarfile.REGTYPE, b"x")), "not a path"),
    "half an archive": (tar(("a", tarfile.REGTYPE, bytes(range(256)) * 999))[:500], "no archive"),
    "a text": (b"weights: 1, 2, 3\n" * 100, "no archive"),
    "nothing": (b"", "no archive"),
    "zip: a path that leads out": (zipped(("../x", FILE, b"x")), "leads out"),
    "zip: a path of Windows": (zipped(("..\\x", FILE, b"x")), "not a path"),
    "zip: a link": (zipped(("a", LINK, b"/etc/passwd")), "neither a file nor a folder"),
    "zip: a bomb": (zipped(("zeros", FILE, bytes(MOST + 1))), "once it is unpacked"),
    "zip: a name twice": (zipped(("a/b", FILE, b"x"), ("a//b", FILE, b"y")), "twice"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_hostile_is_refused(what: str, tmp_path: Path) -> None:
    content, text = HOSTILE[what]
    archive, into = tmp_path / "archive", tmp_path / "in" / "models"
    archive.write_bytes(content)
    into.mkdir(parents=True)
    with pytest.raises(BadArchive, match=text):
        unpack(archive, into, MOST)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "in"]
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["models"]
    assert not [path for path in into.rglob("*") if path.is_symlink()]
    assert sum(path.stat().st_size for path in into.rglob("*") if path.is_file()) <= MOST


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_ENTRIES", 10)
    (tmp_path / "archive").write_bytes(tar(*((f"d{number}", tarfile.DIRTYPE, b"") for number in range(11))))
    (tmp_path / "models").mkdir()
    with pytest.raises(BadArchive, match="more than 10 entries"):
        unpack(tmp_path / "archive", tmp_path / "models", MOST)


@pytest.mark.parametrize(
    "content",
    [
        tar(("model/", tarfile.DIRTYPE, b""), ("model/weights.bin", tarfile.REGTYPE, b"1234"), ("./vocabulary.txt", tarfile.REGTYPE, b"")),
        tar(("model/weights.bin", tarfile.REGTYPE, b"1234"), ("vocabulary.txt", tarfile.REGTYPE, b""), mode="w"),
        zipped(("model/", stat.S_IFDIR | 0o755, b""), ("model/weights.bin", FILE, b"1234"), ("vocabulary.txt", 0, b"")),
    ],
    ids=["tar.gz", "tar", "zip"],
)
def test_files_and_folders_are_unpacked(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(content)
    (tmp_path / "models").mkdir()
    unpack(tmp_path / "archive", tmp_path / "models", MOST)
    found = {str(path.relative_to(tmp_path / "models")): path.read_bytes() for path in (tmp_path / "models").rglob("*") if path.is_file()}
    assert found == {"model/weights.bin": b"1234", "vocabulary.txt": b""}


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=2000), tail=st.integers(0, 400), form=st.sampled_from(["tar", "gz", "zip", "raw"]))
def test_noise_ends_with_a_refusal_or_inside(content: bytes, tail: int, form: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    valid = {
        "tar": tar(("a/b", tarfile.REGTYPE, b"x"), mode="w"),
        "gz": tar(("a", tarfile.REGTYPE, b"x")),
        "zip": zipped(("a", FILE, b"x")),
    }
    mixed = content if form == "raw" else valid[form][: len(valid[form]) - tail] + (gzip.compress(content) if form == "gz" else content)
    folder = tmp_path_factory.mktemp("noise")
    (folder / "archive").write_bytes(mixed)
    (folder / "models").mkdir()
    with contextlib.suppress(BadArchive):
        unpack(folder / "archive", folder / "models", MOST)
    assert sorted(path.name for path in folder.iterdir()) == ["archive", "models"]
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """Endpoint of an S3 emulator."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as its image holds it."""
    folder = tmp_path_factory.mktemp("fetcher")
    subprocess.run([sys.executable, ROOT / "examples" / "build.py", "--fetcher", folder / "image"], check=True, stdout=subprocess.DEVNULL)
    for layer in images.read(folder / "image").layers:
        with tarfile.open(layer.file) as archive:
            archive.extractall(folder / "root", filter="data")
    return folder / "root" / "app" / "fetch.py"


Fetch = Callable[..., tuple[int, str]]


@pytest.fixture
def fetch(store: str, program: Path, tmp_path: Path) -> Fetch:
    """Puts `content` into the store and runs the program on it; exit code and what it said."""

    def run(content: bytes, **variables: str) -> tuple[int, str]:
        client = boto3.client(
            "s3", endpoint_url=store, region_name="eu-west-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="secret"
        )
        if "store" not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket="store", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        client.put_object(Bucket="store", Key="churn/weights", Body=content)
        (tmp_path / "models").mkdir(exist_ok=True)
        told: Mapping[str, str] = {
            **USER,
            "AWS_ENDPOINT_URL": store,
            "FETCH_URI": "s3://store/churn/weights",
            "FETCH_SHA256": hashlib.sha256(content).hexdigest(),
            "FETCH_INTO": str(tmp_path / "models"),
            **variables,
        }
        done = subprocess.run([sys.executable, "-B", program], env=dict(told), capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    return run


def left(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "models").iterdir())


def test_a_file_is_there_under_its_name(fetch: Fetch, tmp_path: Path) -> None:
    code, said = fetch(b"weights" * 100_000, FETCH_FILE="model.json")
    assert code == 0, said
    assert (tmp_path / "models" / "model.json").read_bytes() == b"weights" * 100_000
    assert left(tmp_path) == ["model.json"]


def test_an_archive_is_there_unpacked(fetch: Fetch, tmp_path: Path) -> None:
    code, said = fetch(tar(("a/b", tarfile.REGTYPE, b"x")))
    assert code == 0, said
    assert (tmp_path / "models" / "a" / "b").read_bytes() == b"x"
    assert left(tmp_path) == ["a"]


@pytest.mark.parametrize(
    ("content", "variables", "text"),
    [
        (b"other", {"FETCH_SHA256": "0" * 64, "FETCH_FILE": "m"}, "nothing of it was used"),
        (b"larger", {"FETCH_MAX_BYTES": "3", "FETCH_FILE": "m"}, "larger than 3 bytes"),
        (b"file", {"FETCH_FILE": "../m"}, "not the name of a file"),
        (b"gone", {"FETCH_URI": "s3://store/churn/missing", "FETCH_FILE": "m"}, "S3 answered 404"),
        (b"other", {"FETCH_URI": "https://example.com/m", "FETCH_FILE": "m"}, "is not s3://bucket/key"),
        (tar(("good", tarfile.REGTYPE, b"x"), ("bad", tarfile.SYMTYPE, "/etc")), {}, "neither a file nor a folder"),
        (b"no archive", {}, "no archive"),
    ],
)
def test_nothing_is_left_of_what_is_refused(content: bytes, variables: dict[str, str], text: str, fetch: Fetch, tmp_path: Path) -> None:
    code, said = fetch(content, **variables)
    assert code == 1
    assert text in said
    assert left(tmp_path) == []
