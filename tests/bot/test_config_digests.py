"""The section `digests:`: what it makes, and how its mistakes are told."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.bot.configured import GOOD, mistakes, read, told

MONITORS = """
monitors:
  - {name: orders, http: {url: "http://shop.internal/orders", value: count}, channel: "#data", agent: triage}
  - {name: users, http: {url: "http://shop.internal/users", value: count}, channel: "#other", agent: watcher}
"""

DIGESTS = """
digests:
  - {channel: "#data", daily: "07:30", weekly: mon, zone: Europe/Berlin}
  - {channel: "#leads", weekly: fri, monitors: [users, orders]}
"""

WRONG = """
digests:
  - {channel: "#data"}
  - {channel: "#nowhere", daily: "08:00"}
  - {channel: "#data", daily: 8, weekly: monday, monitors: [ordres], agent: triag, zone: Europe/Berlim}
  - {channel: "#data", daily: "24:00"}
  - {channel: "#data", daily: "08:00", monitors: [ordres], agent: triag}
  - {channel: "#data", daily: "08:00", zone: Europe/Berlim}
  - {channel: "#data", daily: "09:00"}
  - {channel: "#data", daily: "09:00", monitors: [users]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the present one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_it_makes() -> None:
    daily, weekly, leads = read(GOOD + MONITORS + DIGESTS).digests
    assert (daily.channel, daily.kind, daily.monitors, daily.agent) == ("#data", "daily", frozenset({"orders"}), "triage")
    assert daily.name == "digest/daily/#data/30 7 * * tue,wed,thu,fri,sat,sun (Europe/Berlin)"
    assert weekly.times.words == "30 7 * * mon (Europe/Berlin)"
    assert (leads.times.words, leads.monitors, leads.agent) == ("0 8 * * fri (UTC)", frozenset({"orders", "users"}), "watcher")
    assert read(GOOD).digests == ()


def test_every_mistake_is_told_with_its_place() -> None:
    assert told(mistakes(GOOD + MONITORS + WRONG)) == snapshot("""\
c.yaml:39  digests
  two are posted to one channel at one time (daily/#data/0 9 * * * (UTC)); put them together
c.yaml:40  digests[0]
  needs daily: "08:00", or weekly: mon, or both
c.yaml:41  digests[1]
  no monitor reports to #nowhere; name those that it is about under monitors
c.yaml:42  digests[2].daily
  has to be a valid string, not "8"
c.yaml:42  digests[2].weekly
  "monday" is not among mon, tue, wed, thu, fri, sat, sun; did you mean "mon"?
c.yaml:43  digests[3].daily
  is no time of day; write it in quotes, such as "08:00"
c.yaml:44  digests[4].agent
  there is no agent "triag"; did you mean "triage"?
c.yaml:44  digests[4].monitors[0]
  there is no monitor "ordres"; did you mean "orders"?
c.yaml:45  digests[5].zone
  this machine knows no time zone "Europe/Berlim"; did you mean "Europe/Berlin"?\
""")
