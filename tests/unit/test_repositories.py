"""Where backups go, as an inventory has it."""

import pytest
from pydantic import TypeAdapter, ValidationError

from howdah.repositories import Bucket, Repositories, bucket, in_folders

ADAPTER: TypeAdapter[tuple[str, ...]] = TypeAdapter(Repositories)
FOLDER = "/var/lib/pgbackrest"
URL = "s3://name/in/it?endpoint=s3.example&region=eu-1"


def test_bucket() -> None:
    assert bucket(URL) == Bucket("name", "/in/it", "s3.example", 443, "eu-1", "host", "")
    whole = bucket("s3://name/in?endpoint=s3.example:9000&region=eu&style=path&ca=/etc/ca.crt")
    assert whole == Bucket("name", "/in", "s3.example", 9000, "eu", "path", "/etc/ca.crt")
    assert bucket(FOLDER) is None


@pytest.mark.parametrize("given", [FOLDER, [FOLDER], [FOLDER, URL], URL])
def test_one_or_several(given: object) -> None:
    several = given if isinstance(given, list) else [given]
    found = ADAPTER.validate_python(given)
    assert found == tuple(several)
    assert in_folders(found) == [each for each in several if each == FOLDER]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("relative", "needs absolute paths of folders"),
        ("/a/../b", "needs absolute paths of folders"),
        ("s3://name/in", "needs a folder, or s3://BUCKET/PATH"),
        ("s3://name?endpoint=a&region=b", "needs a folder, or s3://BUCKET/PATH"),
        ("s3://name/?endpoint=a&region=b", "needs a folder, or s3://BUCKET/PATH"),
        ("s3:///in?endpoint=a&region=b", "needs a folder, or s3://BUCKET/PATH"),
        (f"{URL}&other=1", "needs a folder, or s3://BUCKET/PATH"),
        (f"{URL}&style=odd", "needs 'host' or 'path'"),
        (f"{URL}&ca=ca.crt", "needs absolute paths of folders"),
        ("s3://name/in?endpoint=a:b&region=b", "needs HOST or HOST:PORT"),
        ("s3://name/in?endpoint=a&region=b%0Arepo1-path", "needs letters, digits"),
        ([], "at most 4, each once"),
        ([FOLDER, FOLDER], "at most 4, each once"),
        ([f"/{i}" for i in range(5)], "at most 4, each once"),
    ],
)
def test_what_is_none(given: object, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ADAPTER.validate_python(given)
