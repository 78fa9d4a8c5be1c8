# shellcheck shell=bash
# Telling what is going on: sourced by the scripts, not run.
# Long commands write to a log; a terminal sees their last line, anybody else a sign of life.

readonly heartbeat_seconds=20
phase_seconds=0
phase_pid=

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

## A number of seconds for people: "48 s", "3 min 07 s".
duration() {
    local seconds=$1
    if ((seconds < 60)); then
        printf '%d s' "$seconds"
    else
        printf '%d min %02d s' $((seconds / 60)) $((seconds % 60))
    fi
}

## phase NAME COMMAND…: runs the command, its output in a log of its own, and says how it goes.
## A failure shows the end of the log and is returned. `phase_seconds` holds how long it took.
phase() {
    local name=$1 log started status=0
    shift
    log=$(mktemp "${TMPDIR:-/tmp}/tenon-phase.XXXXXX")
    started=$SECONDS
    say "==> $name"
    "$@" >"$log" 2>&1 </dev/null &
    # A background command of a script ignores ^C: it has to be told.
    phase_pid=$!
    trap 'kill -TERM "$phase_pid" 2>/dev/null; exit 130' INT TERM
    watch_phase "$phase_pid" "$log" "$started"
    wait "$phase_pid" || status=$?
    trap - INT TERM
    phase_seconds=$((SECONDS - started))
    if ((status != 0)); then
        tail -n 200 "$log" >&2
        say "    failed with exit code $status after $(duration "$phase_seconds")" >&2
    else
        say "    done in $(duration "$phase_seconds")"
    fi
    rm -f "$log"
    return "$status"
}

## phase_shown NAME COMMAND…: like phase, with the command's own output.
phase_shown() {
    local name=$1 started=$SECONDS status=0
    shift
    say "==> $name"
    "$@" </dev/null || status=$?
    phase_seconds=$((SECONDS - started))
    say "    $name: exit code $status after $(duration "$phase_seconds")"
    return "$status"
}

watch_phase() {
    local pid=$1 log=$2 started=$3 beat=$heartbeat_seconds
    while kill -0 "$pid" 2>/dev/null; do
        if [[ -t 1 ]]; then
            show_last_line "$log" "$started" $'\r'
        elif ((SECONDS - started >= beat)); then
            show_last_line "$log" "$started" ''
            beat=$((beat + heartbeat_seconds))
        fi
        sleep 0.2
    done
    if [[ -t 1 ]]; then
        printf '\r\033[K'
    fi
}

show_last_line() {
    local log=$1 started=$2 rewind=$3 line
    line=$(tail -n 1 "$log" | tr -d '\r\033' | cut -c 1-76)
    if [[ -n $rewind ]]; then
        printf '\r\033[K    %s  %s' "$(duration $((SECONDS - started)))" "$line"
    else
        printf '    %s  %s\n' "$(duration $((SECONDS - started)))" "$line"
    fi
}
