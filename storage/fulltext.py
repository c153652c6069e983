"""Full-text search of memories as SQLite does it (FTS5). Another database has its own of this file, and nothing else changes.

See https://www.sqlite.org/fts5.html: the index holds no text of its own and points into the table `memories`.
"""

from sqlalchemy import ColumnElement, Float, Integer, column, func, literal_column, table, text

from agents.core.words import search_words

CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS memory_words USING fts5("
    "topic, tags, text, content='memories', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2')",
)
"""Makes the index, once the table is there."""

words = table("memory_words", column("rowid", Integer))
"""The index; `rowid` is the memory's id."""

ADD = text("INSERT INTO memory_words (rowid, topic, tags, text) VALUES (:id, :topic, :tags, :text)")
"""Takes a memory into the index."""

REBUILD = text("INSERT INTO memory_words (memory_words) VALUES ('rebuild')")
"""Makes the index anew from what is in the table now. A deleted entry alone would leave its words in the index for some time."""

RELEVANCE: ColumnElement[float] = -func.bm25(literal_column("memory_words"), 4.0, 4.0, 1.0, type_=Float)
"""How well a memory fits, more is better. Words of the topic and tags count four times those of the text."""


def matching(said: str) -> ColumnElement[bool] | None:
    """Memories that hold any of these words or one that begins so; None where there is no word in what was said."""
    found = search_words(said)
    if not found:
        return None
    return literal_column("memory_words").op("MATCH", is_comparison=True)(" OR ".join(f'"{word}"*' for word in found))
