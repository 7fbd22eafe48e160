"""roles-sql/ read as psql would read it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from howdah.roles_sql.sqlfiles import RolesSqlError, Statement, read

VARIABLES = {"role": "app user", "plain": "appuser", "word": "it's", "number": "7"}

Read = Callable[..., list[Statement]]


@pytest.fixture
def sql(tmp_path: Path) -> Read:
    folder = tmp_path / "roles-sql"
    folder.mkdir()

    def sql(*texts: str) -> list[Statement]:
        for number, text in enumerate(texts, start=1):
            (folder / f"{number}.sql").write_text(text)
        return read(folder, VARIABLES)

    return sql


def texts(statements: list[Statement]) -> list[str]:
    return [statement.text for statement in statements]


def places(statements: list[Statement]) -> list[tuple[str, str]]:
    return [(s.database, s.source.removeprefix("roles-sql/")) for s in statements]


# -- Variables ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('CREATE ROLE :"role";', 'CREATE ROLE "app user"'),
        ('CREATE ROLE :"plain";', "CREATE ROLE appuser"),
        ("CREATE ROLE a PASSWORD :'word';", "CREATE ROLE a PASSWORD 'it''s'"),
        ("CREATE ROLE a CONNECTION LIMIT :number;", "CREATE ROLE a CONNECTION LIMIT 7"),
        ("SELECT ARRAY[:number, :'number'];", "SELECT ARRAY[7, '7']"),
        ("SELECT 'a'::text;", "SELECT 'a'::text"),
        ("SELECT x[1:number];", "SELECT x[1:number]"),
    ],
)
def test_variables_are_expanded_as_psql_does(sql: Read, text: str, wanted: str) -> None:
    assert texts(sql(text)) == [wanted]


@pytest.mark.parametrize("word", [':"other"', ":'other'", ":other"])
def test_unknown_variable_is_refused_where_it_stands(sql: Read, word: str) -> None:
    message = "variable 'other' is not set; known are number, plain, role, word"
    with pytest.raises(RolesSqlError, match=message) as e:
        sql("SELECT 1;\n\n-- a comment\nSELECT 2,\n  " + word + ";")
    assert str(e.value) == f"roles-sql/1.sql:5: {message}"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("-- later :todo\nSELECT 1;", "SELECT 1"),
        ("/* :todo */ SELECT 1;", "SELECT 1"),
        ("SELECT 'a :plain b';", "SELECT 'a :plain b'"),
        ('SELECT "a :plain b";', 'SELECT "a :plain b"'),
        ("SELECT $$ :plain $$;", "SELECT $$ :plain $$"),
    ],
)
def test_nothing_is_expanded_in_comments_and_quotes(sql: Read, text: str, wanted: str) -> None:
    assert texts(sql(text)) == [wanted]


# -- Lines of psql -----------------------------------------------------------------------------


def test_connect_says_the_database_of_what_follows(sql: Read) -> None:
    statements = sql(
        'SELECT 1;\n\\connect one\nSELECT 2;\n\n\\connect :"plain"\nSELECT 3;\n\\connect "two"\n'
        "SELECT 4;",
        "SELECT 5;",
    )
    assert places(statements) == [
        ("postgres", "1.sql:1"),
        ("one", "1.sql:3"),
        ("appuser", "1.sql:6"),
        ("two", "1.sql:8"),
        ("postgres", "2.sql:1"),
    ]


@pytest.mark.parametrize(
    ("word", "name"),
    [("a$b", "a$b"), ('"a b"', "a b"), ('"a$b"', "a$b"), ('"A-b;\\c\'d"', "A-b;\\c'd"),
     ('"é"', "é"), ('one  ', "one"), (':"role"', "app user")],
)  # fmt: skip
def test_connect_takes_any_name_without_quotes_in_it(sql: Read, word: str, name: str) -> None:
    assert places(sql(f"\\connect {word}\nSELECT 1;")) == [(name, "1.sql:2")]


@pytest.mark.parametrize(
    "line",
    ["\\c one", "\\i other.sql", "\\! id", "\\set x y", "\\gexec", "\\copy t from 'f'", "\\",
     "\\connect", "\\connect one two", "\\connect one;", "\\connect -", '\\connect ""',
     '\\connect "a""b"', "\\connect 'a'", '\\connect "a" "b"', '\\connect a"b"', '\\connect "a',
     "\\connect host=evil", "\\connectx"],
)  # fmt: skip
def test_other_lines_of_psql_are_refused(sql: Read, line: str) -> None:
    with pytest.raises(RolesSqlError, match=r"is not known here; only \\connect, ") as e:
        sql(f"SELECT 1;\n{line}\n")
    assert str(e.value).startswith(f"roles-sql/1.sql:2: {line.split(maxsplit=1)[0]} ")


@pytest.mark.parametrize("text", ["  \\connect one", "SELECT 1 \\gexec", "SELECT 1; \\! id"])
def test_lines_of_psql_are_not_hidden(sql: Read, text: str) -> None:
    with pytest.raises(RolesSqlError, match=r'1.sql:1: syntax error at or near "\\"'):
        sql(text)


def test_statement_without_its_end_is_refused_before_connect(sql: Read) -> None:
    with pytest.raises(RolesSqlError, match=r"1\.sql:1"):
        sql("REVOKE ALL ON SCHEMA public FROM PUBLIC\n\\connect template1\n;")


@pytest.mark.parametrize("end", ["SELECT 1", "SELECT 1 -- ;", "SELECT 1 /* ; */"])
def test_semicolon_is_needed_before_connect_only(sql: Read, end: str) -> None:
    assert len(sql(end)) == 1
    with pytest.raises(RolesSqlError, match=r"^roles-sql/1\.sql:2: needs a semicolon at its end$"):
        sql(f"\n{end}\n\\connect one\n")


def test_each_connect_and_file_begins_a_session(sql: Read) -> None:
    statements = sql("SELECT 1; SELECT 2;\n\\connect one\nSELECT 3;\n\\connect one\nSELECT 4;",
                     "SELECT 5;")  # fmt: skip
    sessions = [statement.session for statement in statements]
    assert sessions[0] == sessions[1]
    assert len(set(sessions)) == 4


# -- Places --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELEC 1;", 1),
        ("SELECT 1;\nSELEC 1;", 2),
        ("\n\n-- a comment\n\nSELEC 1;\n", 5),
        ("/* a\ncomment; */\nSELEC 1;", 3),
        ("SELECT 1,\n  2,\n  3;\n\nSELECT 4\n  FROM FROM t;", 6),
        ("SELECT 1;\n\\connect one\nSELECT 1;\nSELEC 1;", 4),
        ("\\connect one\n\\connect two\n\nSELEC 1;", 4),
        ("SELECT 'a\nb\nc';\nSELEC 1;", 4),
        ("CREATE ROLE a\n  LOGIN\n  FROM;\nSELECT 1;", 3),
    ],
)
def test_syntax_error_is_told_with_its_line(sql: Read, text: str, line: int) -> None:
    with pytest.raises(RolesSqlError, match="syntax error at or near") as e:
        sql("SELECT 1;", text)
    assert str(e.value).startswith(f"roles-sql/2.sql:{line}: syntax error")


def test_syntax_error_after_other_scripts_is_told_with_its_line(sql: Read) -> None:
    with pytest.raises(RolesSqlError, match=r"1\.sql:101: syntax error"):
        sql("-- é\n" * 100 + "SELEC 1;\n")


def test_each_statement_knows_the_line_that_it_begins_on(sql: Read) -> None:
    statements = sql(
        "-- first\n\nSELECT 1; SELECT 2;\n/* a\nb */ SELECT 3;\n\nSELECT\n4;;\n"
        "-- é, ü and 🐘\nSELECT 5 -- five\n; -- end\n\\connect one\n-- c\nSELECT 6"
    )
    assert [s.source.rpartition(":")[2] for s in statements] == ["3", "3", "5", "7", "10", "14"]
    assert texts(statements)[:4] == ["SELECT 1", "SELECT 2", "SELECT 3", "SELECT\n4"]


@pytest.mark.parametrize("text", ["/* a /* b */ c */ SELECT 1;", "/* a /* b */ :c */ SELECT 1;"])
def test_nested_comments_are_refused(sql: Read, text: str) -> None:
    with pytest.raises(RolesSqlError, match=r":2: a comment in a comment"):
        sql(f"\n{text}")


def test_comments_alone_are_nothing(sql: Read) -> None:
    assert sql("-- nothing\n/* to see */\n", "", "\n\\connect one\n") == []


def test_refusal_begins_with_the_place(sql: Read) -> None:
    (statement,) = sql("\nSELECT 1;")
    assert str(statement.error("not so")) == "roles-sql/1.sql:2: not so"


# -- Files ---------------------------------------------------------------------------------------


def test_files_are_read_by_name_and_others_left_out(tmp_path: Path) -> None:
    for name in ("20-b.sql", "10-a.sql", "notes.txt", "30-c.sql.bak"):
        (tmp_path / name).write_text(f"SELECT '{name}';")
    assert texts(read(tmp_path, {})) == ["SELECT '10-a.sql'", "SELECT '20-b.sql'"]


def test_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RolesSqlError, match=r"no \.sql file here; needs the roles and databases"):
        read(tmp_path, {})
    with pytest.raises(RolesSqlError, match=f"{tmp_path}/absent: no .sql file"):
        read(tmp_path / "absent", {})


def test_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_bytes(b"SELECT '\xff';")
    with pytest.raises(RolesSqlError, match=f"{tmp_path.name}/1.sql: .*codec can't decode"):
        read(tmp_path, {})


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1.sql").mkdir()
    with pytest.raises(RolesSqlError, match=f"{tmp_path.name}/1.sql: .*Is a directory"):
        read(tmp_path, {})


CHOICE = """\\if :since_17
SELECT 17;
\\connect one
\\else
SELECT 15;
\\endif
SELECT 0;
"""


@pytest.mark.parametrize(("since_17", "said"), [
    ("true", [("SELECT 17", "postgres", 2), ("SELECT 0", "one", 7)]),
    ("false", [("SELECT 15", "postgres", 5), ("SELECT 0", "postgres", 7)]),
])  # fmt: skip
def test_branch_that_psql_takes(
    tmp_path: Path, since_17: str, said: list[tuple[str, str, int]]
) -> None:
    (tmp_path / "1.sql").write_text(CHOICE)
    found = read(tmp_path, {"since_17": since_17})
    lines = [int(s.source.rpartition(":")[2]) for s in found]
    assert [(s.text, s.database, n) for s, n in zip(found, lines, strict=True)] == said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\\if true\nSELECT 1;", "needs an "),
        ("\\else", "is not known"),
        ("\\endif", "is not known"),
        ("\\if :nosuch\n\\endif", "'nosuch' is not set"),
        ("\\if true\n\\elif true\n\\endif", "is not known"),
    ],
)
def test_branches_that_are_refused(sql: Read, text: str, says: str) -> None:
    with pytest.raises(RolesSqlError, match=says):
        sql(text)
