// A host that a nasty plugin may take down. usage:
//
//   corpus_child DIRECTORY REPORT GUEST METHOD TIMES   calls the guest's only handler
//   corpus_child DIRECTORY REPORT --reload             replaces builds until it is killed
//
// It appends a line to REPORT for everything that it sees, and opens the file anew for each: the
// guest may have closed all that was open.

#include "corpus_host.hpp"
#include "plugin_host/crash/crash_file.hpp"
#include "plugin_host/crash/crash_watch.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <span>
#include <string>

namespace {

using tenon::corpus::CorpusHost;
using tenon::corpus::Isolation;

void tell(const std::string& report, const std::string& line) {
    std::ofstream(report, std::ios::app) << line << '\n';
}

int call(CorpusHost& host, std::span<char*> words) {
    const std::string report = words[2];
    const auto loaded = host.deploy(words[3]);
    if (!loaded) {
        tell(report, loaded.error().detail);
        return EXIT_FAILURE;
    }
    const int times = std::atoi(words[5]);
    for (int i = 0; i < times; ++i) {
        tell(report, "answer " + host.answer(loaded->callables.front(), words[4]));
    }
    tell(report, host.neighbour().answers() ? "serves on" : host.neighbour().complaint());
    return EXIT_SUCCESS;
}

[[noreturn]] void reload(CorpusHost& host, const std::string& report) {
    for (unsigned number = 1;; number = number % 2 + 1) {
        const auto loaded = host.deploy("gate" + std::to_string(number), "gate");
        tell(report, loaded ? loaded->version : loaded.error().detail);
    }
}

}  // namespace

int main(int count, char** arguments) {
    const std::span words(arguments, static_cast<std::size_t>(count));
    constexpr std::uint64_t no_database = 1;
    tenon::plugin_host::CrashFile file(
        std::filesystem::path(words[1]) / "crashes", "corpus", no_database
    );
    const tenon::plugin_host::CrashWatch watch(file);
    file.enter(tenon::plugin_host::HostPhase::ready);
    CorpusHost host(Isolation::in_process, words[1]);
    tell(words[2], "served");
    if (count == 4) {
        reload(host, words[2]);
    }
    return call(host, words);
}
