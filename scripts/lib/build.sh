# shellcheck shell=bash disable=SC2154
# Configuring and building a preset: sourced by the scripts, after progress.sh.

## As many compilers as cores, but never more than the memory holds (about 1.2 GB each).
build_jobs() {
    local cores memory_kb by_memory
    cores=$(nproc)
    memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
    by_memory=$((memory_kb / 1200000))
    ((by_memory < 1)) && by_memory=1
    echo $((cores < by_memory ? cores : by_memory))
}

## ccache's counters, "HITS CALLS" since it was last reset, or "0 0".
ccache_counters() {
    ccache --print-stats 2>/dev/null | awk '
        $1 ~ /^(direct|preprocessed)_cache_hit$/ { hits += $2; calls += $2 }
        $1 == "cache_miss" { calls += $2 }
        END { print hits + 0, calls + 0 }'
}

configure_preset() { phase "configuring $1" cmake --preset "$1"; }

## build_preset PRESET TARGET…: builds, then says how long it took and what ccache contributed.
build_preset() {
    local preset=$1 state=incremental hits calls hits_after calls_after
    shift
    if [[ ! -e build/$preset/.ninja_log ]]; then
        state=clean
    fi
    read -r hits calls < <(ccache_counters)
    NINJA_STATUS='[%f/%t] ' phase "building $preset ($*)" \
        cmake --build --preset "$preset" --parallel "$(build_jobs)" --target "$@"
    read -r hits_after calls_after < <(ccache_counters)
    report_build "$preset" "$state" $((hits_after - hits)) $((calls_after - calls))
}

report_build() {
    local preset=$1 state=$2 hits=$3 calls=$4 cache='nothing was compiled'
    if ((calls > 0)); then
        cache="ccache served $hits of $calls compilations"
    fi
    say "    $state $preset build: $(duration "$phase_seconds"), $cache"
}
