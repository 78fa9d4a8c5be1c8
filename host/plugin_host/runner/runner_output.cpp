#include "plugin_host/runner/runner_output.hpp"

#include "foundation/utf8.hpp"

#include <tenon/abi/call.h>

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <unistd.h>
#include <utility>

namespace tenon::plugin_host {
namespace {

constexpr std::size_t kept_words = 4096;

// Read in one go: whoever writes faster than that is read again, after the others.
constexpr int most_reads = 16;

}  // namespace

void LineCutter::feed(std::string_view bytes, const OnLine& on_line) {
    while (!bytes.empty()) {
        const auto end = std::min(bytes.find('\n'), bytes.size());
        const auto taken = std::min(end, longest - pending_.size());
        pending_.append(bytes.substr(0, taken));
        bytes.remove_prefix(taken);
        const bool ended = !bytes.empty() && bytes.front() == '\n';
        if (ended) {
            bytes.remove_prefix(1);
        }
        if (ended || pending_.size() == longest) {
            on_line(pending_);
            pending_.clear();
        }
    }
}

void LineCutter::finish(const OnLine& on_line) {
    if (!pending_.empty()) {
        on_line(pending_);
        pending_.clear();
    }
}

bool RateLimit::admit(Time now) {
    if (now - second_ >= std::chrono::seconds(1)) {
        second_ = now;
        admitted_ = 0;
    }
    if (admitted_ < most_a_second) {
        ++admitted_;
        return true;
    }
    ++dropped_;
    return false;
}

std::uint64_t RateLimit::take_dropped(Time now) {
    return now - second_ >= std::chrono::seconds(1) ? std::exchange(dropped_, 0) : 0;
}

RunnerOutput::RunnerOutput(Pipes pipes, std::string plugin_id, PluginLog log)
    : plugin_id_(std::move(plugin_id)),
      log_(std::move(log)),
      streams_{
          Stream{.pipe = std::move(pipes.out)},
          Stream{.pipe = std::move(pipes.err)},
          Stream{.pipe = std::move(pipes.log)}
      } {}

bool RunnerOutput::drain() {
    const std::lock_guard lock(mutex_);
    for (std::size_t which = 0; which < streams_.size(); ++which) {
        read(which);
    }
    return !std::ranges::all_of(streams_, &Stream::ended);
}

std::string RunnerOutput::last_words() const {
    const std::lock_guard lock(mutex_);
    std::string_view words = last_words_;
    // The cut may have gone through a character.
    while (!words.empty() && (static_cast<unsigned char>(words.front()) & 0xC0U) == 0x80U) {
        words.remove_prefix(1);
    }
    auto valid = to_valid_utf8(words, kept_words);
    std::ranges::replace(valid, '\0', ' ');
    return valid;
}

void RunnerOutput::read(std::size_t which) {
    auto& stream = streams_.at(which);
    const auto on_line = [this, which](std::string_view line) { pass_on(which, line); };
    std::array<char, 16384> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    for (int i = 0; i < most_reads && !stream.ended; ++i) {
        const auto size = ::read(stream.pipe.get(), bytes.data(), bytes.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return;
        }
        if (size <= 0) {
            stream.ended = true;
            stream.cutter.finish(on_line);
            return;
        }
        const std::string_view text(bytes.data(), static_cast<std::size_t>(size));
        if (which == err_stream) {
            last_words_.append(text);
            last_words_.erase(0, last_words_.size() - std::min(last_words_.size(), kept_words));
        }
        stream.cutter.feed(text, on_line);
    }
}

void RunnerOutput::pass_on(std::size_t which, std::string_view line) {
    auto& rate = streams_.at(which).rate;
    const auto now = std::chrono::steady_clock::now();
    if (const auto dropped = rate.take_dropped(now); dropped > 0) {
        tell(TENON_LOG_WARN, fmt::format("{} lines of it were not logged: too many", dropped));
    }
    if (!rate.admit(now)) {
        return;
    }
    if (which == log_stream) {
        // A digit for the level, then the message: see guest/plugin_log.
        const auto level = line.empty() ? 0 : line.front() - '0';
        if (level >= TENON_LOG_TRACE && level <= TENON_LOG_ERROR) {
            tell(level, line.substr(1));
        }
        return;
    }
    tell(
        which == err_stream ? TENON_LOG_WARN : TENON_LOG_INFO,
        fmt::format("{}: {}", which == err_stream ? "stderr" : "stdout", line)
    );
}

void RunnerOutput::tell(std::int32_t level, std::string_view line) const {
    if (log_) {
        log_(level, plugin_id_, to_valid_utf8(line));
    }
}

}  // namespace tenon::plugin_host
