"""Databases and schemas of roles-sql that somebody else owns on the server: left alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from howdah.danger import Danger
from howdah.rights.catalog import (
    Catalog,
    Default,
    Extension,
    Object,
    Schema,
    Setting,
)
from howdah.roles_sql.wanted import Wanted

K = TypeVar("K")
V = TypeVar("V")


class Foreign:
    """Those that a catalog has, and what to say of them."""

    def __init__(self, current: Catalog, want: Wanted) -> None:
        self.databases: set[str] = set()
        self.schemas: set[Schema] = set()
        self.reports: list[str] = []
        for obj, owner in want.owners.items():
            now = current.owners.get(obj, owner)
            if now != owner:
                self._add(obj, f"belongs to {now}, not {owner}: left alone")

    def _add(self, obj: Object, what: str) -> None:
        if obj.kind == "database":
            self.databases.add(obj.database)
        elif obj.kind == "schema":
            schema = Schema(obj.database, obj.name)
            self.schemas.add(schema)
        else:
            return
        self.reports.append(Danger(f"{obj.kind} {obj.name} {what}", "owner"))

    def without(self, want: Wanted) -> Wanted:
        """``want`` less the foreign databases and schemas and all that is in them."""
        steps = []
        for step in want.steps:
            if not self._has(step.target):
                steps.append(step)
        return replace(
            want,
            owners=_kept(want.owners, self._has),
            steps=steps,
            tables=_kept(want.tables, self._has),
            comments=_kept(want.comments, self._has),
            connlimits=_kept(want.connlimits, self._has_database),
            settings=_kept(want.settings, self._has_setting),
            extensions=self._kept_extensions(want),
            defaults=_kept(want.defaults, self._has_default),
            foreign_schemas=self.schemas,
        )

    def _has(self, obj: Object) -> bool:
        schema = obj.in_schema
        if obj.kind == "schema":
            schema = Schema(obj.database, obj.name)
        return self._has_schema(schema)

    def _has_schema(self, schema: Schema) -> bool:
        return schema.database in self.databases or schema in self.schemas

    def _has_database(self, name: str) -> bool:
        return name in self.databases

    def _has_setting(self, setting: Setting) -> bool:
        return setting.database in self.databases

    def _has_default(self, default: Default) -> bool:
        return self._has_schema(default.in_schema)

    def _kept_extensions(self, want: Wanted) -> dict[Extension, str]:
        kept = {}
        for extension, name in want.extensions.items():
            schema = Schema(extension.database, name)
            if not self._has_schema(schema):
                kept[extension] = name
        return kept


def _kept(
    values: dict[K, V],
    is_foreign: Callable[[K], bool],
) -> dict[K, V]:
    kept = {}
    for key, value in values.items():
        if not is_foreign(key):
            kept[key] = value
    return kept
