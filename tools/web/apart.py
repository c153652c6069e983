"""Pages are read in a process of their own: a hostile one may keep a parser busy for ever, and a process can be ended.

Run as a program, it takes the page from its standard input: a line of JSON with charset and address, then the bytes. It prints JSON.
"""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass

LONGEST = 10.0
"""Seconds for one page; of the processor as well, should nobody be left to end the process."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says."""

    title: str
    text: str
    """Markdown: headings, lists, links, code, rows of tables."""
    canonical: str = ""
    """The address that the page names as its own."""
    date: str = ""
    """When it was published or last changed, as it says itself."""


async def page_of(body: bytes, charset: str, url: str, longest: float = LONGEST) -> Page | None:
    """What the HTML says; None where that could not be found out in time."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "tools.web.apart", stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env={}
    )
    try:
        async with asyncio.timeout(longest):
            told, _ = await process.communicate(json.dumps({"charset": charset, "url": url}).encode() + b"\n" + body)
        return Page(**json.loads(told)) if process.returncode == 0 else None
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def main() -> None:
    """Read one page."""
    import resource

    from tools.web import page

    resource.setrlimit(resource.RLIMIT_CPU, (int(LONGEST), int(LONGEST)))
    resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
    head, _, body = sys.stdin.buffer.read().partition(b"\n")
    told = json.dumps(asdict(page.page_of(body, **json.loads(head))))
    sys.stdout.write(told)


if __name__ == "__main__":
    main()
