#include "plugin_host/runner/guest/runner_loop.hpp"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

int main(int count, char** words) {
    const int code = tenon::plugin_host::run_runner(count == 2 ? std::atoi(words[1]) : 0);
    std::fflush(nullptr);
    // The plugin is unloaded; what is left of this process has nothing to add.
    ::_exit(code);
}
