"""The only module that imports the vendor's SDK, which takes more than a second: import it in a thread, at first use."""

from collections.abc import Callable, Mapping
from typing import Any

import anthropic
import httpx2

from agents.claude_fault import Fault, of_status
from agents.claude_reply import Reply, Writing
from agents.claude_tier import Tier

ANTHROPIC = "https://api.anthropic.com"
_CONNECT = 10.0  # seconds


class Endpoint:
    """Where one tier's model answers."""

    def __init__(self, tier: Tier, *, strict: bool) -> None:
        """Open nothing yet. `strict`: refuse answers of another shape than the API's. Raises Fault where Anthropic would need a key."""
        if not tier.api_key and tier.base_url in (None, ANTHROPIC):
            raise Fault("There is no key for the model: set ANTHROPIC_API_KEY (console.anthropic.com, API keys).", passes=False)
        self._tier = tier
        self._client = anthropic.AsyncAnthropic(
            api_key=tier.api_key or "none",
            base_url=tier.base_url or ANTHROPIC,
            timeout=anthropic.Timeout(tier.timeout, connect=min(_CONNECT, tier.timeout)),
            max_retries=0,
            _strict_response_validation=strict,
        )

    async def turn(self, request: Mapping[str, Any], say: Callable[[str], None]) -> Reply:
        """One attempt. `say` is given each piece of text as it comes. Raises Fault."""
        writing = Writing(self._tier.model)
        try:
            async with await self._client.messages.create(**request, stream=True) as stream:
                async for event in stream:
                    if piece := writing.take(event):
                        say(piece)
        except anthropic.APIStatusError as error:
            message = error.api_message or error.message
            raise of_status(self._tier.model, error.status_code, error.type, message, error.response.headers) from error
        except anthropic.APIResponseValidationError as error:
            raise Fault(f"{self._tier.model} does not answer as the Messages API does: {error}", passes=False) from error
        except (anthropic.APIConnectionError, httpx2.HTTPError) as error:
            raise Fault(self._unreachable(error), passes=True) from error
        except ValueError as error:
            raise Fault(f"{self._tier.model} sent an event that is no JSON: {error}", passes=True) from error
        return writing.reply()

    def _unreachable(self, error: Exception) -> str:
        where = self._tier.base_url or ANTHROPIC
        if isinstance(error, anthropic.APITimeoutError | httpx2.TimeoutException):
            return f"{self._tier.model} at {where} was silent for {self._tier.timeout:g} s."
        return f"{self._tier.model} at {where} cannot be reached: {error.__cause__ or error or type(error).__name__}."

    async def close(self) -> None:
        """Let its connections go."""
        await self._client.close()
