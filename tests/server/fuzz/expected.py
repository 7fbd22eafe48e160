"""Which rows one plan must bring back after changes by hand, and which it must leave."""

from collections.abc import Iterable, Iterator

from howdah.names import identifier
from tests.server.fuzz.converged import CREATORS
from tests.server.fuzz.drifts import KINDS
from tests.server.fuzz.server import Row
from tests.server.fuzz.things import APP, ROLES

Key = tuple[str, str, str]  # kind, schema, name


class Expected:
    """The rows after one plan, from those of the converged server and those after the drift."""

    def __init__(self, before: set[Row], drifted: set[Row]) -> None:
        self.before, self.drifted = before, drifted
        self.owners = {r[2:5]: r[5] for r in drifted if r[:2] == ("owner", APP)}
        self.owners_before = {r[2:5]: r[5] for r in before if r[:2] == ("owner", APP)}
        self.foreign = {
            n
            for n, o in (("app", "own"), ("s2", "bob"), ("ext", "postgres"))
            if self.owners.get(("schema", "", n), o) != o
        }
        extension = ("extension", APP, "pg_stat_statements", "ext")
        self.made_again = extension not in drifted

    def differences(self, after: set[Row]) -> Iterator[str]:
        """What one plan has not put right, and what it should not have touched."""
        for row in sorted(after | self.before | self.drifted, key=repr):
            verdict = self._verdict(row)
            if verdict == "managed" and (row in after) != (row in self.before):
                yield f"{'too much' if row in after else 'missing'}: {row}"
            if verdict == "left alone" and (row in after) != (row in self.drifted):
                yield f"touched: {'made' if row in after else 'removed'} {row}"
        yield from self._objects(after)

    # -- One row --------------------------------------------------------------------------

    def _verdict(self, row: Row) -> str:
        """Whose business it is; empty: the objects', each as a whole, or either may be."""
        word = row[0]
        if word in ("acl", "more", "less", "owner", "comment"):
            return self._entry(row)
        if word == "member" and not {row[1], row[2]} & {*ROLES}:
            return "" if row[3] in ROLES else "left alone"  # what it rests on is gone
        return "managed" if self._mine(row) else "left alone"

    def _mine(self, row: Row) -> bool:
        match row:
            case ["role", name, *_]:
                return name in ROLES
            case ["member", *_]:
                return True
            case ["setting", role, database, *_]:
                return self._setting(role, database)
            case ["database", name, *_]:
                return bool(name == APP)
            case ["default", database, creator, schema, *_]:
                ours = creator in (*ROLES, "postgres") and schema not in self.foreign
                return database == APP and ours
            case ["extension", database, name, _]:
                return (database, name) == (APP, "pg_stat_statements")
        raise AssertionError(row)

    def _setting(self, role: str, database: str) -> bool:
        if role:
            return role in (*ROLES, "postgres") and database in ("", APP, "postgres", "template1")
        return database == APP

    def _entry(self, row: Row) -> str:
        """Of an ACL, an owner or a comment."""
        word, database, kind, place, name = row[:5]
        if (kind, name) == ("database", APP):
            return "managed"
        if kind == "parameter" or (kind, name) == ("database", "postgres"):
            return self._partly(row)
        if database != APP or kind in ("language", "wrapper", "server"):
            return "left alone"
        if place == "ext" and word == "acl" and self.made_again:
            return "managed"
        if word in ("more", "less") or (place == "ext" and word == "acl"):
            return self._partly(row)
        return ""

    def _partly(self, row: Row) -> str:
        """Of what is PostgreSQL's own, or an extension's: managed for its roles and PUBLIC."""
        word, grantee, grantor = row[0], row[6], row[8]
        if grantee in {*map(identifier, ROLES), "PUBLIC"}:
            return "" if word == "less" else "managed"
        # What it rests on may be gone, and a parameter's row with the last of its grants.
        return "left alone" if grantor == "postgres" != grantee else ""

    # -- Objects in the application's database ---------------------------------------------

    def _objects(self, after: set[Row]) -> Iterator[str]:
        owners = {r[2:5]: r[5] for r in after if r[:2] == ("owner", APP)}
        yield from self._wrong_owners(owners)
        for key, owner in sorted(owners.items()):
            kind, place, _ = key
            if place == "ext" or kind in ("language", "wrapper", "server"):
                continue
            found = acl(after, key)
            if not self._managed(key, owner):
                if found != acl(self.drifted, key):
                    yield f"touched: {key} of {owner}: {lines(found ^ acl(self.drifted, key))}"
            elif found != (wanted := self._wanted(key, owner, found)):
                yield (
                    f"{key} of {owner}: missing {lines(wanted - found)} "
                    f"too much {lines(found - wanted)}"
                )

    def _managed(self, key: Key, owner: str) -> bool:
        kind, place, name = key
        if kind == "schema":
            return name in ("app", "s2", "ext", "public") and name not in self.foreign
        return place not in self.foreign and owner in CREATORS.get(place, ())

    def _wanted(self, key: Key, owner: str, found: set[Row]) -> set[Row]:
        """As before; of what is new, renamed or another's what its like has."""
        kind, place, name = key
        if self.owners_before.get(key) == owner:
            return acl(self.before, key)
        if "_named_" in name:  # with other rights for another owner: only the grantors are known
            return {entry for entry in found if entry[3] == owner}
        letter = next(k for k, word in KINDS.items() if word == kind.upper())
        end = {"f": "(integer)", "p": "(IN integer)"}.get(letter, "")
        return acl(self.before, (kind, place, f"{owner}_other_{letter}{end}"))

    def _wrong_owners(self, owners: dict[Key, str]) -> Iterator[str]:
        """What is declared comes back, from another managed role too; nothing else changes."""
        wanted = dict(self.owners)
        for name, owner in (("app", "own"), ("s2", "bob"), ("ext", "postgres")):
            wanted.setdefault(("schema", "", name), owner)
        for key, owner in self.owners_before.items():
            if key[1] == "ext":
                wanted.setdefault(key, owner)
        if "app" not in self.foreign:
            wanted.update(self._declared())
        for key in sorted({*owners, *wanted}):
            if owners.get(key) != wanted.get(key):
                yield f"{key} belongs to {owners.get(key)}, not {wanted.get(key)}"

    def _declared(self) -> dict[Key, str]:
        """Table app.any and the sequence of its serial column."""
        table, sequence = ("table", "app", "any"), ("sequence", "app", "any_id_seq")
        if table not in self.owners:
            if sequence in self.owners:  # the renamed table's
                sequence = ("sequence", "app", "any_id_seq1")
            return {table: "own", sequence: "own"}
        owner = self.owners[table]
        return dict.fromkeys((table, sequence), "own" if owner in ROLES else owner)


def acl(rows: Iterable[Row], key: Key) -> set[Row]:
    """(column, grantee, privilege, grantor, grantable) of one object in the application's."""
    return {r[5:] for r in rows if r[0] == "acl" and r[1] == APP and r[2:5] == key}


def lines(entries: set[Row]) -> list[Row]:
    return sorted(entries, key=repr)
