"""What the share of memory, the cores and the disk decide."""

from collections.abc import Iterator

from howdah.component import Component, Context, Setting, in_section
from howdah.sizing import sized

CHECKPOINTS = {"checkpoint_timeout": "15min"}
CHECKPOINT_REASONS = {
    "checkpoint_timeout": "A checkpoint is written slowly, and not more often than WAL asks for.",
}


def _settings(context: Context) -> Iterator[Setting]:
    """An entry of the inventory's ``settings`` wins over a size, and over nothing else."""
    given = context.cluster.settings
    for name, size in sized(context.cluster, context.hardware).items():
        if name not in given:
            yield Setting("sizes", name, size)
    yield from in_section("checkpoints", CHECKPOINTS, CHECKPOINT_REASONS)


COMPONENT = Component("sizing", settings=_settings)
