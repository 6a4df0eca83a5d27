"""The page that a link in a notice leads to: what it is about, a name, a button; nothing from elsewhere."""

from html import escape
from typing import Final

from aiohttp import web

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Tocsin</title>
<style>body{{font:1.1rem system-ui;max-width:36rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}}
button,input{{font:inherit;padding:.5rem 1rem;margin:.5rem 0}}</style>
<main><h1>Tocsin</h1><p>{title}</p><p role="status">{said}</p>{form}</main></html>
"""
FORM: Final = """<form method="post">
<label>Your name <input name="by" maxlength="80" autocomplete="name"></label>
<p><button>{button}</button></p></form>"""


def page(said: str, title: str = "", *, button: str = "", status: int = 200) -> web.Response:
    """The page; the form posts to the address that it was asked at."""
    form = FORM.format(button=escape(button)) if button else ""
    text = PAGE.format(title=escape(title), said=escape(said), form=form)
    return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)
