"""REST under ``/api/v1``, the web pages, login and roles.

This room shows what the rooms below have computed and hands on what people enter. It never computes a score or a draw.
One noun is one file: its queries stand in the ``.sql`` beside it, its page and its REST route show the same answer.
``create_app`` gives the ASGI application; ``api.accounts`` has the functions behind ``huoyan account``.
"""

from api.app import create_app
from api.options import ApiOptions

__all__ = ["ApiOptions", "create_app"]
