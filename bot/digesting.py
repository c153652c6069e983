"""The digests of a running bot, with links to where each incident is told of."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from agents.core.ids import RunId
from agents.found import Found
from agents.ports import Clock
from bot.build import Engine, Store
from bot.config import Config
from bot.slack import Slack
from bot.views.links import links
from scheduler.digest import Digests

LOOK = timedelta(seconds=20)
"""How often it is looked whether the time of a digest has come."""


def digests_of(slack: Slack, engine: Engine, store: Store, config: Config, clock: Clock) -> Digests:
    """What posts them."""
    link = links(slack.url)

    def linked(found: Sequence[Found]) -> Mapping[RunId, str]:
        places = {one.run.run_id: one.run.trigger.place for one in found}
        return {run_id: link(place.channel, place.thread_ts) for run_id, place in places.items() if place and place.thread_ts}

    return Digests(
        digests=config.digests, book=store.schedules, samples=store.samples, findings=store.findings, noise=engine.noise,
        see=engine.runs.see, runs=engine.runs, place_of=slack.places.told, links=linked, clock=clock,
    )
