"""The model card of a version: what its files, the ledger and those who look for drift know of it, as Markdown or as a page."""

from modelway.governance.card.approval import Approval, approval_of
from modelway.governance.card.content import Card
from modelway.governance.card.given import Alarm, Beside, Compared, Window
from modelway.governance.card.making import NoVersion, card
from modelway.governance.card.markdown import content_digest, markdown
from modelway.governance.card.page import page

__all__ = [
    "Alarm",
    "Approval",
    "Beside",
    "Card",
    "Compared",
    "NoVersion",
    "Window",
    "approval_of",
    "card",
    "content_digest",
    "markdown",
    "page",
]
