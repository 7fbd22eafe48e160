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


OPTIONS = OWN.union(*(options.model_fields for options in _of_components()))


def read(data: Mapping[str, Any], others: Callable[[], Set[str]] = frozenset) -> Cluster:
    """The cluster that a host's data describes.

    ``others`` names the keys that are somebody else's; it is asked only when there are keys
    that are no options and do not begin with ``x_``. Raises ClusterError, with a line for each
    fault.
    """
    strange = sorted(key for key in data if key not in OPTIONS and not key.startswith("x_"))
    known = others() if strange else set()
    faults = [unknown(key, OPTIONS | known) for key in strange if key not in known]
    options: dict[type[Options], Options] = {}
    for model in _of_components():
        try:
            options[model] = model(**_part(data, model.model_fields.keys()))
        except ValidationError as e:
            faults += faults_of(e)
    try:
        cluster = Cluster(**_part(data, OWN))
        cluster._options.update(options)
        faults += cluster.name_faults()
    except ValidationError as e:
        faults += faults_of(e)
    if faults:
        raise ClusterError("\n".join(faults))
    return cluster


def _part(data: Mapping[str, Any], keys: Set[str]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key in keys}
