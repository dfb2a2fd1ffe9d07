"""The ``huoyan`` command, its settings, and the embedded stack. It holds no rule and no query."""

__version__ = "0.1.0"
