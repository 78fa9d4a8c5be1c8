#pragma once

#include <array>
#include <string_view>

namespace tenon::app {

/// What the program ends with and what that means: for the manual and the documentation.
struct ExitCodeMeaning {
    std::string_view code;
    std::string_view meaning;
};

inline constexpr std::array exit_code_meanings{
    ExitCodeMeaning{"0", "done; with task submit --wait and task watch: the task is complete"},
    ExitCodeMeaning{
        "1",
        "it was looked into and is not good: a task that did not complete, a file, a "
        "configuration or a system with something wrong"
    },
    ExitCodeMeaning{"2", "the command line or the configuration is wrong"},
    ExitCodeMeaning{"3", "no host answers at the URL"},
    ExitCodeMeaning{"4", "the host refused what was asked"},
    ExitCodeMeaning{"5", "the host or the database failed to answer"},
    ExitCodeMeaning{"6", "host: it stopped and left steps to others; step run: may be retried"},
    ExitCodeMeaning{"7", "host: it crashed too often in a row; step run: it yielded"},
    ExitCodeMeaning{"8", "step run: it was cancelled, or killed at its limit"},
    ExitCodeMeaning{"9", "step run: it ended its process"},
    ExitCodeMeaning{"128+N", "host: it died of signal N"},
    ExitCodeMeaning{"130", "interrupted with Ctrl-C or SIGTERM; host: ended by a third SIGINT"},
    ExitCodeMeaning{"143", "host: ended at once by a third SIGTERM"},
};

}  // namespace tenon::app
