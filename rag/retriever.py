"""`MovieRetriever`: the index as a LangChain retriever, for chains and agents of any make.

Written on langchain-core: the community Annoy store ignores filters, refuses additions and unpickles
its files. Knows how to turn hits into documents; searching itself is `ranking.carry_out`.
"""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, PrivateAttr

from movies.movie import Filters
from rag.index import Hit
from rag.library import Library
from rag.ranking import carry_out
from rag.reading.names import Names
from rag.reading.understanding import understand


class MovieRetriever(BaseRetriever):
    """Films for a sentence: what it asks for becomes filters, the rest is searched by meaning and words.

    >>> retriever = MovieRetriever(library=Library.open(artifacts, settings), k=5)   # doctest: +SKIP
    >>> retriever.invoke("a French comedy from the 90s")[0].metadata["title"]         # doctest: +SKIP
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    k: int = Field(default=10, ge=1, le=100)
    filters: Filters = Filters()
    """Hard constraints besides those of the sentence."""
    _names: Names = PrivateAttr(default_factory=Names)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        index = self.library.index
        read = understand(query, self._names.of(index.catalogue))
        filters = Filters(**{**read.plan.filters.chosen(), **self.filters.chosen()})
        clues = [(clue.text, clue.weight) for clue in read.clues if not clue.negated]
        screening = carry_out(index, read.plan.model_copy(update={"filters": filters}), k=self.k, clues=clues)
        return [as_document(hit) for hit in screening.hits]


def as_document(hit: Hit) -> Document:
    """A hit as a LangChain document: the plot as content, facts and evidence as metadata."""
    film = hit.movie
    return Document(
        id=film.id,
        page_content=film.plot,
        metadata={
            "id": film.id, "title": film.title, "year": film.year, "genres": list(film.genres), "directors": list(film.directors),
            "score": hit.score, "passage": hit.evidence.passage, "reason": hit.evidence.reason, "weak": hit.weak,
        },
    )  # fmt: skip
