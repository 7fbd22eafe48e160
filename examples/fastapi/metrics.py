"""The pool's status as Prometheus reads it; the specification's alerts are about these."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app_db import DbSessionService

GAUGES = {
    "size": "connections that are kept open (pool_size)",
    "checked_in": "connections that are idle",
    "checked_out": "connections in use",
    "overflow": "connections beyond pool_size; above 0 for long: raise pool_size",
    "saturation": "checked_out / pool_size; above 0.9: raise pool_size",
    "consecutive_health_failures": "above 3: call somebody",
}


class PoolMetrics(Collector):
    """Asked at each scrape, so nothing has to be counted along."""

    def collect(self) -> Iterator[Metric]:
        status = DbSessionService().get_pool_status()
        for name, meaning in GAUGES.items():
            yield GaugeMetricFamily(f"app_db_pool_{name}", meaning, status[name])
        broken = "connections that were found broken; growing: look for what breaks them"
        yield CounterMetricFamily("app_db_pool_invalid", broken, status["invalid"])
