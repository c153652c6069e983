"""Links to where they are not allowed: nothing that is posted has any, however a model writes them."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.answer import answer
from bot.views.clickable import NOTHING, Clickable, clickable
from bot.views.markup import parts
from bot.views.progress import progress
from bot.views.questions import card
from bot.views.stream import literal, steps
from bot.views.tamed import Tamer
from tests.bot.views.made import ASK, check, run_of, started, turn, waiting

ALLOWED = clickable(("wiki.example.com", "*.example.org"), "https://acme.slack.com/")

HOSTILE_LINKS = [
    "https://evil.test/?d=secret",
    "see http://evil.test/secret.",
    "HTTP://EVIL.TEST/secret",
    "ftp://evil.test/x", "slack://evil.test", "javascript://evil.test/%0aalert(1)", "1https://evil.test", "éhttps://evil.test/x",
    "www.evil.test/secret", "evil.test/secret", "secret.evil.test", "evil.test?d=secret", "evil.test:8080/x",
    "mailto:evil@evil.test?body=secret", "evil@evil.test",
    "![](https://evil.test/p.png?d=secret)", "![alt text](https://evil.test/p.png)",
    "[click](https://evil.test/?d=secret)", "[https://wiki.example.com](https://evil.test)", "[wiki.example.com](http://evil.test)",
    "[a][1]\n\n[1]: https://evil.test/secret", "![a][1]\n\n[1]: https://evil.test/secret 'title'", "[1]: <https://evil.test/secret>",
    "<https://evil.test/secret>", "<https://evil.test/secret|the wiki>", "<http://evil.test|https://wiki.example.com>",
    "[a](<https://evil.test/secret>)", '[a](https://evil.test "wiki")', "[a](https://evil.test 'x')", "[a](//evil.test/x)",
    "[a]( https://evil.test )", "[a](\nhttps://evil.test\n)", "[![a](https://evil.test/a.png)](https://evil.test/b)",
    "https://wiki.example.com@evil.test/x", "https://wiki.example.com:x@evil.test", r"https://wiki.example.com\@evil.test",
    "[a](https://wiki.example.com@evil.test)", r"[a](https://evil.test\@wiki.example.com)", "https://wiki.example.com.evil.test/",
    "https://evil.test#@wiki.example.com/", "https://evil.test/https://wiki.example.com",
    "https://evilexample.org/", "https://example.org.evil.test", "https://wiki\u2024example\u2024com/evil.test",
    "https://ｅvil.test/x", "https://wіki.example.com/evil.test", "https://xn--evil.test/", "https://wiki.example.com\u3002evil.test",
    "https:/\u200b/evil.test", "https://evil\u200b.test/x", "https://\u202etset.live",
    "https://acme.slack.com.evil.test/archives/C1", "https://acme.slack.com/link?url=https://evil.test",
    "**https://evil.test/x**", "*https://evil.test*", "~~https://evil.test~~", "_https://evil.test_", "(https://evil.test)",
    "# https://evil.test", "- https://evil.test", "> https://evil.test", "| https://evil.test | https://evil.test|x |",
    r"\https://evil.test/x", r"\[a](https://evil.test)", "`a`https://evil.test", "https://evil.test`a`", "``https://evil.test`",
    "https://ev`il.test/x`", "&lt;https://evil.test|a&gt;", "&#60;https://evil.test&#62;", "https&#58;//evil.test/x",
    "<a href='https://evil.test'>wiki</a>", "<img src=https://evil.test/p.png>",
]

_TARGET = re.compile(r"<([^<>\s|@!#]+)(?:\|[^<>]*)?>")
_CODE = re.compile(r"(?s)```.*?```|(`+)(?!`).*?(?<!`)\1(?!`)")
_AUTOMATIC = re.compile(r"(?i)[a-z0-9+.-]+://[^\s<>|`]+|mailto:[^\s<>|`]+|(?:[\w-]+\.)+[^\W\d_]{2,}[^\s<>|`]*")
_MARKDOWN = re.compile(r"\]\(\s*<?([^\s()<>]+)|^\s*\[[^\]]+\]:\s*<?(\S+)", re.MULTILINE)


def targets(value: Any, name: str = "") -> list[str]:
    """Where one could come by a click on what is posted: tokens of ours in mrkdwn, and links in rich text."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            assert value["verbatim"] is True  # Slack makes no links of its text by itself
            return _TARGET.findall(value["text"])
        found = [str(value["url"])] if "url" in value else []
        assert "image_url" not in value
        return [*found, *(one for part in value.values() for one in targets(part))]
    return [one for part in value for one in targets(part)] if isinstance(value, list | tuple) else []


def leads(markdown: str) -> list[str]:
    """Where one could come by a click on Markdown that Slack reads itself, as generous a reader as it may be."""
    prose = _CODE.sub(" ", markdown)
    linked = [one for found in _MARKDOWN.findall(prose) for one in found if one]
    return [*linked, *_TARGET.findall(prose), *(one.rstrip(".,:;!?)]'\"*_~") for one in _AUTOMATIC.findall(prose))]


def admitted(address: str) -> bool:
    return ALLOWED.admits(address if "://" in address else f"https://{address}")


def streamed(text: str, allowed: Clickable = ALLOWED) -> str:
    tamer = Tamer(allowed)
    made = "".join([*(tamer.feed(piece) for piece in (text[:7], text[7:])), tamer.close()])
    return "" if tamer.lost else made


@pytest.mark.parametrize("text", HOSTILE_LINKS)
def test_no_link_leads_where_it_may_not(text: str) -> None:
    for whole in (text, f"Done. {text} Bye.", f"- a\n- {text}\n"):
        run = run_of(started(), *turn(whole))
        for message in (*answer(run, allowed=ALLOWED), progress(run, allowed=ALLOWED), progress(run, words=whole, allowed=ALLOWED)):
            check(message)
            assert all(admitted(one) and "evil" not in one for one in targets(list(message.blocks)))
        assert [one for one in leads(streamed(whole)) if not admitted(one)] == [], streamed(whole)


@pytest.mark.parametrize("text", [text for text in HOSTILE_LINKS if "://" in text])
def test_nor_does_what_people_or_tools_said(text: str) -> None:
    run = run_of(*waiting(text, {"address": text}, text, preview=text))
    for message in (*answer(run, allowed=ALLOWED), card(run, run.asks[ASK], {})):
        assert targets(list(message.blocks)) == []
    assert "://" not in literal(text, 200)
    assert "://" not in str(list(steps(run, {})))


def test_allowed_links_lead_somewhere() -> None:
    for text, address in [
        ("see https://wiki.example.com/a?b=c&d=e.", "https://wiki.example.com/a?b=c&d=e"),
        ("[a](https://x.y.example.org/z)", "https://x.y.example.org/z"),
        ("[a](https://WIKI.example.com)", "https://WIKI.example.com"),
        ("https://acme.slack.com/archives/C01/p17", "https://acme.slack.com/archives/C01/p17"),
        ("https://wiki.example.com:8443/x", "https://wiki.example.com:8443/x"),
    ]:
        [part] = parts(text, ALLOWED)
        assert [one.replace("&amp;", "&") for one in _TARGET.findall(part.text)] == [address]
        [part] = parts(text)
        assert _TARGET.findall(part.text) == []
        shown = streamed(text).replace("&amp;", "&")
        assert address in shown
        assert f"`{address}`" not in shown
        assert f"`{address}`" in streamed(text, NOTHING)


@pytest.mark.parametrize("address", [
    "http://acme.slack.com/archives/C01/p17", "https://acme.slack.com/", "https://example.org/", "https://wiki.example.com\n",
    "wiki.example.com", "https://wiki.example.com./", "https://wiki.example.com|x", "https://wiki.example.com/<", "//wiki.example.com", "",
])
def test_what_is_not_admitted(address: str) -> None:
    assert not ALLOWED.admits(address)


@given(st.lists(st.sampled_from([
    "https://", "evil.test", "/x", " ", "[", "](", ")", "`", "<", ">", "|", "!", "*", "\\", "\n", "@", "wiki.example.com", "&", "a", ".",
    "]", ":", "www.",
]), max_size=14).map("".join))
def test_whatever_is_put_together(text: str) -> None:
    for part in parts(text, ALLOWED):
        assert part.code or all(ALLOWED.admits(one.replace("&amp;", "&")) for one in _TARGET.findall(part.text))
    assert all(admitted(one.replace("&amp;", "&")) or "evil" not in one for one in leads(streamed(text))), streamed(text)
