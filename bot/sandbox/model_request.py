"""What the offline model accepts: requests of the Messages API, refused with the API's own error shape when they are malformed."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""The API's name for each error status; everything else is an `api_error`."""

_MOST_BREAKPOINTS = 4


class ApiError(Exception):
    """An error that the API answers with: HTTP status, error type, and a message."""

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after

    @property
    def type(self) -> str:
        """The API's name for it."""
        return ERROR_TYPES.get(self.status, "api_error")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CacheControl(_Strict):
    """A breakpoint: everything up to here may be read from the cache by a later request."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] = "5m"


class _Block(_Strict):
    cache_control: CacheControl | None = None


class Text(_Block):
    """Text of a person, the model or the system prompt."""

    type: Literal["text"]
    text: str = Field(min_length=1)
    citations: list[Any] | None = None


class ToolUse(_Block):
    """A call that the model asked for."""

    type: Literal["tool_use"]
    id: str = Field(pattern=r"^[a-zA-Z0-9_-]+$")
    name: str = Field(min_length=1, max_length=200)
    input: dict[str, Any]
    caller: Any = None
    toolset_name: str | None = None


class Loose(_Block):
    """A block that the model here takes no notice of."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: Literal["image", "document", "thinking", "redacted_thinking"]


class ToolResult(_Block):
    """What came of a call."""

    type: Literal["tool_result"]
    tool_use_id: str = Field(pattern=r"^[a-zA-Z0-9_-]+$")
    content: str | list[Annotated[Text | Loose, Field(discriminator="type")]] = ""
    is_error: bool = False
    toolset_name: str | None = None

    @property
    def text(self) -> str:
        """The result as one text."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(block.text for block in self.content if isinstance(block, Text))


Block = Annotated[Text | ToolUse | ToolResult | Loose, Field(discriminator="type")]


class Message(_Strict):
    """One message; `system` is an instruction in mid-conversation."""

    role: Literal["user", "assistant", "system"]
    content: str | list[Block]

    def blocks(self) -> list[Text | ToolUse | ToolResult | Loose]:
        """The content as blocks, whichever way it was written."""
        return [Text(type="text", text=self.content)] if isinstance(self.content, str) else list(self.content)


class InputSchema(BaseModel):
    """JSON schema of a tool's arguments."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: Literal["object"]


class Tool(_Block):
    """A tool that the model may call."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,128}$")
    description: str = ""
    input_schema: InputSchema
    type: Literal["custom"] | None = None
    strict: bool = False
    eager_input_streaming: bool | None = None
    input_examples: list[dict[str, Any]] = []
    allowed_callers: list[str] = []
    defer_loading: bool = False


class CountRequest(_Strict):
    """What is the same for a message and for counting its tokens."""

    model: str = Field(min_length=1)
    messages: list[Message] = Field(min_length=1)
    system: str | list[Text] = ""
    tools: list[Tool] = []
    tool_choice: Any = None  # only `none` means something here; scenes choose their tools themselves
    thinking: Any = None
    output_config: Any = None
    cache_control: CacheControl | None = None

    def system_text(self) -> str:
        """The system prompt as one text."""
        return self.system if isinstance(self.system, str) else "\n".join(block.text for block in self.system)

    def forbids_tools(self) -> bool:
        """Whether the answer may call nothing."""
        return isinstance(self.tool_choice, dict) and self.tool_choice.get("type") == "none"

    def turns(self) -> Iterator[tuple[str, list[Text | ToolUse | ToolResult | Loose]]]:
        """The conversation with neighbours of one role joined, as the API does; instructions in mid-conversation are left out."""
        role, blocks = "", list[Text | ToolUse | ToolResult | Loose]()
        for message in self.messages:
            if message.role == "system":
                continue
            if message.role != role and role:
                yield role, blocks
                blocks = []
            role = message.role
            blocks = blocks + message.blocks()
        if role:
            yield role, blocks


class MessagesRequest(CountRequest):
    """A request for a message."""

    max_tokens: int = Field(ge=1)
    stream: bool = False
    stop_sequences: list[str] = []
    metadata: dict[str, Any] = {}
    service_tier: str | None = None
    container: Any = None
    diagnostics: Any = None
    inference_geo: str | None = None
    speed: str | None = None


Request = TypeVar("Request", bound=CountRequest)


def parse(kind: type[Request], raw: bytes) -> Request:
    """The request in `raw`; ApiError 400 with the path of what is wrong."""
    try:
        request = kind.model_validate_json(raw)
    except ValidationError as error:
        raise ApiError(400, _first(error)) from error
    _check_turns(request)
    _check_tools(request)
    return request


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else f"The request body is not valid JSON: {first['msg']}"


def _check_turns(request: CountRequest) -> None:
    turns = list(request.turns())
    if not turns or turns[0][0] != "user":
        raise ApiError(400, 'messages: first message must use the "user" role')
    if turns[-1][0] != "user":
        raise ApiError(400, "This model does not support assistant message prefill. The conversation must end with a user message.")
    seen: set[str] = set()
    open_ids: list[str] = []
    for index, (role, blocks) in enumerate(turns):
        if not blocks:
            raise ApiError(400, f"messages.{index}: {role} messages must have non-empty content")
        if role == "user":
            _check_answers(index, blocks, open_ids)
            open_ids = []
        else:
            open_ids = _check_calls(index, blocks, seen)


def _check_answers(index: int, blocks: list[Text | ToolUse | ToolResult | Loose], open_ids: list[str]) -> None:
    answered = [block.tool_use_id for block in blocks if isinstance(block, ToolResult)]
    strangers = sorted(set(answered) - set(open_ids))
    if strangers:
        raise ApiError(
            400,
            f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {', '.join(strangers)}. "
            "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
        )
    missing = [one for one in open_ids if one not in answered]
    if missing:
        raise ApiError(
            400,
            f"messages.{index - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(missing)}. "
            "Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
        )
    if len(answered) != len(set(answered)):
        raise ApiError(400, f"messages.{index}: each `tool_use` must have a single result, but an id was answered twice")
    if any(not isinstance(block, ToolResult) for block in blocks[: len(answered)]):
        raise ApiError(400, f"messages.{index}: `tool_result` blocks must come first in the content, and text after them")
    if any(isinstance(block, ToolUse) for block in blocks):
        raise ApiError(400, f"messages.{index}: `tool_use` blocks can only be in `assistant` messages")


def _check_calls(index: int, blocks: list[Text | ToolUse | ToolResult | Loose], seen: set[str]) -> list[str]:
    if any(isinstance(block, ToolResult) for block in blocks):
        raise ApiError(400, f"messages.{index}: `tool_result` blocks can only be in `user` messages")
    ids = [block.id for block in blocks if isinstance(block, ToolUse)]
    if len(set(ids)) != len(ids) or seen & set(ids):
        raise ApiError(400, f"messages.{index}: `tool_use` ids must be unique")
    seen.update(ids)
    return ids


def _check_tools(request: CountRequest) -> None:
    names = [tool.name for tool in request.tools]
    if len(set(names)) != len(names):
        raise ApiError(400, "tools: Tool names must be unique.")
    system = [] if isinstance(request.system, str) else request.system
    blocks = [*request.tools, *system, *(block for message in request.messages for block in message.blocks())]
    breakpoints = sum(block.cache_control is not None for block in [*blocks, request])
    if breakpoints > _MOST_BREAKPOINTS:
        raise ApiError(400, f"A maximum of {_MOST_BREAKPOINTS} blocks with cache_control may be provided. Found {breakpoints}.")
