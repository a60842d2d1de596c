"""Shell completion made from the parser itself, so that it cannot fall behind. Pure."""

from __future__ import annotations

import argparse


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """A completion script for ``bash``, ``zsh`` or ``fish``."""
    table = _words(parser)
    if shell == "fish":
        return _fish(table)
    bash = _bash(table)
    return f"autoload -U +X bashcompinit && bashcompinit\n{bash}" if shell == "zsh" else bash


def _words(parser: argparse.ArgumentParser, path: str = "") -> dict[str, list[str]]:
    """By the verbs typed so far: what may come next."""
    found: dict[str, list[str]] = {path: []}
    for action in parser._actions:
        found[path] += [option for option in action.option_strings if option.startswith("--")]
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                found[path].append(name)
                found |= _words(sub, f"{path} {name}".strip())
        elif action.choices and not action.option_strings:
            found[path] += [str(choice) for choice in action.choices]
    return found


def _bash(table: dict[str, list[str]]) -> str:
    cases = "\n".join(f'    "{path}") words="{" ".join(words)}" ;;' for path, words in table.items())
    return f"""_limen() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} path="" word words=""
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case $word in -*) ;; *) case "${{path:+$path }}$word" in
{_known(table)}
    esac ;; esac
  done
  case $path in
{cases}
  esac
  case $path in start|shutdown|reboot|reset|kill|pause|resume|save)
    # compgen expands its words as the shell does: only names that are nothing but names get there
    [ "${{cur#-}}" != "$cur" ] ||
      words=$(limen --timeout 3 vms --names 2>/dev/null </dev/null | LC_ALL=C grep -xE '[A-Za-z0-9_.:@+-]+') ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -F _limen limen"""


def _known(table: dict[str, list[str]]) -> str:
    return "\n".join(f'      "{path}") path="{path}" ;;' for path in table if path)


def _fish(table: dict[str, list[str]]) -> str:
    lines = ["complete -c limen -f"]
    for path, words in table.items():
        *_, last = path.split() or [""]
        condition = f"__fish_seen_subcommand_from {last}" if path else "__fish_use_subcommand"
        for word in words:
            what = f"-l {word[2:]}" if word.startswith("--") else f"-a {word}"
            lines.append(f"complete -c limen -n '{condition}' {what}")
    return "\n".join(lines)
