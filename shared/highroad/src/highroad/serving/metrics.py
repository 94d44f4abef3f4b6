"""What a service counts, as Prometheus reads it."""

from __future__ import annotations

import resource
import sys
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_PAGE = resource.getpagesize()


class Metrics:
    """Counters of one process; names follow OpenTelemetry's conventions where it has them."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets = [0] * (len(BUCKETS_S) + 1)
        self._seconds = 0.0
        self.rows = 0
        self.faults: Counter[str] = Counter()
        self._began = time.time()

    def scored(self, status: int, seconds: float, rows: int) -> None:
        """A request for scores was answered."""
        self._requests["/v1/score", status] += 1
        self._buckets[bisect_left(BUCKETS_S, seconds)] += 1
        self._seconds += seconds
        self.rows += rows

    def answered(self, route: str, status: int) -> None:
        """Another request was answered."""
        self._requests[route, status] += 1

    def text(self, gauges: dict[str, float], labels: dict[str, str]) -> bytes:
        """The exposition format.

        Args:
            gauges: More values, by name.
            labels: Of the release and its model.
        """
        return ("\n".join(self._lines(gauges, labels)) + "\n").encode()

    def _lines(self, gauges: dict[str, float], labels: dict[str, str]) -> Iterator[str]:
        yield "# TYPE http_server_request_duration_seconds histogram"
        name, total = "http_server_request_duration_seconds", 0
        for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), self._buckets, strict=True):
            total += count
            yield f'{name}_bucket{{http_route="/v1/score",le="{bound}"}} {total}'
        yield f'{name}_sum{{http_route="/v1/score"}} {self._seconds:.9g}'
        yield f'{name}_count{{http_route="/v1/score"}} {total}'
        yield "# TYPE http_server_requests_total counter"
        for (route, status), count in sorted(self._requests.items()):
            yield f'http_server_requests_total{{http_route="{route}",http_response_status_code="{status}"}} {count}'
        yield "# TYPE highroad_rows_total counter"
        yield f"highroad_rows_total {self.rows}"
        yield "# TYPE highroad_faults_total counter"
        for kind, count in sorted(self.faults.items()):
            yield f'highroad_faults_total{{kind="{kind}"}} {count}'
        shown = ",".join(f'{key}="{value}"' for key, value in labels.items())
        yield "# TYPE highroad_model_info gauge"
        yield f"highroad_model_info{{{shown}}} 1"
        for key, value in {**gauges, **self._process()}.items():
            yield f"# TYPE {key} {'counter' if key.endswith('_total') else 'gauge'}"
            yield f"{key} {value:.9g}"

    def _process(self) -> dict[str, float]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "process_cpu_seconds_total": used.ru_utime + used.ru_stime,
            "process_resident_memory_bytes": resident_bytes(),
            "process_start_time_seconds": self._began,
        }


def resident_bytes() -> float:
    """Memory of this process; its peak where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  on each scrape
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(peak if sys.platform == "darwin" else peak * 1024)
