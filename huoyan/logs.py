"""Structured logs: one event a line, JSON for machines or columns for people."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor


def configure(form: str, level: str) -> None:
    """Send structlog and the standard library's loggers to standard error in the same form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json"
                else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info, renderer]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # A line for each request, job tick or packet is noise at info: the metrics count them.
    for name in ("uvicorn.access", "alembic", "apscheduler", "transitions", "amqtt"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
                        logger_factory=structlog.stdlib.LoggerFactory(), cache_logger_on_first_use=True)
