"""The scripts that make bash, zsh and fish ask the program for completions, and where they go.

A script runs the program with ``_BREVETTI_SAMPLE_COMPLETE`` set. The other variables are those of
the scripts that Typer wrote for the first versions, which so still work where they are installed.
"""

from __future__ import annotations

from pathlib import Path

import shellingham

from brevetti_sample.errors import OutputError, UsageError
from brevetti_sample.messages import close_match, listed, quoted

VARIABLE = "_BREVETTI_SAMPLE_COMPLETE"
_PROGRAM = "brevetti-sample"

_BASH = f"""\
_brevetti_sample_completion() {{
    local IFS=$'\\n'
    COMPREPLY=( $( env COMP_WORDS="${{COMP_WORDS[*]}}" \\
                   COMP_CWORD=$COMP_CWORD \\
                   {VARIABLE}=complete_bash $1 ) )
    return 0
}}

complete -o default -F _brevetti_sample_completion {_PROGRAM}
"""
# At the first tab of a session zsh loads the script as the function that completes: then it asks.
_ZSH = f"""\
#compdef {_PROGRAM}

_brevetti_sample_completion() {{
  eval $(env _TYPER_COMPLETE_ARGS="${{words[1,$CURRENT]}}" {VARIABLE}=complete_zsh {_PROGRAM})
}}

if [[ $funcstack[1] = _{_PROGRAM} ]]; then
  _brevetti_sample_completion
else
  compdef _brevetti_sample_completion {_PROGRAM}
fi
"""
_FISH = f"""\
function _brevetti_sample_completion
    env {VARIABLE}=complete_fish _TYPER_COMPLETE_FISH_ACTION=$argv[1] \\
        _TYPER_COMPLETE_ARGS=(commandline -cp) {_PROGRAM}
end

complete --command {_PROGRAM} --no-files \\
    --arguments "(_brevetti_sample_completion get-args)" \\
    --condition "_brevetti_sample_completion is-args"
"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def script(shell: str | None) -> str:
    """Return the script for a shell; for that in which the program is run, if none is named.

    Raises:
        UsageError: there is no completion for such a shell.
    """
    return _SCRIPTS[_known(shell)]


def install(shell: str | None) -> tuple[str, Path]:
    """Install the script for a shell, as in `script`.

    Returns:
        The name of the shell, and the path of the script.

    Raises:
        UsageError: there is no completion for such a shell.
        OutputError: it cannot be installed.
    """
    shell = _known(shell)
    home = Path.home()
    try:
        if shell == "bash":
            path = home / ".bash_completions" / f"{_PROGRAM}.sh"
            _append(home / ".bashrc", f"source '{path}'")
        elif shell == "zsh":
            path = home / ".zfunc" / f"_{_PROGRAM}"
            _append(home / ".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit")
            _append(home / ".zshrc", "zstyle ':completion:*' menu select", unless="zstyle")
        else:
            path = home / ".config" / "fish" / "completions" / f"{_PROGRAM}.fish"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_SCRIPTS[shell])
    except OSError as error:
        raise OutputError(
            f"cannot install completion for {shell}: {error.strerror}: {quoted(error.filename)}"
        ) from error
    return shell, path


def _known(shell: str | None) -> str:
    if shell is None:
        try:
            shell, _ = shellingham.detect_shell()
        except shellingham.ShellDetectionFailure as error:
            names = listed(_SCRIPTS)
            raise UsageError(f"the shell is unknown; name it after the option: {names}") from error
    if shell not in _SCRIPTS:
        hint = close_match(shell, _SCRIPTS) or f"; use {listed(_SCRIPTS)}"
        raise UsageError(f"no completion for the shell {quoted(shell)}{hint}")
    return shell


def _append(path: Path, line: str, unless: str = "") -> None:
    """Add a line to a file that the shell reads at its start, unless it is there."""
    text = path.read_text() if path.is_file() else ""
    if (unless or line) not in text:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as stream:
            stream.write(f"{line}\n" if not text or text.endswith("\n") else f"\n{line}\n")
