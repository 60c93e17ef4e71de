"""The two shell scripts that stop an application on its host and let it go on. Pure.

Both act on the pid file that the target names and on nothing else; nothing is ever found by a process's name. The pid
must be a number above 1 that leads a process group: anything else (``kill -- -1`` is everybody) ends the script.
"""

import shlex

_PID = """\
file={file}
pid=$(cat "$file" 2>/dev/null) || pid=
case "$pid" in ''|*[!0-9]*) echo "no pid in $file"; exit {no_pid} ;; esac
[ "$pid" -gt 1 ] || {{ echo "pid $pid in $file: expected one above 1"; exit 65; }}
kill -0 -- "-$pid" 2>/dev/null || {{ echo "pid $pid is gone"; exit {no_pid}; }}
state() {{ sed -n 's/^State:[[:space:]]*\\([A-Za-z]\\).*/\\1/p' "/proc/$pid/status"; }}
"""

# The expiry is a session of its own, so that it is not stopped with the application and outlives this command.
_STOP = """\
setsid sh -c 'sleep {expiry_s}; kill -CONT -- "-$0"' "$pid" </dev/null >/dev/null 2>&1 &
echo "$!" > "$file.expiry"
kill -STOP -- "-$pid"
for look in 1 2 3 4 5 6 7 8 9 10; do [ "$(state)" = T ] && break; sleep 0.1; done
echo "pid $pid is $(state)"
[ "$(state)" = T ]
"""

_RESUME = """\
kill -CONT -- "-$pid"
expiry=$(cat "$file.expiry" 2>/dev/null) || expiry=
case "$expiry" in ''|*[!0-9]*|0|1) ;; *) kill -TERM -- "-$expiry" 2>/dev/null || : ;; esac
rm -f "$file.expiry"
for look in 1 2 3 4 5 6 7 8 9 10; do [ "$(state)" != T ] && break; sleep 0.1; done
echo "pid $pid is $(state)"
[ "$(state)" != T ]
"""


def stop(pid_file: str, *, expiry_s: float) -> str:
    """Stop the application's process group; the host itself lets it go on after ``expiry_s`` seconds."""
    return _PID.format(file=shlex.quote(pid_file), no_pid=66) + _STOP.format(expiry_s=int(expiry_s))


def resume(pid_file: str) -> str:
    """Let the application go on and end the expiry; an application that is gone is not stopped, and that is success."""
    return _PID.format(file=shlex.quote(pid_file), no_pid=0) + _RESUME
