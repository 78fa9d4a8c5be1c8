#include "arena/arena.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <utility>

namespace tenon::testing {
namespace {

namespace fs = std::filesystem;

/// A folder is not searched below its first level, and links are not followed.
void copy_files(const fs::path& from, const fs::path& to, const std::string& extension) {
    for (const auto& entry : fs::directory_iterator(from)) {
        if (entry.path().extension() == extension) {
            fs::copy_file(entry.path(), to / entry.path().filename());
        }
    }
}

std::string read_text(const fs::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A step that is hit by ten kills in a row has done nothing wrong.
void allow_every_attempt(const fs::path& folder) {
    static const std::regex attempts(R"((max_attempts|limit): 3\b)");
    for (const auto& entry : fs::directory_iterator(folder)) {
        const auto text = std::regex_replace(read_text(entry.path()), attempts, "$1: 100");
        std::ofstream(entry.path()) << text;
    }
}

/// Every step of these says how each of its attempts ended.
void let_publish(const fs::path& folder) {
    static const std::regex last_line(R"(    timeout_seconds: \d+\n)");
    for (const auto* name : {"flaky", "fragile", "gated"}) {
        const auto file = folder / (std::string(name) + ".yaml");
        const auto text = std::regex_replace(
            read_text(file),
            last_line,
            "$&    publishes_events: [{name: step.settled, condition: always}]\n"
        );
        std::ofstream(file) << text;
    }
}

std::string last_lines(const std::string& text) {
    constexpr std::size_t enough = 2000;
    return text.substr(text.size() - std::min(text.size(), enough));
}

}  // namespace

Arena::Arena(std::string profile) : profile_(std::move(profile)) {
    copy_files(HostProcess::example_plugins(), plugins_.path(), ".so");
    copy_files(SlowWorkflows::plugins(), plugins_.path(), ".so");
    copy_files(HostProcess::example_templates(), templates_.path(), ".yaml");
    allow_every_attempt(templates_.path());
    copy_files(slow_.templates(), templates_.path(), ".yaml");
    let_publish(templates_.path());
    fighters_.push_back({"brain", Caller::brain, nullptr});
    fighters_.push_back({"hands_1", Caller::hands, nullptr});
    fighters_.push_back({"hands_2", Caller::hands, nullptr});
}

SqlSession& Arena::sql() {
    if (!sql_) {
        sql_ = std::make_unique<SqlSession>(server_.conninfo("tenon"));
    }
    return *sql_;
}

Fighter* Arena::host_of(int backend) {
    const auto rows = sql().rows(
        "SELECT usename FROM pg_stat_activity WHERE pid = $1::integer", {std::to_string(backend)}
    );
    const auto role = rows.empty() ? std::string() : rows.front().front().value();
    const auto found = std::ranges::find(fighters_, role, &Fighter::role);
    return found == fighters_.end() ? nullptr : &*found;
}

void Arena::start(Fighter& fighter, const std::string& fault) {
    const bool brain = fighter.caller == Caller::brain;
    HostProcess::Options options{
        .database_url = server_.conninfo(fighter.role),
        .role = brain ? "orchestration" : "worker",
        .plugins = brain ? std::string() : plugins_.path(),
        .templates = brain ? templates_.path() : std::string(),
        .more = {"--name", fighter.role, "--slots", "8", "--stop-ms", "300"},
        .fault = fault,
    };
    if (!brain && profile_ != "direct") {
        options.more.insert(options.more.end(), {"--profile", profile_});
    }
    const std::scoped_lock lock(brain_mutex_);
    fighter.process = std::make_unique<HostProcess>(options);
}

void Arena::start_all() {
    for (auto& fighter : fighters_) {
        start(fighter);
    }
    for (auto& fighter : fighters_) {
        fighter.process->await_ready();
    }
}

bool Arena::revive() {
    bool ready = true;
    for (auto& fighter : fighters_) {
        if (!fighter.process->running()) {
            start(fighter);
        }
        ready = ready && fighter.process->logged(" ready\n");
    }
    return ready;
}

void Arena::replace(Fighter& fighter) {
    fighter.process->kill_hard();
    start(fighter);
}

std::string Arena::url() const {
    const std::scoped_lock lock(brain_mutex_);
    return fighters_.front().process->url();
}

std::string Arena::logs() const {
    std::string text;
    for (const auto& fighter : fighters_) {
        if (fighter.process) {
            text += fmt::format("{}:\n{}\n", fighter.role, last_lines(fighter.process->log()));
        }
    }
    return text;
}

}  // namespace tenon::testing
