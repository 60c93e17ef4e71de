"""The two shell scripts that stop an application on its host and let it go on. Pure.

Both act on the pid file that the target names and on nothing else; nothing is ever found by a process's name. The pid
must be a number above 1 that leads a process group: anything else ends the script (``kill -- -1`` is everybody).
``kill -s NAME -- -PID`` is the one way to say it that dash and bash both understand.

Run Command gives no order between two commands. So resuming leaves the id of the harm beside the pid file, and a stop
that comes after it, or at the same moment, finds it there and does nothing or takes itself back.
"""

import re
import shlex

# The pid is left empty when the file has none, or its process is gone: then there is nothing to stop or to resume.
_PID = """\
file={file}
harm={harm}
pid=$(cat "$file" 2>/dev/null)
case "$pid" in
  ''|*[!0-9]*) pid= ;;
  0|1) echo "pid $pid in $file: expected one above 1"; exit 65 ;;
esac
[ -n "$pid" ] && [ ! -d "/proc/$pid" ] && pid=
if [ -n "$pid" ] && ! kill -s 0 -- "-$pid"; then echo "pid $pid: expected the leader of a process group"; exit 65; fi
state() {{ sed -n 's/^State:[[:space:]]*\\([A-Za-z]\\).*/\\1/p' "/proc/$pid/status"; }}
"""

# The expiry is a session of its own, so that it is not stopped with the application and outlives this command.
_STOP = """\
[ -n "$pid" ] || {{ echo "no live pid in $file"; exit 66; }}
undone() {{ [ "$(cat "$file.undone" 2>/dev/null)" = "$harm" ]; }}
if undone; then echo "undone before it was done"; exit 67; fi
setsid sh -c 'sleep {expiry_s}; kill -s CONT -- "-$0"' "$pid" </dev/null >/dev/null 2>&1 &
echo "$!" > "$file.expiry"
kill -s STOP -- "-$pid"
for look in 1 2 3 4 5 6 7 8 9 10; do [ "$(state)" = T ] && break; sleep 0.1; done
echo "pid $pid is $(state)"
if undone; then kill -s CONT -- "-$pid"; echo "undone while it was done"; exit 67; fi
[ "$(state)" = T ]
"""

# What ``resume`` says last: the state of the application, or that it has none.
_SAID = re.compile(r"^(?:pid \d+ is (\w?)|no live pid in .*)$", re.MULTILINE)

_RESUME = """\
[ -n "$pid" ] || {{ echo "no live pid in $file"; rm -f "$file.expiry"; exit 0; }}
echo "$harm" > "$file.undone"
kill -s CONT -- "-$pid"
expiry=$(cat "$file.expiry" 2>/dev/null)
case "$expiry" in ''|*[!0-9]*|0|1) ;; *) kill -s TERM -- "-$expiry" 2>/dev/null ;; esac
rm -f "$file.expiry"
for look in 1 2 3 4 5 6 7 8 9 10; do [ "$(state)" != T ] && break; sleep 0.1; done
echo "pid $pid is $(state)"
[ "$(state)" != T ]
"""


def stop(pid_file: str, *, harm: str, expiry_s: float) -> str:
    """Stop the application's process group; the host itself lets it go on after ``expiry_s`` seconds.

    ``harm`` is its id in the undo ledger. Exits 65 when the pid file names something that must not be touched, 66 when
    no application is there, 67 when this harm is undone already.
    """
    return _begin(pid_file, harm) + _STOP.format(expiry_s=int(expiry_s))


def resume(pid_file: str, *, harm: str) -> str:
    """Let the application go on and end the expiry; one that is gone is not stopped any more, and that is success."""
    return _begin(pid_file, harm) + _RESUME.format()


def is_read_back(output: str) -> bool:
    """Whether ``resume`` said itself, in its output, that the application goes on, or is not there any more.

    A status alone is no reading back: an agent can answer Success and have run nothing.
    """
    said = _SAID.findall(output)
    return bool(said) and said[-1] not in ("T", "t")


def _begin(pid_file: str, harm: str) -> str:
    return _PID.format(file=shlex.quote(pid_file), harm=shlex.quote(harm))
