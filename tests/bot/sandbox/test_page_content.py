"""What the page draws: Slack's texts, Block Kit, and hostile content, in a real browser."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.app import Sandbox
from tests.bot.sandbox.acting import INCIDENTS, Json, bolt_app, button, connected, eventually, section
from tests.bot.sandbox.acting import Page as Acting
from tests.bot.sandbox.browsing import chromium, visited

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>"
WRITTEN = EVIL.replace("<", "&lt;").replace(">", "&gt;")
BAD_LINKS = ("javascript:window.pwned=1", "data:text/html,<script>window.pwned=1</script>", "vbscript:x", "file:///etc/passwd")

DIRECTORY = """({me: 'U1', user: (id) => id === 'U1' ? {name: 'Ann'} : null, channel: () => ({name: 'ops'}), hrefOf: () => '#/x',
  groupName: () => 'oncall'})"""

MRKDWN = {
    "*bold* _it_ ~no~ `x*y*`": "<p><strong>bold</strong> <em>it</em> <s>no</s> <code>x*y*</code></p>",
    "2*3*4 a_b_c": "<p>2*3*4 a_b_c</p>",
    "*a _b_*": "<p><strong>a <em>b</em></strong></p>",
    "a &lt;b&gt; &amp;amp;": "<p>a &lt;b&gt; &amp;amp;</p>",
    "&gt; said\nthen": "<blockquote>said</blockquote><p>then</p>",
    "• one\n• two": "<ul><li>one</li><li>two</li></ul>",
    "1. one\n2. two": "<ol><li>one</li><li>two</li></ol>",
    "```\na < *b*\n```after": "<pre>a &lt; *b*</pre><p>after</p>",
    "<@U1> <@U2>": '<p><span class="mention me">@Ann</span> <span class="mention">@U2</span></p>',
    "<#C1> <!here>": '<p><a class="mention" href="#/x">#ops</a> <span class="mention me">@here</span></p>',
    "<!subteam^S1>": '<p><span class="mention">@oncall</span></p>',
    "<!date^0^{date_num}|then>": '<p><time title="then">1970-01-01</time></p>',
    "<!date^x^{date}|then>": '<p><time title="then">then</time></p>',
    ":tada: :no_such_thing:": "<p>🎉 :no_such_thing:</p>",
    "<javascript:alert(1)|click>": "<p>click</p>",
}
MARKDOWN = {
    "# Head\ntext **b** *i* ~~s~~ `c`": '<h3 class="md-h1">Head</h3><p>text <strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>',
    "- a\n  - b\n- c": "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
    "3. a\n4. b": '<ol start="3"><li>a</li><li>b</li></ol>',
    "```sh\n<b> **x**\n```": "<pre><code>&lt;b&gt; **x**</code></pre>",
    "> q\n\n---": "<blockquote><p>q</p></blockquote><hr>",
    "snake_case_name 2*3*4": "<p>snake_case_name 2*3*4</p>",
    "[x](javascript:alert(1))": "<p><span>x</span>)</p>",
    "<b>no</b>": "<p>&lt;b&gt;no&lt;/b&gt;</p>",
}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser for one test."""
    async with chromium() as started:
        yield started


async def drawn(page: Page, module: str, function: str, text: str) -> str:
    """The markup that one of the page's modules makes of a text."""
    script = f"""async (text) => {{
        const {{{function}: draw}} = await import('/static/{module}.js');
        const box = document.createElement('div');
        box.append(...draw(text, {DIRECTORY}).filter(Boolean));
        return box.innerHTML;
    }}"""
    return str(await page.evaluate(script, text))


async def test_texts_are_drawn_as_slack_draws_them(sandbox: Sandbox, browser: Browser) -> None:
    page = await visited(browser, sandbox.url, "U01DANA")
    assert {text: await drawn(page, "mrkdwn", "mrkdwn", text) for text in MRKDWN} == MRKDWN
    assert {text: await drawn(page, "markdown", "markdown", text) for text in MARKDOWN} == MARKDOWN
    link = await drawn(page, "mrkdwn", "mrkdwn", "<https://a.example/?x=1&amp;y=2|here>")
    assert 'href="https://a.example/?x=1&amp;y=2"' in link
    assert 'rel="noopener noreferrer nofollow"' in link
    table = await drawn(page, "markdown", "markdown", "| a | b |\n|---|--:|\n| 1 | 2 |")
    assert '<td class="align-right">2</td>' in table


async def test_texts_that_are_hard_to_parse_are_quickly_drawn(sandbox: Sandbox, browser: Browser) -> None:
    page = await visited(browser, sandbox.url, "U01DANA")
    for unit in ("*a ", "_a", "`", "<", "[a](", "**a", "~~a ", "> ", "- a\n", "|", "&gt;", ":a", "__a *"):
        text = unit * (12_000 // len(unit))
        for module in ("mrkdwn", "markdown"):
            began = await page.evaluate("performance.now()")
            await drawn(page, module, module, text)
            assert await page.evaluate("performance.now()") - began < 1500, (module, unit)


def hostile_blocks() -> list[Json]:
    """Every place for words and addresses, filled with attacks; the plainest of what Slack lets an app post."""
    links = [{"type": "link", "url": address, "text": "link"} for address in BAD_LINKS]
    marked = " ".join(f"[link]({address})" for address in BAD_LINKS)
    image = {"type": "image", "image_url": "https://a.example/x.png", "alt_text": EVIL}
    return [
        {"type": "header", "text": {"type": "plain_text", "text": EVIL}},
        section(WRITTEN + " ".join(f"<{address}|link>" for address in BAD_LINKS)),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": EVIL}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": EVIL}, image]},
        {"type": "markdown", "text": f"{EVIL} {marked}\n\n```\n{EVIL}\n```\n![pic](javascript:alert)"},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": EVIL}, *links]}]},
        {"type": "actions", "elements": [button("evil", EVIL, EVIL[:70])]},
    ]


async def test_nothing_in_a_message_becomes_markup_or_script(
    sandbox: Sandbox, client: AsyncWebClient, browser: Browser, page: Acting
) -> None:
    window = await visited(browser, sandbox.url, "U01DANA")
    await page.say(EVIL + " javascript:window.pwned=1")
    await client.chat_postMessage(channel=INCIDENTS, text=EVIL)
    await client.chat_postMessage(channel=INCIDENTS, text="hostile", blocks=hostile_blocks())
    log = window.get_by_role("log")
    await expect(log.get_by_role("button", name="<img src=x")).to_be_visible()
    assert await log.locator("img, script, iframe, [onerror]").count() == 0
    addresses = await log.locator("a[href]").evaluate_all("(links) => links.map((link) => new URL(link.href).protocol)")
    assert set(addresses) <= {"http:", "https:", "mailto:"}
    for link in await log.get_by_text("link", exact=True).all():
        await link.click()
    assert await window.evaluate("window.pwned") is None
    await expect(log.get_by_text("<img src=x onerror=window.pwned=1>").first).to_be_visible()


async def test_a_stream_grows_in_place(sandbox: Sandbox, client: AsyncWebClient, browser: Browser, page: Acting) -> None:
    parent = await page.say("checkout is slow")
    window = await visited(browser, sandbox.url, "U01DANA", f"{INCIDENTS}/{parent}")
    task = {"type": "task_update", "id": "t1", "title": "Read the metrics"}
    stream = await client.chat_startStream(
        channel=INCIDENTS,
        thread_ts=parent,
        recipient_user_id="U01DANA",
        recipient_team_id="T01SANDBOX",
        chunks=[{**task, "status": "in_progress"}],
    )
    thread = window.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_text("Read the metrics (in progress)")).to_be_visible()
    await client.chat_appendStream(channel=INCIDENTS, ts=stream["ts"], chunks=[{**task, "status": "complete"}])
    await client.chat_appendStream(channel=INCIDENTS, ts=stream["ts"], markdown_text="It is the **deploy**")
    await client.chat_stopStream(channel=INCIDENTS, ts=stream["ts"], markdown_text=" of v42.")
    await expect(thread.get_by_text("Read the metrics (done)")).to_be_visible()
    await expect(thread.get_by_text("It is the deploy of v42.")).to_be_visible()
    await expect(thread.get_by_role("article")).to_have_count(2)


async def test_choices_reach_the_app_as_slack_would_send_them(sandbox: Sandbox, client: AsyncWebClient, browser: Browser) -> None:
    app, actions = bolt_app(client), {}

    @app.action("severity")
    @app.action("people")
    @app.action("when")
    @app.action("more")
    @app.action("stop")
    async def on_choice(ack: Any, action: Json) -> None:
        await ack()
        actions[action["action_id"]] = action

    options = [{"text": {"type": "plain_text", "text": word}, "value": word.lower()} for word in ("High", "Low")]
    words = {"title": "Stop all?", "text": "Sure?", "confirm": "Stop", "deny": "Keep"}
    confirm = {name: {"type": "plain_text", "text": text} for name, text in words.items()}
    elements: list[Json] = [
        {"type": "static_select", "action_id": "severity", "placeholder": {"type": "plain_text", "text": "Severity"}, "options": options},
        {"type": "multi_users_select", "action_id": "people", "placeholder": {"type": "plain_text", "text": "People"}},
        {"type": "datepicker", "action_id": "when", "placeholder": {"type": "plain_text", "text": "When"}},
        {"type": "overflow", "action_id": "more", "options": options},
        {**button("stop", "all", "Stop all"), "confirm": confirm},
    ]
    async with connected(app):
        page = await visited(browser, sandbox.url, "U01ALICE")
        await client.chat_postMessage(channel=INCIDENTS, text="choose", blocks=[{"type": "actions", "elements": elements}])
        await choose(page)

        async def all_there() -> bool:
            return len(actions) == len(elements)

        await eventually(all_there)
    assert actions["severity"]["selected_option"]["value"] == "low"
    assert actions["people"]["selected_users"] == ["U01BOB"]
    assert actions["when"]["selected_date"] == "2026-12-01"
    assert actions["more"]["selected_option"]["value"] == "high"
    assert actions["stop"]["value"] == "all"


async def choose(page: Page) -> None:
    """Use every element once, each when the one before is through."""
    done = page.locator("[aria-busy]")
    await page.get_by_role("combobox", name="Severity").select_option("Low")
    await expect(done).to_have_count(0)
    await page.get_by_text("People").click()
    await page.get_by_role("checkbox", name="Bob Lindqvist").check()
    await expect(done).to_have_count(0)
    await page.get_by_label("When").fill("2026-12-01")
    await expect(done).to_have_count(0)
    await page.get_by_role("button", name="More options").click()
    await page.get_by_role("menuitem", name="High").press("Enter")
    await expect(done).to_have_count(0)
    await page.get_by_role("button", name="Stop all").click()
    await page.get_by_role("dialog", name="Stop all?").get_by_role("button", name="Stop", exact=True).click()
