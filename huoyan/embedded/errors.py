"""What can go wrong with the embedded stack, said in one sentence."""

from store.errors import HuoyanError


class EmbeddedError(HuoyanError):
    """A part of the embedded stack can't be set up, started or reached."""

    status = 503
