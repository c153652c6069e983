"""A run's events as they happen, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from collections.abc import AsyncIterator, Callable

from fastapi import Response
from fastapi.responses import StreamingResponse

from agents.core.events import RunFinished
from agents.core.state import Run
from bot.http.api_shapes import event_out
from bot.http.problem import Problem
from bot.news import News

HEARTBEAT = 15.0
"""Seconds after which something is sent where nothing happens, so that nobody on the way takes the connection for dead."""

RETRY = 2000
"""Milliseconds after which whoever lost the stream comes again."""

AT_ONCE = 100
"""Requests at once that follow a run, or wait for it."""


def events_of(run: Run, behind: int, news: News, still: Callable[[], bool]) -> Response:
    """The events of a run behind this number, until it is over. `still` says whether whoever reads them may go on. Raises Problem."""
    if behind > run.seq:
        raise Problem(409, f"Last-Event-ID: the run's newest event is {run.seq}.")
    if run.over and behind == run.seq:
        return Response(status_code=204)
    if news.readers >= AT_ONCE:
        raise Problem(429, "Too many follow runs just now.", Retry_After="5")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(run, behind, news, still), media_type="text/event-stream", headers=headers)


async def _stream(run: Run, behind: int, news: News, still: Callable[[], bool]) -> AsyncIterator[str]:
    over = run.over
    with news.reading():
        yield f"retry: {RETRY}\n\n"
        while not news.closed:
            rows = await news.behind(run.run_id, behind, HEARTBEAT)
            if not still():
                return
            if not rows:
                yield ": nothing happens\n\n"
            for row in rows:
                yield f"id: {row.seq}\nevent: {row.event.kind}\ndata: {event_out(row).model_dump_json()}\n\n"
                behind, over = row.seq, over or isinstance(row.event, RunFinished)
            if over:
                return
