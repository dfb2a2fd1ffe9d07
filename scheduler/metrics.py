"""What Prometheus is told of the jobs."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RUNS = Counter("huoyan_job_runs_total", "Runs of a job by how they ended", ["job", "status"])
SECONDS = Histogram("huoyan_job_seconds", "How long a run of a job took", ["job"],
                    buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 1800))
LAST_SUCCESS = Gauge("huoyan_job_last_success_timestamp_seconds", "When a job last ended well", ["job"])


def observe(job: str, status: str, seconds: float) -> None:
    RUNS.labels(job, status).inc()
    SECONDS.labels(job).observe(seconds)
    if status == "done":
        LAST_SUCCESS.labels(job).set_to_current_time()
