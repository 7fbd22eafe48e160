"""What the share of memory, the cores and the disk decide."""

from collections.abc import Iterator

from howdah.component import Component, Context, Setting
from howdah.sizing import sized


def _settings(context: Context) -> Iterator[Setting]:
    """An entry of the inventory's ``settings`` wins over a size, and over nothing else."""
    for name, size in sized(context.cluster, context.hardware).items():
        if name not in context.cluster.settings:
            yield Setting("sizes", name, size)
    reason = "A checkpoint is written slowly, and not more often than WAL asks for."
    yield Setting("checkpoints", "checkpoint_timeout", "15min", (reason,))


COMPONENT = Component("sizing", settings=_settings)
