"""`ScriptedModel`: a real LangChain chat model that says what a test tells it to, and misbehaves on order.

Steps of a script are texts (streamed as they are), exceptions (raised), numbers (seconds of silence),
messages (streamed whole, such as native tool calls) and callables (called with the prompt). Notes every prompt.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

Step = Any


class ScriptedModel(BaseChatModel):
    """`scripts`: one list of steps per call; the last one is repeated for further calls."""

    scripts: list[list[Step]]
    native_tools: bool = False
    prompts: list[list[BaseMessage]] = Field(default_factory=list)
    bound: list[Any] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        if not self.native_tools:
            raise NotImplementedError
        self.bound.extend(tools)
        return self.bind(**kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **_: Any
    ) -> ChatResult:  # fmt: skip
        text = "".join(str(chunk.message.content) for chunk in self._stream(messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: CallbackManagerForLLMRun | None = None, **_: Any
    ) -> Iterator[ChatGenerationChunk]:  # fmt: skip
        script = self.scripts[min(len(self.prompts), len(self.scripts) - 1)]
        self.prompts.append(list(messages))
        yield ChatGenerationChunk(message=AIMessageChunk(content=""))  # a stream may begin with nothing
        for step in script:
            yield from _play(step, messages)


def _play(step: Step, messages: list[BaseMessage]) -> Iterator[ChatGenerationChunk]:
    if isinstance(step, BaseException):
        raise step
    if isinstance(step, (int, float)):
        time.sleep(step)
    elif isinstance(step, AIMessageChunk):
        yield ChatGenerationChunk(message=step)
    elif isinstance(step, Callable):  # type: ignore[arg-type]
        yield from _play(step(messages), messages)
    else:
        for start in range(0, len(step), 7):  # in odd pieces, so that words and tags are cut
            yield ChatGenerationChunk(message=AIMessageChunk(content=step[start : start + 7]))
