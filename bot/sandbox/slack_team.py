"""Methods about the token, the team, people and user groups."""

from bot.sandbox.slack_call import Call, Method
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.slack_pages import page
from bot.sandbox.slack_shapes import bot_profile, user_shape
from bot.sandbox.socket_mode import PATH
from bot.sandbox.workspace import Json, UserGroup


def auth_test(call: Call) -> Json:
    """auth.test"""
    team = call.workspace.team
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": call.workspace.people[team.bot_user].name,
        "team_id": team.id,
        "user_id": team.bot_user,
        "bot_id": team.bot_id,
        "is_enterprise_install": False,
    }


def connections_open(call: Call) -> Json:
    """apps.connections.open"""
    address = call.base_url.replace("http", "ws", 1)
    return {"url": f"{address}{PATH}?ticket={call.new_ticket()}&app_id={call.workspace.team.app_id}"}


def team_info(call: Call) -> Json:
    """team.info"""
    team = call.workspace.team
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "acme.example", "icon": {}}}


def bots_info(call: Call) -> Json:
    """bots.info"""
    wanted = call.arguments.optional("bot") or call.workspace.team.bot_id
    for app in call.workspace.people.values():
        if app.bot_id == wanted:
            profile = bot_profile(call.workspace, app)
            return {"bot": {name: value for name, value in profile.items() if name != "team_id"}}
    raise SlackRefusal("bot_not_found")


def users_info(call: Call) -> Json:
    """users.info"""
    return {"user": user_shape(call.workspace, call.workspace.person(call.arguments.text("user")))}


def users_list(call: Call) -> Json:
    """users.list"""
    members = [user_shape(call.workspace, person) for person in call.workspace.people.values()]
    part, cursor = page(members, call.arguments, default=0)
    return {"members": part, "cache_ts": int(call.workspace.clock()), "response_metadata": {"next_cursor": cursor}}


def usergroups_list(call: Call) -> Json:
    """usergroups.list"""
    include_users = call.arguments.flag("include_users")
    return {"usergroups": [_group_shape(call, group, include_users) for group in call.workspace.groups.values()]}


def usergroups_users_list(call: Call) -> Json:
    """usergroups.users.list"""
    group = call.workspace.groups.get(call.arguments.text("usergroup"))
    if group is None:
        raise SlackRefusal("no_such_subteam")
    return {"users": list(group.users)}


def _group_shape(call: Call, group: UserGroup, include_users: bool) -> Json:
    return {
        "id": group.id,
        "team_id": call.workspace.team.id,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "is_external": False,
        "date_create": 0,
        "date_update": 0,
        "date_delete": 0,
        "auto_type": None,
        "created_by": "U01CAROL",
        "updated_by": "U01CAROL",
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
        "user_count": len(group.users),
        **({"users": list(group.users)} if include_users else {}),
    }


METHODS: dict[str, Method] = {
    "auth.test": auth_test,
    "apps.connections.open": connections_open,
    "team.info": team_info,
    "bots.info": bots_info,
    "users.info": users_info,
    "users.list": users_list,
    "usergroups.list": usergroups_list,
    "usergroups.users.list": usergroups_users_list,
}
