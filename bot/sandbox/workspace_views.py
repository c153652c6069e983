"""The modals that people have open, the Home tabs, and the trigger ids that allow an app to open a modal. No I/O."""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.workspace import Change, Json, Workspace

TRIGGER_SECONDS = 3.0
"""How long after a person's act an app may open a modal with its trigger id."""
STACK = 3
"""How many modals may lie on one another."""


@dataclass(frozen=True)
class View:
    """A modal or a Home tab as the app last set it."""

    id: str
    kind: Literal["modal", "home"]
    user: str  # who looks at it
    content: Json  # title, blocks, private_metadata … as the app gave them
    root_id: str  # the first modal of the stack
    previous_id: str | None = None  # the modal underneath
    values: Json = field(default_factory=dict)  # what the person has entered: block id, action id, state
    errors: dict[str, str] | None = None  # the app's complaints by block id

    @property
    def hash(self) -> str:
        """Changes whenever the content does; an app may demand it in `views.update`."""
        digest = hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()
        return f"{int(digest[:8], 16)}.{digest[8:16]}"


class Views:
    """Who sees which modal and which Home tab."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._views: dict[str, View] = {}
        self._stacks: dict[str, list[str]] = {}  # user to view ids, topmost last
        self._homes: dict[str, str] = {}  # user to view id
        self._triggers: dict[str, tuple[str, float, str | None]] = {}  # id to user, time of issue and the view it came from

    def trigger(self, user: str, view_id: str | None = None) -> str:
        """A trigger id for something that this person did just now, in a modal if `view_id` is given."""
        now = self._clock()
        trigger = f"{int(now * 1000)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = (user, now, view_id)
        return trigger

    def redeem(self, trigger: str) -> tuple[str, str | None]:
        """The user and view behind a trigger id; refuses one that is unknown, older than 3 s or was used before."""
        if trigger not in self._triggers:
            raise SlackRefusal("invalid_trigger_id")
        user, issued, view_id = self._triggers[trigger]
        if issued < 0:
            raise SlackRefusal("exchanged_trigger_id")
        if self._clock() - issued > TRIGGER_SECONDS:
            raise SlackRefusal("expired_trigger_id")
        self._triggers[trigger] = (user, -1.0, view_id)
        return user, view_id

    def open(self, user: str, content: Json) -> View:
        """Show a first modal; what the person had open before is gone."""
        for old in self._stacks.get(user, []):
            del self._views[old]
        self._stacks[user] = []
        return self.push(user, content)

    def push(self, user: str, content: Json) -> View:
        """Lay a modal on those that are open; refuses with `push_limit_reached`."""
        stack = self._stacks.setdefault(user, [])
        if len(stack) >= STACK:
            raise SlackRefusal("push_limit_reached")
        self._refuse_second(content)
        view_id = _view_id()
        view = View(view_id, "modal", user, content, stack[0] if stack else view_id, stack[-1] if stack else None)
        stack.append(view_id)
        return self._keep(view)

    def update(self, view_id: str, content: Json, expected_hash: str | None = None) -> View:
        """Put other content into a modal; refuses with `not_found` and `hash_conflict`. What was entered in blocks that stay is kept."""
        view = self.get(view_id)
        if expected_hash is not None and expected_hash != view.hash:
            raise SlackRefusal("hash_conflict")
        self._refuse_second(content, view_id)
        kept = {block["block_id"] for block in content.get("blocks", [])}
        values = {block: entered for block, entered in view.values.items() if block in kept}
        return self._keep(replace(view, content=content, values=values, errors=None))

    def publish(self, user: str, content: Json, expected_hash: str | None = None) -> View:
        """Set a person's Home tab; refuses with `hash_conflict`."""
        old = self.home(user)
        if old is not None:
            if expected_hash is not None and expected_hash != old.hash:
                raise SlackRefusal("hash_conflict")
            return self._keep(replace(old, content=content, values={}))
        view_id = _view_id()
        self._homes[user] = view_id
        return self._keep(View(view_id, "home", user, content, view_id))

    def get(self, view_id: str) -> View:
        """The view with this id; refuses with `not_found`."""
        if view_id not in self._views:
            raise SlackRefusal("not_found")
        return self._views[view_id]

    def by_external_id(self, external_id: str) -> View:
        """The view to which the app gave this id; refuses with `not_found`."""
        for view in self._views.values():
            if view.content.get("external_id") == external_id:
                return view
        raise SlackRefusal("not_found")

    def home(self, user: str) -> View | None:
        """What is published on this person's Home tab."""
        return self._views[self._homes[user]] if user in self._homes else None

    def stack(self, user: str) -> list[View]:
        """The modals that the person has open, topmost last."""
        return [self._views[view_id] for view_id in self._stacks.get(user, [])]

    def enter(self, view_id: str, values: Json) -> View:
        """Remember what the person has entered."""
        view = self.get(view_id)
        merged = {block: {**view.values.get(block, {}), **entered} for block, entered in values.items()}
        return self._keep(replace(view, values={**view.values, **merged}))

    def complain(self, view_id: str, errors: dict[str, str] | None) -> View:
        """Show complaints under the inputs of a modal, or take them away."""
        return self._keep(replace(self.get(view_id), errors=errors))

    def close(self, view_id: str, whole_stack: bool = False) -> list[View]:
        """Close a modal, or all of the person's modals, and return those that were closed, topmost first."""
        view = self.get(view_id)
        stack = self._stacks[view.user]
        closing = list(stack) if whole_stack else stack[stack.index(view_id) :]
        closed = [self._views.pop(one) for one in reversed(closing)]
        self._stacks[view.user] = [one for one in stack if one not in closing]
        self._workspace.tell(Change("view", only_for=view.user))
        return closed

    def _keep(self, view: View) -> View:
        self._views[view.id] = view
        self._workspace.tell(Change("home" if view.kind == "home" else "view", only_for=view.user))
        return view

    def _refuse_second(self, content: Json, same: str | None = None) -> None:
        """An external id belongs to one view at a time."""
        external_id = content.get("external_id")
        if external_id and any(view.content.get("external_id") == external_id and view.id != same for view in self._views.values()):
            raise SlackRefusal("duplicate_external_id")


def _view_id() -> str:
    return "V" + secrets.token_hex(5).upper()
