"""Where backups go: a folder that the host has, or a bucket of an S3-compatible store.

s3://BUCKET/PATH?endpoint=HOST[:PORT]&region=REGION[&style=path][&ca=FILE]
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator

from howdah.options import check_folder, several

HTTPS = 443
BUCKET = "s3://BUCKET/PATH?endpoint=HOST&region=REGION"
PLAIN = re.compile(r"[A-Za-z0-9./_:-]{1,200}")  # what no line of pgbackrest.conf reads otherwise
ENDPOINT = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?")
REQUIRED = {"endpoint", "region"}
WORDS = {*REQUIRED, "style", "ca"}
STYLES = {None, "host", "path"}
MOST = 4  # pgBackRest's own limit is 256; each is written at every backup


class Bucket(NamedTuple):
    """One of an S3-compatible store."""

    name: str
    path: str
    endpoint: str
    port: int
    region: str
    style: str  # host: it is in the name of the host; path: in the path
    ca: str  # the file of its CA on the host; empty: one of the system's


def bucket(value: str) -> Bucket | None:
    """None: it is a folder. Raises ValueError."""
    if not value.startswith("s3://"):
        return None
    url = urlsplit(value)
    pairs = parse_qsl(url.query, keep_blank_values=True)
    words = dict(pairs)
    _check(url.netloc, url.path, words)
    style = words.get("style", "host")
    address = words["endpoint"]
    endpoint, _, port = address.partition(":")
    return Bucket(
        name=url.netloc,
        path=url.path.rstrip("/"),
        endpoint=endpoint,
        port=int(port or HTTPS),
        region=words["region"],
        style=style,
        ca=words.get("ca", ""),
    )


def _check(
    name: str,
    path: str,
    words: Mapping[str, str],
) -> None:
    """Raises ValueError."""
    given = words.keys()
    is_whole = name and path.strip("/")
    if not is_whole or given - WORDS or REQUIRED - given:
        raise ValueError(f"needs a folder, or {BUCKET}, with &style= and &ca= if need be")
    for text in (name, path, *words.values()):
        if not PLAIN.fullmatch(text):
            raise ValueError(f"{text!r}: needs letters, digits and ./_:- only")
    style = words.get("style")
    if style not in STYLES:
        raise ValueError(f"style={style}: needs 'host' or 'path'")
    endpoint = words["endpoint"]
    if not ENDPOINT.fullmatch(endpoint):
        raise ValueError(f"endpoint={endpoint}: needs HOST or HOST:PORT")
    ca = words.get("ca")
    if ca:
        check_folder(ca)


def in_folders(values: Sequence[str]) -> list[str]:
    """Those that are folders."""
    return [value for value in values if not bucket(value)]


def _repository(value: str) -> str:
    if bucket(value):
        return value
    return check_folder(value)


def _one_or_several(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    return several(value)


def _each_once(value: tuple[str, ...]) -> tuple[str, ...]:
    count = len(value)
    once = set(value)
    if not count or count > MOST or count != len(once):
        raise ValueError(f"needs one repository, or a list of at most {MOST}, each once")
    return value


Repository = Annotated[str, AfterValidator(_repository)]
Repositories = Annotated[
    tuple[Repository, ...],
    BeforeValidator(_one_or_several),
    AfterValidator(_each_once),
]
