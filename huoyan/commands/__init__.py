"""Groups of commands. A module gives ``ORDER`` (its place in ``--help``) and ``COMMANDS`` (what it adds)."""
