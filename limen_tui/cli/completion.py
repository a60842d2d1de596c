"""Shell completion made from the parser itself, so that it cannot fall behind. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

VM_PLACES: Final = frozenset({"console", "delete", "resize", "ssh"})
"""Verbs, beside the acts, whose words are names of VMs."""
HOST_PLACES: Final = frozenset({"doctor", "hosts remove", "hosts rename", "hosts test"})
HOST_OPTIONS: Final = frozenset({"--host", "--from"})
VM_OPTIONS: Final = frozenset({"--like"})
FILE_OPTIONS: Final = frozenset({"--config", "--file", "--ssh-key", "--user-data"})
FILE_PLACES: Final = frozenset({"upload"})
# The shell expands what it is given to choose from: only names that are nothing but names get there.
_SAFE: Final = "2>/dev/null </dev/null | LC_ALL=C grep -xE '[A-Za-z0-9_.:@+-]+'"
_VMS: Final = f"limen --timeout 3 vms --names {_SAFE}"
_HOSTS: Final = f"limen hosts --names {_SAFE}"


@dataclass(slots=True)
class Place:
    """What may be typed after some verbs."""

    words: list[str] = field(default_factory=list)
    """Verbs, options, and what a word can be where that is a choice."""
    names: str = ""
    """``vms``, ``hosts``, ``files``: what a word can be besides."""
    values: dict[str, str | list[str]] = field(default_factory=dict)
    """By option that takes a value: the same, or the choices; empty for what only the person knows."""


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """A completion script for ``bash``, ``zsh`` or ``fish``."""
    places = dict(_places(parser))
    if shell == "fish":
        return _fish(places)
    if shell == "zsh":
        return f"(( $+functions[compdef] )) || {{ autoload -U compinit && compinit; }}\n" \
               f"autoload -U +X bashcompinit && bashcompinit\n{_bash(places)}"  # fmt: skip
    return _bash(places)


def _places(parser: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, Place]]:
    """By the verbs typed so far."""
    place = Place()
    below: list[tuple[str, argparse.ArgumentParser]] = []
    for action in parser._actions:
        place.words += [option for option in action.option_strings if option.startswith("--")]
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                place.words.append(name)
                below.append((f"{path} {name}".strip(), sub))
        elif action.option_strings and action.nargs != 0:
            place.values |= dict.fromkeys(action.option_strings, _value(action))
        elif action.choices:
            place.words += [str(choice) for choice in action.choices]
    is_act = parser.get_default("act") is not None
    place.names = (
        "vms" if is_act or path in VM_PLACES else "hosts" if path in HOST_PLACES
        else "files" if path in FILE_PLACES else ""
    )  # fmt: skip
    yield path, place
    for name, sub in below:
        yield from _places(sub, name)


def _value(action: argparse.Action) -> str | list[str]:
    if action.choices:
        return [str(choice) for choice in action.choices]
    for options, kind in ((HOST_OPTIONS, "hosts"), (VM_OPTIONS, "vms"), (FILE_OPTIONS, "files")):
        if options & set(action.option_strings):
            return kind
    return ""


# -- bash, and zsh by its bashcompinit: there, $path is $PATH, and $words is the line ---------------


def _bash(places: dict[str, Place]) -> str:
    paths = "\n".join(f'      "{path}") at="{path}" ;;' for path in places if path)
    valued = "|".join(sorted({option for place in places.values() for option in place.values}))
    values = "\n".join(
        f'    "{path} {option}") {_offer(value)} ;;'
        for path, place in places.items() for option, value in place.values.items()
    )  # fmt: skip
    words = "\n".join(
        f'    "{path}") offer="{" ".join(place.words)}"{_names(place.names)} ;;' for path, place in places.items()
    )
    return f"""_limen() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" at="" word offer="" of=""
  for word in "${{COMP_WORDS[@]:1:$((COMP_CWORD - 1))}}"; do
    if [ -n "$of" ]; then of=""; continue; fi
    case $word in {valued}) of="$at $word" ;; -*) ;; *) case "${{at:+$at }}$word" in
{paths}
    esac ;; esac
  done
  case $of in
    "") ;;
{values}
  esac
  if [ -z "$of" ]; then case $at in
{words}
  esac; fi
  [ "$offer" = "<files>" ] && COMPREPLY=($(compgen -f -- "$cur")) || COMPREPLY=($(compgen -W "$offer" -- "$cur"))
}}
complete -F _limen limen"""


def _offer(value: str | list[str]) -> str:
    if isinstance(value, list):
        return f'offer="{" ".join(value)}"'
    return {"vms": f"offer=$({_VMS})", "hosts": f"offer=$({_HOSTS})", "files": 'offer="<files>"'}.get(value, ":")


def _names(kind: str) -> str:
    """Names in place of options, as long as no option is begun."""
    return f'; [ "${{cur#-}}" != "$cur" ] || {_offer(kind)}' if kind else ""


# -- fish ------------------------------------------------------------------------------------------


def _fish(places: dict[str, Place]) -> str:
    groups: dict[str, list[str]] = {}
    for path in places:
        group, _, word = path.partition(" ")
        if word:
            groups.setdefault(group, []).append(word)
    lines = ["complete -c limen -f"]
    for path, place in places.items():
        condition = _fish_condition(path, groups)
        for word in place.words:
            if not word.startswith("--"):
                lines.append(f"complete -c limen -n '{condition}' -a '{word}'")
                continue
            value = place.values.get(word)
            takes = "" if value is None else f" -x -a '{_fish_offer(value)}'" if value != "files" else " -r -F"
            lines.append(f"complete -c limen -n '{condition}' -l {word[2:]}{takes}")
        if place.names:
            what = "-F" if place.names == "files" else f"-a '{_fish_offer(place.names)}'"
            lines.append(f"complete -c limen -n '{condition}' {what}")
    return "\n".join(lines)


def _fish_condition(path: str, groups: dict[str, list[str]]) -> str:
    seen = "__fish_seen_subcommand_from"
    group, _, word = path.partition(" ")
    if not path:
        return "__fish_use_subcommand"
    if word:
        return f"{seen} {group}; and {seen} {word}"
    return f"{seen} {path}; and not {seen} {' '.join(groups.get(path, groups))}"


def _fish_offer(value: str | list[str]) -> str:
    if isinstance(value, list):
        return " ".join(value)
    command = {"vms": _VMS, "hosts": _HOSTS}.get(value, "")
    return "(" + command.replace("'", "\\'") + ")" if command else ""
