"""The filter language of the tables: ``web state:running host:kvm1 cpu>80 !tag:test``. Pure; any thread.

Free words are looked for in names, hosts, addresses, UUIDs, tags and systems; ``key:value`` in one field;
``key>number`` compares. All terms must hold; ``!`` turns one round; ``a|b`` means either; quotes keep blanks.
"""

from limen_tui.model.query.compile import Query, QueryProblem, compile_query
from limen_tui.model.query.suggest import suggest

__all__ = ["Query", "QueryProblem", "compile_query", "suggest"]
