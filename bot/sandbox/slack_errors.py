"""The refusals of the sandbox's Slack, in Slack's own words."""

from collections.abc import Mapping


class SlackRefusal(Exception):
    """A call that Slack answers with `ok: false`.

    `error` is Slack's code, such as `channel_not_found`; `messages` go into `response_metadata.messages`, one sentence each;
    `fields` stand beside `error`.
    """

    def __init__(self, error: str, messages: tuple[str, ...] = (), fields: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{error}: {'; '.join(messages)}" if messages else error)
        self.error = error
        self.messages = messages
        self.fields = dict(fields or {})


class LineBroken(Exception):
    """The connection of a call is to break without an answer."""


class AppUnreachable(Exception):
    """The app did not take a click, a submitted modal or a command in time; the text is what the person is told."""
