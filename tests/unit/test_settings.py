"""Units and quoting, against a reader of PostgreSQL's own rules."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from howdah.settings import (
    Duration,
    Memory,
    in_bytes,
    in_seconds,
    line,
    parse,
    quote,
    setting_faults,
    spelling_faults,
)

ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# guc-file.l: STRING is \'([^'\\\n]|\\.|\'\')*\'
STRING = re.compile(r"'(?:[^'\\\n]|\\.|'')*'")
PRINTABLE = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029")
)


def read(text: str) -> str:
    """PostgreSQL's GUC_scanstr: the value of one quoted string that fills the line."""
    assert STRING.fullmatch(text)

    def one(match: re.Match[str]) -> str:
        if match[0] == "''":
            return "'"
        if octal := re.fullmatch(r"\\([0-7]{1,3})", match[0]):
            return chr(int(octal[1], 8) & 0xFF)
        return ESCAPES.get(match[0][1], match[0][1])

    return re.sub(r"''|\\[0-7]{1,3}|\\.", one, text[1:-1])


@given(PRINTABLE)
@settings(derandomize=True)
def test_quoted_text_is_read_back(text: str) -> None:
    assert setting_faults("x", text, ()) == []
    assert read(quote(text)) == text


@given(st.text("'\\n0\"#=$ \u00e9", max_size=12))
@settings(derandomize=True)
def test_quotes_and_backslashes_are_read_back(text: str) -> None:
    assert read(quote(text)) == text


@given(st.text())
@settings(derandomize=True)
def test_what_is_not_refused_stays_on_its_line(text: str) -> None:
    if not setting_faults("x", text, ()):
        assert len(f"x = {quote(text)}".splitlines()) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "on"),
        (False, "off"),
        (1, "'1'"),
        (1.5, "'1.5'"),
        ("", "''"),
        ("on", "'on'"),
        ("O'Neill", "'O''Neill'"),
        ("a\\b", r"'a\\b'"),
    ],
)
def test_value_is_quoted(value: object, text: str) -> None:
    assert quote(value) == text


@pytest.mark.parametrize(
    "value", ["a\nb", "a\rb", "\0", "\x1f", "\x7f", "\x9f", "\u2028", "\u2029"]
)
def test_control_characters_are_refused(value: str) -> None:
    message = f"settings['x'] = {value!r}: needs a value without line breaks"
    assert setting_faults("x", value, ()) == [message]


@pytest.mark.parametrize("name", ["include", "Include_Dir", "a b", "a\n", "", "a.b.c"])
def test_name_that_is_no_setting_is_refused(name: str) -> None:
    message = f"settings[{name!r}]: needs a name as pg_settings has it"
    assert setting_faults(name, "x", ()) == [message]


def test_name_with_an_option_is_refused() -> None:
    message = "settings['port']: has an option of its own; write port = …"
    assert setting_faults("port", 1, {"port"}) == [message]
    assert setting_faults("port", 1, {"other"}) == []


@pytest.mark.parametrize("name", ["TimeZone", "timezone", "DATESTYLE", "Auto_Explain.Log_Nested"])
def test_case_of_a_name_does_not_matter(name: str) -> None:
    assert setting_faults(name, "x", ()) == []
    assert setting_faults(name, "x", {name.lower()}) != []


def test_old_name_is_rejected_with_the_new_one() -> None:
    message = "settings['Sort_Mem']: is an old name; write work_mem"
    assert setting_faults("Sort_Mem", "1MB", ()) == [message]


def test_prefix_of_the_deploy_is_its_own() -> None:
    message = "settings['howdah.release']: howdah. is the deploy's own; take it out"
    assert setting_faults("howdah.release", "r-1", ()) == [message]


def test_two_spellings_of_a_name_are_one_setting() -> None:
    message = "settings['timezone']: is also there as 'TimeZone'; needs one of them"
    assert spelling_faults(["TimeZone", "jit", "timezone"]) == [message]


def test_every_fault_of_a_setting_is_told() -> None:
    found = setting_faults("port-", "1\n", {"port-"})
    assert [fault.split(": ")[1].split(";")[0] for fault in found] == [
        "has an option of its own",
        "needs a name as pg_settings has it",
        "needs a value without line breaks",
    ]


@pytest.mark.parametrize(
    ("memory", "size"),
    [("1kB", 1024), ("8MB", 8 * 1024**2), ("1GB", 1024**3), ("2TB", 2 * 1024**4)],
)
def test_memory_is_counted_in_bytes(memory: str, size: int) -> None:
    assert TypeAdapter(Memory).validate_python(memory) == memory
    assert in_bytes(memory) == size


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("0", 0), ("999ms", 0), ("1500ms", 1), ("30s", 30), ("10min", 600), ("2h", 7200),
     ("1d", 86400), ("3000000us", 3)],
)  # fmt: skip
def test_duration_in_seconds(duration: str, seconds: int) -> None:
    assert in_seconds(duration) == seconds


@pytest.mark.parametrize("memory", ["0MB", "01MB", "-1MB", "1", "1KB", "1.5GB", "1GB ", "1B", ""])
def test_memory_needs_a_number_and_a_unit(memory: str) -> None:
    with pytest.raises(
        ValidationError, match="needs a number with its unit in quotes: kB, MB, GB or TB"
    ):
        TypeAdapter(Memory).validate_python(memory)


@pytest.mark.parametrize(("kind", "value"), [(Memory, "1١GB"), (Duration, "1١s")])
def test_digits_are_those_that_postgresql_reads(kind: Any, value: str) -> None:
    with pytest.raises(ValidationError, match="needs"):
        TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize("duration", ["0", "1us", "100ms", "30s", "5min", "2h", "1d"])
def test_duration_passes(duration: str) -> None:
    assert TypeAdapter(Duration).validate_python(duration) == duration


@pytest.mark.parametrize("duration", ["30", "0s", "-1s", "1m", "1 s", "1.5s", "", "1s\n"])
def test_duration_needs_a_number_and_a_unit(duration: str) -> None:
    with pytest.raises(ValidationError, match="needs '0'"):
        TypeAdapter(Duration).validate_python(duration)


def test_file_is_parsed_in_its_order() -> None:
    text = "# port = 1\nssl = on\n\nauth_delay.milliseconds = 500\nlog_line_prefix = 'a = b'\n"
    text += "include 'release.conf'\n port = 2\n"
    assert list(parse(text).items()) == [
        ("ssl", "on"),
        ("auth_delay.milliseconds", "500"),
        ("log_line_prefix", "'a = b'"),
    ]


def test_names_in_a_file_are_small_whatever_is_written() -> None:
    assert parse("TimeZone = 'UTC'\nDateStyle = 'ISO'\n") == {
        "timezone": "'UTC'",
        "datestyle": "'ISO'",
    }


def test_last_value_of_a_name_is_the_one_in_force() -> None:
    assert parse("jit = on\njit = off\n") == {"jit": "off"}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("work_mem = '64MB'", "work_mem", "64MB"),
        ("  Work_Mem='64MB' # by hand", "work_mem", "64MB"),
        ("jit on", "jit", "on"),
        ("port\t=\t17 # by hand", "port", "17"),
        ("archive_command = 'echo ''a'''", "archive_command", "echo 'a'"),
        ("app.x = ''", "app.x", ""),
        ("hba_file = 'unended", "hba_file", "'unended"),
        ("??", "??", ""),
    ],
)
def test_line_of_anybody_s(text: str, name: str, value: str) -> None:
    assert line(text) == (name, value)
