"""The refusals of the sandbox's Slack, in Slack's own words."""


class SlackRefusal(Exception):
    """A call that Slack answers with `ok: false`.

    `error` is Slack's code, such as `channel_not_found`; `messages` go into `response_metadata.messages`, one sentence each.
    """

    def __init__(self, error: str, messages: tuple[str, ...] = ()) -> None:
        super().__init__(f"{error}: {'; '.join(messages)}" if messages else error)
        self.error = error
        self.messages = messages


class AppUnreachable(Exception):
    """The app did not take a click, a submitted modal or a command in time; the text is what the person is told."""
