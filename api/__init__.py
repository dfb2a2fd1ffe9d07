"""REST under ``/api/v1``, the web pages, login and roles.

This room shows what the rooms below have computed and hands on what people enter. It never computes a score or a draw.
One noun is one file: its queries stand in the ``.sql`` beside it, its page and its REST route show the same answer.
``api.app.create_app`` gives the ASGI application; ``api.accounts`` has the functions behind ``huoyan account``.

Nothing is imported here: who asks for an account's functions doesn't wait for every page.
"""
