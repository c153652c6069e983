"""What goes to Slack in one call."""

from dataclasses import dataclass

from bot.views.blocks import Json

UNLINKED: Json = {"unfurl_links": False, "unfurl_media": False, "parse": "none"}
"""How every message is sent: what its text holds becomes no link by itself, and no link shows what is behind it."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its blocks, and the text for notifications and for readers that show no blocks."""

    text: str
    """Mrkdwn, escaped."""
    blocks: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Modal:
    """A dialog for one person."""

    callback_id: str
    title: str
    """At most 24 characters."""
    blocks: tuple[Json, ...]
    submit: str | None = None
    private_metadata: str = ""
    """What comes back with the submission; at most 3,000 characters."""

    def view(self) -> Json:
        """As `views.open` takes it."""
        made: Json = {
            "type": "modal", "callback_id": self.callback_id, "title": {"type": "plain_text", "text": self.title[:24]},
            "close": {"type": "plain_text", "text": "Cancel" if self.submit else "Close"}, "blocks": list(self.blocks),
            "private_metadata": self.private_metadata,
        }
        return {**made, "submit": {"type": "plain_text", "text": self.submit}} if self.submit else made
