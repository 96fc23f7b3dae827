"""The template environment.

Belongs here: loading templates, and the little that turns a finished text into markup.
Does not belong here: any text or figure (the page model holds them), the templates themselves.
Used by `pack`.
"""

import re

import jinja2
from markupsafe import Markup, escape

# A figure and its unit stay on one line: 94.99 %, 2 h 05 m, -12.50 points, n 12.
_FIGURE = re.compile(
    r"\bn \d[\d,]*|(?<![\w.,])[+\N{MINUS SIGN}]?\d[\d.,]*(?:\s(?:%|points|h|m|s)(?!\w)(?:\s\d\d\s[ms](?!\w))*)+"
)


def unbroken(text: str) -> Markup:
    """The text, escaped, with every figure and its unit kept together."""
    kept = _FIGURE.sub(lambda match: f'<span class="nb">{match.group()}</span>', str(escape(text)))
    return Markup(kept)  # noqa: S704, escaped in the line above


def environment() -> jinja2.Environment:
    """Templates of the package: everything escaped, and an unknown name is an error."""
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("reporting", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["unbroken"] = unbroken
    return templates
