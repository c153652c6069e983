"""Connections to MCP servers over stdio and streamable HTTP. The only importer of mcp.

That takes a second to import, so this module is imported when a server is connected to, and not before.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from pydantic import TypeAdapter, ValidationError

from tools.mcp_config import FromEnvironment, McpEntry
from tools.mcp_http import client
from tools.mcp_link import Answer, Broken, Lost, Refused, innermost
from tools.mcp_process import BASICS, Process, started
from tools.source import SourceContext

MOST_PAGES, MOST_TOOLS = 50, 1_000
"""Of a server's list. A longer one is not read, and then none of its tools can be used."""

UNASKED, PER = 300, 10.0
"""So many messages that nobody asked for a server may send in so many seconds; then its connection is cut."""

LISTEN_AGAIN = 5.0
"""Seconds until a server is asked again to tell of changes, where it stopped."""

NOT_TAKEN = (types.METHOD_NOT_FOUND, types.INVALID_PARAMS, types.HEADER_MISMATCH)
"""Errors by which a server says that it did not begin."""

_RESULT: TypeAdapter[Any] = TypeAdapter(types.CallToolResult | types.InputRequiredResult)

Streams = tuple[Any, Any]
"""What the vendor calls a transport: messages from the server, messages to it."""



class McpSession:
    """A live connection. Implements `tools.mcp_link.Session`."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.broken = asyncio.Event()
        self._client: Client | None = None

    def attach(self, live: Client) -> None:
        """From now on this is the connection."""
        self._client = live

    async def heard(self, message: object) -> None:
        """What the server said without being asked."""
        if isinstance(message, types.ToolListChangedNotification):
            self.changed.set()

    async def tools(self) -> tuple[Mapping[str, Any], ...]:
        """All that it lists, page by page."""
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await self._page(cursor)
            found += [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in page.tools[: MOST_TOOLS + 1]]
            if len(found) > MOST_TOOLS:
                raise Broken(f"it lists more than {MOST_TOOLS:,} tools, so its list is not read")
            cursor = page.next_cursor
            if cursor is None:
                return tuple(found)
        raise Broken(f"its list has more than {MOST_PAGES} pages, so it is not read")

    async def call(self, tool: str, arguments: Mapping[str, Any], most: int) -> Answer | Refused | Lost:
        """Call one. The vendor's own `call_tool` is not used: it checks the answer after the effect, and may ask for the list again."""
        request = types.CallToolRequest(params=types.CallToolRequestParams(name=tool, arguments=dict(arguments)))
        try:
            result = await self._live.session.send_request(request, _RESULT)
        except MCPError as error:
            if error.code in NOT_TAKEN:
                return Refused(f"The server did not take the call: {error}")
            self._note(error)
            return Lost(f"The server did not say what became of it: {error}")
        except ValidationError:
            return Lost("The server's answer could not be understood.")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            self.broken.set()
            return Lost(f"The connection broke: {innermost(error)}")
        if isinstance(result, types.InputRequiredResult):
            return Refused("The server wants to ask people something itself before it begins, which is not supported here.")
        return Answer(_text(result, most), bool(result.is_error))

    async def listen(self) -> None:
        """Have the server tell of changes where it speaks the newer protocol; older ones do so unasked."""
        while not self.broken.is_set():
            try:
                async with self._live.listen(tools_list_changed=True) as events:
                    async for _ in events:
                        self.changed.set()
            except (ListenNotSupportedError, MCPError, ValidationError):
                return  # it cannot; each call looks all the same
            except (SubscriptionLost, TimeoutError, Broken, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
                self.changed.set()
            await asyncio.sleep(LISTEN_AGAIN)

    @property
    def _live(self) -> Client:
        if self._client is None or self.broken.is_set():
            raise Broken("the connection is over")
        return self._client

    async def _page(self, cursor: str | None) -> types.ListToolsResult:
        try:
            return await self._live.session.list_tools(params=types.PaginatedRequestParams(cursor=cursor) if cursor else None)
        except MCPError as error:
            self.broken.set()
            raise Broken(f"it does not list its tools: {error}") from error
        except ValidationError as error:
            raise Broken("its list of tools could not be understood") from error
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            self.broken.set()
            raise Broken(f"the connection broke: {innermost(error)}") from error

    def _note(self, error: MCPError) -> None:
        if error.code in (types.CONNECTION_CLOSED, types.INVALID_REQUEST):
            self.broken.set()


@asynccontextmanager
async def dialled(entry: McpEntry, context: SourceContext) -> AsyncIterator[McpSession]:
    """Connect to a server. Raises Broken, and whatever the vendor's transport raises."""
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it logs what servers send, whole; what matters is told by the link
    session = McpSession()
    transport = _over_http(entry, context) if entry.mcp.url else _over_stdio(entry, context, session)
    about = types.Implementation(name="countersign", version="1")
    async with Client(transport, cache=None, client_info=about, message_handler=session.heard) as live:
        session.attach(live)
        try:
            yield session
        finally:
            session.broken.set()


@asynccontextmanager
async def _over_http(entry: McpEntry, context: SourceContext) -> AsyncIterator[Streams]:
    headers = {
        name: f"{value.prefix}{context.secret(value.from_env)}" if isinstance(value, FromEnvironment) else value
        for name, value in entry.mcp.headers.items()
    }
    async with client(context.net, headers) as http, streamable_http_client(entry.mcp.url or "", http_client=http) as streams:
        yield streams


@asynccontextmanager
async def _over_stdio(entry: McpEntry, context: SourceContext, session: McpSession) -> AsyncIterator[Streams]:
    """The vendor's own transport bounds neither a line nor their number, and leaves a process behind when we are killed."""
    environ = {name: value for name in BASICS if (value := context.secret(name))} | dict(entry.mcp.env)
    environ |= {name: context.secret(one.from_env) for name, one in entry.mcp.secrets.items()}
    async with started(entry.name, entry.mcp.command or (), environ, context.folder.absolute(), context.redact) as process:
        incoming, reading = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        writing, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
        lines = _Lines(process, session)
        async with incoming, reading, writing, outgoing, asyncio.TaskGroup() as tasks:
            work = [tasks.create_task(lines.read_into(incoming)), tasks.create_task(lines.write_from(outgoing))]
            try:
                yield reading, writing
            finally:
                for task in work:
                    task.cancel()


class _Lines:
    """Messages as lines, and what is too many of them."""

    def __init__(self, process: Process, session: McpSession) -> None:
        self._process = process
        self._session = session
        self._asked = 0
        self._loop = asyncio.get_running_loop()

    async def read_into(self, incoming: Any) -> None:
        """Until the server ends or floods. Closing the stream ends whatever waits for an answer."""
        unasked, since = 0, self._loop.time()
        async with incoming:
            try:
                while True:
                    message = _message(await self._process.read())
                    if self._loop.time() - since > PER:
                        unasked, since = 0, self._loop.time()
                    if isinstance(message, types.JSONRPCResponse | types.JSONRPCError) and self._asked > 0:
                        self._asked -= 1
                    else:
                        unasked += 1
                    if unasked > UNASKED:
                        raise Broken(f"it sends more than {UNASKED} messages in {PER:g} seconds that nobody asked for")
                    if message is not None:
                        await incoming.send(SessionMessage(message))
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                pass
            finally:
                self._session.broken.set()

    async def write_from(self, outgoing: Any) -> None:
        """Until nothing more is sent."""
        async with outgoing:
            async for item in outgoing:
                self._asked += isinstance(item.message, types.JSONRPCRequest)
                await self._process.write(item.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")


def _message(line: bytes) -> Any:
    """The message in a line; None where it is none."""
    try:
        return types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        return None


def _text(result: types.CallToolResult, most: int) -> str:
    """What the model reads of a result: its texts; of what is no text, that it is there."""
    texts: list[str] = []
    for block in result.content:
        match block:
            case types.TextContent(text=text):
                texts.append(text)
            case types.EmbeddedResource(resource=types.TextResourceContents(text=text, uri=uri)):
                texts.append(f"[{uri}]\n{text}")
            case types.ResourceLink(uri=uri, name=name):
                texts.append(f"[link to {name}: {uri}]")
            case other:
                texts.append(f"[{other.type}: cannot be shown as text]")
    if not texts and result.structured_content is not None:
        texts.append(json.dumps(result.structured_content, ensure_ascii=False))
    whole = "\n".join(texts) or "(nothing)"
    return whole if len(whole) <= most else f"{whole[:most]}\n… {len(whole) - most:,} characters left out"
