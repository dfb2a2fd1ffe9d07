"""Payloads within payloads: Eclipse Tahu's clients may send a whole payload compressed, as the body of another. Pure.

The outer one has the UUID :data:`PACKED` and, where the sender names it, a metric ``algorithm``: DEFLATE (which means
zlib, and is meant where none is named) or GZIP. The bytes themselves tell which it is.
"""

from __future__ import annotations

import zlib
from typing import Final

from ingest.messages import Problem

PACKED: Final = b"SPBV1.0_COMPRESSED"
ALGORITHM: Final = b"algorithm"
_ZLIB_OR_GZIP: Final = zlib.MAX_WBITS | 32


def unpack(body: bytes, most: int) -> bytes | Problem:
    """The payload in ``body``, of at most so many bytes."""
    stream = zlib.decompressobj(_ZLIB_OR_GZIP)
    try:
        unpacked = stream.decompress(body, most + 1)
    except zlib.error as error:
        return Problem("protobuf", f"the compressed payload is neither DEFLATE (zlib) nor GZIP: {error}")
    if len(unpacked) > most:
        return Problem("too_large", f"the compressed payload has more than {most} bytes when it is unpacked")
    if not stream.eof:
        return Problem("protobuf", "the compressed payload is cut short")
    return unpacked
