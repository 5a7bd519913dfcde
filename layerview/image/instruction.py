"""History as the author of the Dockerfile wrote it, from what builders record."""

from __future__ import annotations

import re

_SHELL = (
    r"(?:(?:/\S*/)?(?:env )?(?:ba|da|a|z|k)?sh(?: -\w+(?: pipefail)?)*? -\w*c"
    r"|cmd(?:\.exe)? /S /C"
    r"|(?:powershell|pwsh)(?:\.exe)?(?: -(?:NoLogo|NoProfile|NonInteractive|ExecutionPolicy \w+))* -Command"
    r"(?: \$(?:ErrorActionPreference|ProgressPreference|VerbosePreference) = '\w+';)*)"
)
_ARGUMENTS = re.compile(rf"\|\d+ .*?(?={_SHELL}\s)", re.DOTALL)
"""``|2 A=1 B=two words`` before the shell: build arguments, unquoted, so only the shell tells where they end."""
_PLAIN_ARGUMENTS = re.compile(r"\|\d+(?: \w+=\S*)* ?")
_NOP = re.compile(rf"{_SHELL} #\(nop\)\s*", re.DOTALL)
_RUN = re.compile(rf"{_SHELL}\s+", re.DOTALL)
_BUILDKIT = "# buildkit"
_HEREDOC = re.compile(r"<<-?(\w+) \((.*)\)", re.DOTALL)
_COPIED = re.compile(r"(COPY|ADD) ((?:--\S+ )*)((?:file|dir|multi):[0-9a-f]{12})[0-9a-f]* in (.*)", re.DOTALL)
_PORTS = re.compile(r"EXPOSE (?:map)?\[(.*)\]")
_LIST = re.compile(r'(CMD|ENTRYPOINT|SHELL) \[((?:"(?:[^"\\]|\\.)*" ?)+)\]', re.DOTALL)
_HEALTH = re.compile(r'HEALTHCHECK &\{\[((?:"(?:[^"\\]|\\.)*" ?)*)\] "(\S+)" "(\S+)"(?: "(\S+)")*.*\}', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


def instruction(created_by: str) -> str:
    """The instruction behind a history entry's ``created_by``; what no builder is known to write stays as it is."""
    text = _unmarked(created_by)
    command = command_line(created_by)
    if nop := _NOP.match(command):
        return _written(command[nop.end() :].strip())
    if heredoc := _HEREDOC.fullmatch(command):
        return f"RUN {heredoc[2].strip()}"
    if shell := _RUN.match(command):
        return f"RUN {command[shell.end() :].strip()}"
    return f"RUN {command}" if text.startswith(("RUN ", "|")) else _written(text)


def command_line(created_by: str) -> str:
    """What a history entry tells was run, with its shell, without the build arguments that stand before it."""
    command = _unmarked(created_by).removeprefix("RUN ")
    if not command.startswith("|"):
        return command
    found = _ARGUMENTS.match(command) or _PLAIN_ARGUMENTS.match(command)
    return command[found.end() :] if found else command


def _unmarked(created_by: str) -> str:
    """Without what BuildKit puts behind what it records."""
    return created_by.strip().removesuffix(_BUILDKIT).rstrip()


def _written(text: str) -> str:
    """An instruction other than RUN without the ways in which builders print Go's values."""
    if copied := _COPIED.fullmatch(text):
        return f"{copied[1]} {copied[2]}{copied[3]} in {copied[4].strip()}"
    if ports := _PORTS.fullmatch(text):
        return f"EXPOSE {ports[1].replace(':{}', '')}"
    if words := _LIST.fullmatch(text):
        return f"{words[1]} {_command(words[2], shell_form=words[1] != 'SHELL')}"
    if health := _HEALTH.fullmatch(text):
        return _health_check(health)
    return text


def _command(words: str, shell_form: bool) -> str:
    """Go's ``"a" "b"`` in the exec form, or in the shell form where a shell stands before it."""
    items = _QUOTED.findall(words)
    if shell_form and items[:2] == ["/bin/sh", "-c"] and len(items) == 3:
        return _unquoted(items[2])
    return "[" + ", ".join(f'"{item}"' for item in items) + "]"


def _health_check(health: re.Match[str]) -> str:
    kind, *words = _QUOTED.findall(health[1]) or [""]
    if kind == "NONE":
        return "HEALTHCHECK NONE"
    options = "".join(
        f"--{name}={value} " for name, value in (("interval", health[2]), ("timeout", health[3])) if value != "0s"
    )
    if kind == "CMD-SHELL":
        return f"HEALTHCHECK {options}CMD {_unquoted(' '.join(words))}"
    return f"HEALTHCHECK {options}CMD [" + ", ".join(f'"{word}"' for word in words) + "]"


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
