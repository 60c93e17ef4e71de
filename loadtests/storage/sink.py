"""A place for a run directory that any file system of fsspec can be: a bucket, a shared folder, a server.

S3 goes through pyarrow, which has it built in and takes credentials where the AWS SDKs do; fsspec's own (s3fs) would
tie boto3 to one version. What else fsspec knows may need a package of its own, and says so.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import fsspec
import pyarrow.fs
from fsspec.implementations.arrow import ArrowFSWrapper

S3 = "s3"
CONNECT_S, REQUEST_S, ATTEMPTS = 5, 30, 3
S3_OPTIONS = ("endpoint_override", "region", "scheme")  # as in pyarrow.fs.FileSystem.from_uri


class StorageError(Exception):
    """The place cannot be used; the message is one clear line for a person."""


def is_url(place: str) -> bool:
    """Whether it names a file system of fsspec; anything else is a path."""
    return "://" in place


@dataclass(frozen=True)
class Sink:
    """One directory at a URL. Every method raises StorageError when the place does not do what it should."""

    url: str
    files: Any  # fsspec's AbstractFileSystem
    root: str

    def has(self, name: str) -> bool:
        with self._told("look into"):
            return bool(self.files.exists(self._at(name)))

    def read(self, name: str) -> bytes:
        with self._told("read from"), self.files.open(self._at(name), "rb") as file:
            content: bytes = file.read()
            return content

    def put(self, file: Path, name: str) -> None:
        """Copy one file there."""
        at = self._at(name)
        with self._told("write to"):
            if self.files.protocol != (S3,):  # no folders there, and none need be made
                self.files.makedirs(at.rpartition("/")[0], exist_ok=True)
            with file.open("rb") as ours, self.files.open(at, "wb") as theirs:
                shutil.copyfileobj(ours, theirs, 1 << 20)

    def names(self) -> list[str]:
        """Every file there, by its path inside."""
        with self._told("look into"):
            found = sorted(self.files.find(self.root))
            return [str(path).removeprefix(self.root).lstrip("/") for path in found]

    def get(self, name: str, file: Path) -> None:
        """Copy one file from there."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with self._told("read from"), self.files.open(self._at(name), "rb") as theirs, file.open("wb") as ours:
            shutil.copyfileobj(theirs, ours, 1 << 20)

    def _at(self, name: str) -> str:
        return f"{self.root}/{name}"

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # each file system has errors of its own
            raise StorageError(f"{self.url}: cannot {what} it: {_in_words(error)}") from error


class S3Files(ArrowFSWrapper):
    """pyarrow's S3 in fsspec's words."""

    protocol = (S3,)


def sink_of(url: str) -> Sink:
    """Return the directory at a URL; nothing is asked yet. Raises StorageError for one that nobody can reach."""
    url = url.rstrip("/")
    shown = _shown(url)
    try:
        if urlsplit(url).scheme == S3:
            return _s3(url)
        files, root = fsspec.core.url_to_fs(url)
    except Exception as error:  # each file system has errors of its own
        raise StorageError(
            f"{shown}: expected the URL of a directory that fsspec can write: {_in_words(error)}"
        ) from error
    return Sink(shown, files, str(root).rstrip("/"))


def _s3(url: str) -> Sink:
    parts = urlsplit(url)
    if not parts.netloc or not parts.path.strip("/"):
        raise ValueError("expected s3://BUCKET/PATH")
    asked = parse_qs(parts.query, strict_parsing=bool(parts.query))
    if foreign := asked.keys() - set(S3_OPTIONS):
        raise ValueError(f"expected options {', '.join(S3_OPTIONS)} only, found {', '.join(sorted(foreign))}")
    options: dict[str, Any] = {name: values[0] for name, values in asked.items()}
    files = pyarrow.fs.S3FileSystem(
        connect_timeout=CONNECT_S,
        request_timeout=REQUEST_S,
        retry_strategy=pyarrow.fs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
        **options,
    )
    return Sink(_shown(url), S3Files(files), f"{parts.netloc}/{parts.path.strip('/')}")


def _shown(url: str) -> str:
    """The URL as it may be printed: no password, no options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _in_words(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
