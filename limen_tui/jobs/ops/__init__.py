"""Operations: what a step can do, by name. What ``do`` and ``undo`` need is JSON, never a closure."""
