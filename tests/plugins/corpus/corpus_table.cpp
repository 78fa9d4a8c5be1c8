#include "corpus_table.hpp"

#include "rows/scenarios.hpp"

#include <array>

namespace tenon::corpus {
namespace {

constexpr std::array rows_of_corpus{
    CorpusRow{
        1,
        "exports no `tenon_plugin_v1`",
        "refused before anything of it runs, TENON-P030",
        "",
        &rows::no_entry,
        ""
    },
    CorpusRow{2, "has no ABI note", "refused, TENON-P032", "", &rows::no_note, ""},
    CorpusRow{
        3,
        "is built for ABI 2 alone",
        "refused with both numbers, TENON-P031",
        "",
        &rows::other_major,
        ""
    },
    CorpusRow{
        4,
        "exports entries for ABI 1 and 2",
        "runs by its first entry",
        "",
        &rows::two_majors,
        ""
    },
    CorpusRow{
        5,
        "knows a newer minor, with larger structs",
        "runs; what is appended is not looked at",
        "",
        &rows::newer_minor,
        ""
    },
    CorpusRow{
        6,
        "knows the oldest minor only; has a struct smaller than that",
        "the first runs; the second is refused, TENON-P061",
        "",
        &rows::oldest_minor,
        ""
    },
    CorpusRow{
        7,
        "has an entry of size 0 or 4 GiB, or without the magic",
        "refused, TENON-P061",
        "",
        &rows::odd_entry,
        ""
    },
    CorpusRow{
        8,
        "is cut off, at 400 lengths",
        "refused before anything of it runs, TENON-P023",
        "",
        &rows::truncated,
        ""
    },
    CorpusRow{
        9,
        "ends in zeros, or has flipped bits",
        "refused: by the allow-list (TENON-P010), by inspection, or by the scout (TENON-V101)",
        "",
        &rows::corrupted,
        ""
    },
    CorpusRow{
        10,
        "is for another machine, an executable, text, or empty",
        "refused, saying which, TENON-P020 to P030",
        "",
        &rows::foreign_formats,
        ""
    },
    CorpusRow{
        11,
        "is a FIFO, a socket, a device, a directory, a link, or 10 GiB of nothing",
        "refused at once, TENON-P001 to P006",
        "",
        &rows::no_regular_files,
        ""
    },
    CorpusRow{
        12,
        "can be written by others, or belongs to somebody else",
        "refused, TENON-P004, P005 and P007",
        "",
        &rows::untrusted_files,
        ""
    },
    CorpusRow{
        13,
        "needs a symbol that nothing provides",
        "refused with its name, TENON-P044",
        "",
        &rows::unresolved_symbol,
        ""
    },
    CorpusRow{
        14,
        "needs a library that is nowhere, or GLIBC_9.9",
        "refused with its name, TENON-P060 and P046",
        "",
        &rows::missing_libraries,
        ""
    },
    CorpusRow{
        15,
        "wants an executable stack, static TLS or text relocations, or exports unique symbols",
        "refused with the option that helps, TENON-P040 to P043",
        "",
        &rows::dangerous_linking,
        ""
    },
    CorpusRow{
        16,
        "has a constructor that throws, aborts, exits, sleeps, or starts a thread",
        "refused by the scout, TENON-V101; with a thread it runs, and its code stays",
        "",
        &rows::violent_constructors,
        ""
    },
    CorpusRow{
        17,
        "has an indirect function whose resolver crashes",
        "refused by the scout, TENON-V101",
        "",
        &rows::crashing_resolver,
        ""
    },
    CorpusRow{
        18,
        "refuses to start, in a text without an end",
        "refused with 1 KiB of the text, TENON-P062; the build before serves on",
        "",
        &rows::refusing_start,
        ""
    },
    CorpusRow{
        19,
        "starts at first, and never again",
        "the reload is refused, TENON-P062; the build before serves on",
        "",
        &rows::refusing_second_start,
        ""
    },
    CorpusRow{
        20,
        "declares one callable twice",
        "refused, TENON-P035",
        "",
        &rows::duplicate_in_one,
        ""
    },
    CorpusRow{
        21,
        "declares a callable of another plugin",
        "the second by name is refused, TENON-P064, unless a mapping says whose it is",
        "",
        &rows::duplicate_in_two,
        ""
    },
    CorpusRow{
        22,
        "has a callable without a name, of 1 MiB, no UTF-8, or with a NUL inside",
        "refused, TENON-P033",
        "",
        &rows::odd_names,
        ""
    },
    CorpusRow{
        23,
        "throws from a handler without the SDK; with an unwinder of its own",
        "`foreign_exception`; the second ends the host with SIGABRT",
        "`foreign_exception`; the second fails one call, `plugin_crashed`",
        &rows::bare_exceptions,
        ""
    },
    CorpusRow{
        24,
        "throws anything from a handler of the SDK",
        "the step fails with what it said",
        "",
        &rows::sdk_exceptions,
        ""
    },
    CorpusRow{
        25,
        "follows a null or wild pointer, overflows the stack, aborts, divides by zero, "
        "touches a hole of a file",
        "ends the host, which records the call and is started anew; the build then runs as beside",
        "`plugin_crashed` with the signal, retryable; the next call is answered",
        &rows::crashes,
        ""
    },
    CorpusRow{
        26,
        "crashes twice at the same step",
        "",
        "",
        nullptr,
        "a plugin host knows no steps: tests/e2e/crashes_test.cpp has it, with a database, first "
        "in the host and then in a runner"
    },
    CorpusRow{
        27,
        "loops for ever and hears no cancel",
        "its thread and its build are lost, other calls and builds are not; the worker settles the "
        "step as `handler_timeout`",
        "`handler_timeout`: the runner is killed when its grace is over, and replaced",
        &rows::endless_loop,
        ""
    },
    CorpusRow{
        28,
        "waits for a lock that a cancelled step holds",
        "as 27, for both",
        "each call has a process of its own and waits for nobody; ends as 27",
        &rows::lost_lock,
        ""
    },
    CorpusRow{
        29,
        "leaks 1 MiB a call",
        "every call is answered; the host grows until it is started anew",
        "every call is answered; the runner is replaced between two calls",
        &rows::leaks,
        ""
    },
    CorpusRow{
        30,
        "takes all the memory that there is",
        "ends the host at its limit, which is started anew",
        "`plugin_crashed` at the limit of the runner",
        &rows::memory_bomb,
        ""
    },
    CorpusRow{
        31,
        "starts a thread that outlives the call",
        "runs; when the build is replaced, its code stays for the thread",
        "the thread ends with the runner",
        &rows::lasting_thread,
        ""
    },
    CorpusRow{
        32,
        "uses the handle of a call that is over",
        "nothing happens, and it is counted",
        "nothing happens",
        &rows::late_handles,
        ""
    },
    CorpusRow{
        33,
        "sets its result twice, never, from another thread, or too late",
        "the last counts; none is `{}`; another thread may; too late is nothing",
        "",
        &rows::many_results,
        ""
    },
    CorpusRow{
        34,
        "answers PENDING and completes twice, late or never",
        "the first counts; the last is given up 5 s after it was asked to stop",
        "the first counts; the last ends with the runner, soon after it was asked to stop",
        &rows::pending_calls,
        ""
    },
    CorpusRow{
        35,
        "writes 100 MiB, closes its output, closes every descriptor",
        "the output is the host's; without its descriptors the host ends itself, and is started "
        "anew",
        "the output is cut; without its descriptors the runner fails, `plugin_crashed`",
        &rows::output_and_descriptors,
        ""
    },
    CorpusRow{
        36,
        "calls exit, _exit, quick_exit, raise(SIGKILL) or pthread_exit",
        "inspection warns, TENON-P053; it ends the host, which is started anew",
        "`plugin_crashed` with the exit code or signal; the next call is answered",
        &rows::exits,
        ""
    },
    CorpusRow{
        37,
        "changes directory, umask, locale, environment, signal mask, limits, rounding",
        "inspection warns, validation fails; the host serves on",
        "the host does not notice",
        &rows::process_state,
        ""
    },
    CorpusRow{
        38,
        "installs handlers of SIGSEGV, SIGCHLD and SIGALRM",
        "inspection warns, validation fails; the host serves on",
        "the host does not notice",
        &rows::signal_handlers,
        ""
    },
    CorpusRow{
        39,
        "forks, and both sides return",
        "the forked side ends where it returns: one call has one outcome",
        "fork is refused",
        &rows::forks,
        ""
    },
    CorpusRow{
        40,
        "returns 8 MiB, a byte more, 100 MiB, 1 GiB",
        "the first is taken whole, the rest is `invalid_result` for good",
        "",
        &rows::large_results,
        ""
    },
    CorpusRow{
        41,
        "returns what is no JSON, or odd JSON",
        "`invalid_result` with the byte; duplicate keys and long numbers stay as written",
        "",
        &rows::odd_json,
        ""
    },
    CorpusRow{
        42,
        "returns JSON that is 1 000 000 deep",
        "`invalid_result`, on a stack of 256 KiB",
        "",
        &rows::deep_json,
        ""
    },
    CorpusRow{
        43,
        "fails with 10 MiB of text, no UTF-8, and delays of aeons",
        "cut, repaired, and at most 30 days",
        "",
        &rows::odd_errors,
        ""
    },
    CorpusRow{
        44,
        "is replaced while it runs: cp, cat, mv, install, dd, strip, objcopy, a link, a cut",
        "the running call ends on the old code, new ones get the new; links and cuts are refused",
        "",
        &rows::replaced_by_tools,
        "rsync is not installed here: the test writes in place, block by block, as it does"
    },
    CorpusRow{
        45,
        "is deleted while it runs, with its folder",
        "serves on from the private copy",
        "",
        &rows::deleted,
        "unmounting needs a mount of its own; to the host it is a folder that is gone"
    },
    CorpusRow{
        46,
        "is copied slowly, or by `cmake --install`",
        "one reload each, and no refusal between",
        "",
        &rows::slow_copy,
        ""
    },
    CorpusRow{
        47,
        "is touched, or deployed again as it is",
        "nothing happens",
        "",
        &rows::touched,
        ""
    },
    CorpusRow{
        48,
        "is saved 50 times in a second",
        "at most two reloads; the last build serves",
        "",
        &rows::saved_often,
        ""
    },
    CorpusRow{
        49,
        "is replaced while 1000 calls run, for as long as they like",
        "new calls get the new code at once, old ones end on the old, which then goes",
        "the same, with 16 calls",
        &rows::calls_in_flight,
        ""
    },
    CorpusRow{
        50,
        "is replaced 1000 times",
        "memory, mappings, descriptors and threads stay as they were",
        "the same, 200 times, and no process is left",
        &rows::many_reloads,
        "10 000 reloads take longer than a test may: TENON_RELOADS=10000 of reload/churn_test.cpp"
    },
    CorpusRow{
        51,
        "has thread_locals with destructors, or forbids to be unloaded",
        "its code stays, up to a limit; it is never unloaded under anybody",
        "goes with the runner",
        &rows::stays_mapped,
        "Go makes static TLS, which row 15 refuses; a Rust plugin is in row 55"
    },
    CorpusRow{
        52,
        "is worse than the build before",
        "that one is active again after three faults, this one in quarantine",
        "",
        &rows::worse_build,
        ""
    },
    CorpusRow{
        53,
        "drops a callable that steps are queued for",
        "the callable is found no more, and is again after a rollback; calls that hold it go on",
        "",
        &rows::dropped_callable,
        ""
    },
    CorpusRow{
        54,
        "shall be rolled back to a copy that is changed or gone",
        "refused, saying which; the active build serves on",
        "",
        &rows::no_way_back,
        ""
    },
    CorpusRow{
        55,
        "is built by gcc, clang, with the old string ABI, static libstdc++, in C or Rust",
        "all give the same answer",
        "",
        &rows::other_toolchains,
        ""
    },
    CorpusRow{
        56,
        "needs a library that another plugin has in another version",
        "validation warns, TENON-P054; the second gets the first one's library",
        "each has its own",
        &rows::two_libraries,
        ""
    },
    CorpusRow{
        57,
        "is unloaded while the host would call it back",
        "",
        "",
        nullptr,
        "the ABI has no callbacks to register with a host: its services hang off a call, and row "
        "32 uses those too late"
    },
    CorpusRow{
        58,
        "is a build of an earlier release",
        "runs as it always did",
        "",
        &rows::fossils,
        "there is no later host than 1.0 yet; every release adds its fossils"
    },
    CorpusRow{
        59,
        "is replaced while its host is killed",
        "the next host removes the copies and loads what lies in the folder",
        "the same; the runners end with their host",
        &rows::killed_host,
        ""
    },
    CorpusRow{
        60,
        "is replaced where disk or descriptors are used up",
        "the reload is refused with the reason; the build before serves on",
        "",
        &rows::no_resources,
        ""
    },
};

}  // namespace

std::span<const CorpusRow> corpus_rows() noexcept {
    return rows_of_corpus;
}

}  // namespace tenon::corpus
