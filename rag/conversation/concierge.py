"""The built-in concierge: a LangChain chat model of our own without a neural network.

It answers a brief (the last message, JSON) with the templates of `prose.py`: at once, the same each
time, and true by construction. It can stand wherever a chat model can, so that one agent serves
both. It does not read sentences (`understanding.py`, `dialogue.py` do) and calls no tools.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ValidationError

from rag.conversation.prose import Brief, write


class BuiltinConcierge(BaseChatModel):
    """Says what a brief holds.

    >>> from langchain_core.messages import HumanMessage
    >>> BuiltinConcierge().invoke([HumanMessage(Brief(act="thanks").model_dump_json())]).text
    "You're welcome. Enjoy the film!"
    """

    @property
    def _llm_type(self) -> str:
        return "matinee-builtin"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        text = "".join(self._pieces(messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for piece in self._pieces(messages):
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))

    def _pieces(self, messages: list[BaseMessage]) -> Iterator[str]:
        """The lines of the answer; without a brief, what it can do."""
        content = messages[-1].text if messages else ""
        found = re.search(r"\{.*\}", content, re.DOTALL)
        try:
            brief = Brief.model_validate_json(found.group() if found else "")
        except ValidationError:
            brief = Brief(act="help")
        for line in write(brief):
            yield line.text
