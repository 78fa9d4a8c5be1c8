#include "plugin_host/scout/process_traces.hpp"

#include <algorithm>
#include <cfenv>
#include <clocale>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

bool same_handler(const struct sigaction& a, const struct sigaction& b) {
    return a.sa_flags == b.sa_flags && a.sa_handler == b.sa_handler;
}

}  // namespace

ProcessTraces ProcessTraces::take() {
    ProcessTraces traces;
    for (const auto& thread : fs::directory_iterator("/proc/self/task")) {
        traces.threads_.insert(thread.path().filename().string());
    }
    std::error_code gone;  // The descriptor of this very listing.
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
        const auto target = fs::read_symlink(entry.path(), gone);
        if (!target.string().ends_with("/fd")) {
            traces.descriptors_.emplace(entry.path().filename().string(), target.string());
        }
    }
    for (int number = 1; number < NSIG; ++number) {
        ::sigaction(number, nullptr, &traces.handlers_.at(static_cast<std::size_t>(number)));
    }
    ::pthread_sigmask(SIG_SETMASK, nullptr, &traces.mask_);
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        traces.environment_.emplace_back(*entry);
    }
    std::ranges::sort(traces.environment_);
    traces.directory_ = fs::current_path(gone).string();
    const char* locale = std::setlocale(LC_ALL, nullptr);
    traces.locale_ = locale == nullptr ? "" : locale;
    traces.umask_ = ::umask(0);
    ::umask(traces.umask_);
    traces.rounding_ = std::fegetround();
    for (std::size_t i = 0; i < traces.limits_.size(); ++i) {
        ::getrlimit(static_cast<__rlimit_resource>(i), &traces.limits_.at(i));
    }
    return traces;
}

std::vector<Finding> ProcessTraces::left_behind(const ProcessTraces& after) const {
    std::vector<Finding> findings;
    const auto threads = std::ranges::count_if(after.threads_, [this](const auto& thread) {
        return !threads_.contains(thread);
    });
    if (threads > 0) {
        findings.push_back(
            {PluginRule::leaves_threads,
             fmt::format("leaves {} threads running", threads),
             "join them in deinit()"}
        );
    }
    std::vector<std::string> opened;
    for (const auto& [number, target] : after.descriptors_) {
        if (!descriptors_.contains(number)) {
            opened.push_back(target);
        }
    }
    if (!opened.empty()) {
        findings.push_back(
            {PluginRule::leaves_descriptors,
             fmt::format("leaves descriptors open: {}", fmt::join(opened, ", ")),
             "close them in deinit()"}
        );
    }
    std::vector<std::string> signals;
    for (std::size_t i = 1; i < handlers_.size(); ++i) {
        if (!same_handler(handlers_.at(i), after.handlers_.at(i))) {
            const char* name = ::sigabbrev_np(static_cast<int>(i));
            signals.push_back(name == nullptr ? std::to_string(i) : name);
        }
    }
    if (std::memcmp(&mask_, &after.mask_, sizeof mask_) != 0) {
        signals.emplace_back("the mask");
    }
    if (!signals.empty()) {
        findings.push_back(
            {PluginRule::changes_signals,
             fmt::format("changes how signals are handled: {}", fmt::join(signals, ", ")),
             "leave signals to the host"}
        );
    }
    std::vector<std::string> changed;
    const auto compare = [&changed](bool same, const char* what) {
        if (!same) {
            changed.emplace_back(what);
        }
    };
    compare(environment_ == after.environment_, "the environment");
    compare(directory_ == after.directory_, "the working directory");
    compare(locale_ == after.locale_, "the locale");
    compare(umask_ == after.umask_, "the umask");
    compare(rounding_ == after.rounding_, "the rounding mode");
    compare(std::memcmp(&limits_, &after.limits_, sizeof limits_) == 0, "resource limits");
    if (!changed.empty()) {
        findings.push_back(
            {PluginRule::changes_process,
             fmt::format("changes its process: {}", fmt::join(changed, ", ")),
             "restore what it changes, or better leave it alone"}
        );
    }
    return findings;
}

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    std::size_t resident = 0;
    file >> pages >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

bool is_loaded(const std::string& path) {
    struct Search {
        const std::string& path;
        bool found = false;
    } search{path};

    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t /*size*/, void* data) {
            auto& wanted = *static_cast<Search*>(data);
            wanted.found = wanted.found || wanted.path == info->dlpi_name;
            return 0;
        },
        &search
    );
    return search.found;
}

}  // namespace tenon::plugin_host
