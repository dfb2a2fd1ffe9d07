"""Groups of commands. ``PLACES`` says, in the order of ``--help``, which modules make a command.

A command line imports just the modules of the command that is asked for: ``huoyan verify`` should not wait for the
libraries of the demo. A module gives the commands it makes in ``COMMANDS``; a test holds the table against them.
"""

PLACES: dict[str, tuple[str, ...]] = {
    "demo": ("demo",),
    "migrate": ("setup",), "settings": ("setup",), "policy": ("setup",),
    "ingest": ("ingest",), "listen": ("listen",), "scheduler": ("scheduler",), "api": ("serve",),
    "account": ("accounts",),
    "vendor": ("vendors",), "certificates": ("vendors",), "broker-access": ("vendors",),
    "import": ("registers", "records", "record_import"), "export": ("registers",), "result": ("records",),
    "case": ("enforcement",), "measure": ("enforcement",), "major-hazard": ("enforcement",),
    "run": ("jobs",), "jobs": ("jobs",),
    "ranking": ("risk",), "explain": ("risk",), "evaluate": ("risk",), "models": ("models",),
    "overrides": ("overrides",), "towns": ("towns",),
    "audit": ("audits",),
    "whatif": ("whatif",), "estimates": ("estimates",),
    "deadlines": ("deadlines",),
    "plan": ("plans",), "supervision": ("supervision",), "report": ("reports",),
    "ratios": ("ratios",), "draw": ("draws",), "entropy": ("draws",), "verify": ("verify",),
    "campaign": ("campaigns",), "joint": ("joint_draws",),
    "alarms": ("telemetry",), "quarantine": ("quarantine",),
    "retention": ("retention",), "size": ("retention",), "gbt": ("gbt",),
    "simulate": ("simulate", "reported"), "simulate-year": ("years",),
}
