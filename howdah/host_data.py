"""Host data -> Cluster: its own options, and those of the components."""

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from pydantic import ValidationError

from components import COMPONENTS
from howdah.cluster import OWN, Cluster
from howdah.component import Options
from howdah.errors import ClusterError
from howdah.faults import faults_of, unknown


def _of_components() -> Iterator[type[Options]]:
    for component in COMPONENTS:
        if component.options is not Options:  # which is none at all
            yield component.options


def _names() -> set[str]:
    names = set(OWN)
    for options in _of_components():
        names.update(options.model_fields)
    return names


OPTIONS = _names()


def read(data: Mapping[str, Any], others: Callable[[], Set[str]] = frozenset) -> Cluster:
    """The cluster that a host's data describes.

    ``others`` names the keys that are somebody else's; it is asked only when there are keys
    that are no options and do not begin with ``x_``. Raises ClusterError, with a line for each
    fault.
    """
    faults = _unknown(data, others)
    options: dict[type[Options], Options] = {}
    for model in _of_components():
        try:
            its = _part(data, model.model_fields.keys())
            options[model] = model(**its)
        except ValidationError as e:
            faults += faults_of(e)
    try:
        own = _part(data, OWN)
        cluster = Cluster(**own)
        cluster._options.update(options)
        faults += cluster.name_faults()
    except ValidationError as e:
        faults += faults_of(e)
    if faults:
        raise ClusterError("\n".join(faults))
    return cluster


def _unknown(data: Mapping[str, Any], others: Callable[[], Set[str]]) -> list[str]:
    strange = []
    for key in data:
        if key not in OPTIONS and not key.startswith("x_"):
            strange.append(key)
    if not strange:
        return []
    known = OPTIONS | others()
    faults = []
    for key in sorted(strange):
        if key not in known:
            faults.append(unknown(key, known))
    return faults


def _part(data: Mapping[str, Any], keys: Set[str]) -> dict[str, Any]:
    part = {}
    for key, value in data.items():
        if key in keys:
            part[key] = value
    return part
