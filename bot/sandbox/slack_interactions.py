"""What people do to the app: clicks, submitted and closed modals, commands and shortcuts, with Slack's payloads for them."""

from contextlib import suppress
from typing import Any

from bot.sandbox.slack_blocks import checked_view
from bot.sandbox.slack_deliveries import Deliveries
from bot.sandbox.slack_errors import AppUnreachable, SlackRefusal
from bot.sandbox.slack_response_urls import Origin, ResponseUrls, apply_response
from bot.sandbox.slack_shapes import message_shape
from bot.sandbox.slack_state import STATE, action_of, find_element, state_values, unfilled
from bot.sandbox.slack_views import view_shape
from bot.sandbox.workspace import Json, Message, Workspace
from bot.sandbox.workspace_views import View, Views

TROUBLE = "We had some trouble connecting. Try again?"
"""What Slack shows in a modal when the app's answer makes no sense."""


class Interactions:
    """Carries out what a person does, and what the app answers to it in its ack."""

    def __init__(self, workspace: Workspace, views: Views, deliveries: Deliveries, urls: ResponseUrls) -> None:
        self._workspace = workspace
        self._views = views
        self._deliveries = deliveries
        self._urls = urls

    async def use_message(self, base_url: str, user: str, message: Message, use: Json) -> None:
        """Use an element of a message.

        `use` has action_id and may have block_id, value, selected, and values: what the other elements hold, as `state.values`.
        """
        block, element = find_element(message.blocks, use["action_id"], use.get("block_id"))
        if user not in element.get("visible_to_user_ids", [user]):
            raise ValueError(f"{user} does not see the element {use['action_id']!r}")
        channel = self._workspace.channels[message.channel]
        action = action_of(block, element, use.get("value"), use.get("selected"), self._workspace.next_ts())
        container = {"type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": message.only_for is not None}
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = {
            **self._base("block_actions", user),
            "container": container,
            "trigger_id": self._views.trigger(user),
            "channel": {"id": channel.id, "name": channel.spoken_name},
            "state": {"values": state_values(message.blocks, _entered(use, block, element, action))},
            "response_url": self._urls.new(base_url, channel.id, user, message.ts),
            "actions": [action],
        }
        if message.only_for is None:
            payload["message"] = message_shape(self._workspace, message)
        await self._deliveries.ask("interactive", payload)

    async def use_view(self, user: str, view: View, use: Json) -> None:
        """Use an element of a modal or a Home tab."""
        block, element = find_element(view.content["blocks"], use["action_id"], use.get("block_id"))
        action = action_of(block, element, use.get("value"), use.get("selected"), self._workspace.next_ts())
        view = self._views.enter(view.id, _entered(use, block, element, action))
        payload = {
            **self._base("block_actions", user),
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": self._views.trigger(user, view.id),
            "view": view_shape(self._workspace, view),
            "actions": [action],
        }
        await self._deliveries.ask("interactive", payload)

    async def submit(self, user: str, view: View, values: Json) -> dict[str, str] | None:
        """Submit a modal; returns the complaints by block id, or None when it was taken."""
        view = self._views.enter(view.id, values)
        shape = view_shape(self._workspace, view)
        complaints = unfilled(view.content["blocks"], shape["state"]["values"])
        if complaints:
            self._views.complain(view.id, complaints)
            return complaints
        payload = {
            **self._base("view_submission", user),
            "trigger_id": self._views.trigger(user, view.id),
            "view": shape,
            "response_urls": [],
        }
        answer = await self._deliveries.ask("interactive", payload)
        return self._apply_submission(view, answer or {})

    async def close(self, user: str, view: View) -> None:
        """Close a modal, or all of them where it was asked for, and tell the app if it wants to know and is there."""
        for closed in self._views.close(view.id, whole_stack=bool(view.content.get("clear_on_close"))):
            if closed.content.get("notify_on_close"):
                payload = {
                    **self._base("view_closed", user),
                    "view": view_shape(self._workspace, closed),
                    "is_cleared": bool(view.content.get("clear_on_close")),
                }
                with suppress(AppUnreachable):
                    await self._deliveries.ask("interactive", payload)

    async def command(self, base_url: str, user: str, channel: str, command: str, text: str) -> None:
        """Run a slash command and show what the app answers in its ack."""
        where = self._workspace.channels[channel]
        team = self._workspace.team
        payload = {
            "token": "sandbox-verification",
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": where.id,
            "channel_name": where.spoken_name,
            "user_id": user,
            "user_name": self._workspace.people[user].name,
            "command": command,
            "text": text,
            "api_app_id": team.app_id,
            "is_enterprise_install": "false",
            "response_url": self._urls.new(base_url, channel, user),
            "trigger_id": self._views.trigger(user),
        }
        answer = await self._deliveries.ask("slash_commands", payload)
        if answer and (answer.get("text") or answer.get("blocks") or answer.get("attachments")):
            apply_response(self._workspace, Origin(channel, user, None, 0.0), answer)

    async def shortcut(self, base_url: str, user: str, callback_id: str, message: Message | None) -> None:
        """Use a shortcut: of a message, or a global one."""
        payload: Json = {**self._base("shortcut", user), "callback_id": callback_id, "trigger_id": self._views.trigger(user)}
        payload["action_ts"] = self._workspace.next_ts()
        if message is not None:
            channel = self._workspace.channels[message.channel]
            payload |= {
                "type": "message_action",
                "message_ts": message.ts,
                "message": message_shape(self._workspace, message),
                "channel": {"id": channel.id, "name": channel.spoken_name},
                "response_url": self._urls.new(base_url, channel.id, user, message.ts),
            }
        await self._deliveries.ask("interactive", payload)

    def _apply_submission(self, view: View, answer: Json) -> dict[str, str] | None:
        """Do what the ack of a submission asks for."""
        act = answer.get("response_action")
        try:
            if act is None:
                self._views.close(view.id)
            elif act == "clear":
                self._views.close(view.id, whole_stack=True)
            elif act == "errors":
                return self._complaints(view, answer.get("errors"))
            elif act == "update":
                self._views.update(view.id, checked_view(answer.get("view"), "modal"))
            elif act == "push":
                self._views.push(view.user, checked_view(answer.get("view"), "modal"))
            else:
                raise AppUnreachable(f"{TROUBLE} (The app answered with the unknown response_action {act!r}.)")
        except SlackRefusal as refusal:
            raise AppUnreachable(f"{TROUBLE} (Slack refuses the app's answer: {refusal}.)") from refusal
        return None

    def _complaints(self, view: View, errors: Any) -> dict[str, str]:
        """Show the app's complaints; each must name an input block of the modal."""
        inputs = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not inputs.issuperset(errors):
            raise AppUnreachable(f"{TROUBLE} (The app's errors do not name input blocks: {errors!r}.)")
        self._views.complain(view.id, errors)
        return errors

    def _base(self, kind: str, user: str) -> Json:
        """The fields that all interactive payloads share."""
        team, person = self._workspace.team, self._workspace.person(user)
        return {
            "type": kind,
            "team": {"id": team.id, "domain": team.domain},
            "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.home_team or team.id},
            "api_app_id": team.app_id,
            "token": "sandbox-verification",
            "enterprise": None,
            "is_enterprise_install": False,
        }


def _entered(use: Json, block: Json, element: Json, action: Json) -> Json:
    """What the person has entered so far, with this action, in the form of `state.values`."""
    entered: Json = {name: dict(elements) for name, elements in (use.get("values") or {}).items()}
    holds = STATE.get(element["type"])
    if holds is not None:
        state = {"type": element["type"], holds.field: action[holds.field]}
        entered.setdefault(block["block_id"], {})[element["action_id"]] = state
    return entered
