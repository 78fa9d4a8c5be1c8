#include "app/commands/events/event_watch.hpp"

#include "app/commands/events/event_text.hpp"
#include "foundation/error.hpp"
#include "foundation/http/http_client.hpp"
#include "foundation/json_slice.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <chrono>
#include <optional>
#include <string_view>
#include <thread>

namespace tenon::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds outage_limit(60);
constexpr std::chrono::seconds pause(1);
constexpr unsigned ok = 200;
constexpr unsigned first_host_error = 500;

std::string encoded(const std::string& text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars);
}

std::string target_of(const EventWatchOptions& options) {
    auto target = "/v1/events?pattern=" + encoded(options.pattern);
    if (!options.namespace_name.empty()) {
        target += "&namespace=" + encoded(options.namespace_name);
    }
    return target;
}

/// A text member of an object that is written below `path`, or "".
std::string member(const JsonSlice& object, std::string_view name) {
    const auto value = object.find(name);
    return value ? value->string().value_or("") : std::string();
}

/// When, where, which, and what it says.
std::string line_of(const SentEvent& event) {
    const auto document = JsonSlice::parse(event.data);
    if (!document) {
        return event.name + "  " + event.data;
    }
    const auto metadata = document->find("metadata");
    const auto payload = document->find("payload");
    std::string line;
    if (metadata) {
        line = member(*metadata, "fired_at") + "  " + member(*metadata, "namespace") + "  ";
    }
    line += event.name + "  ";
    return line + (payload ? payload->compact() : std::string("{}"));
}

class EventWatch {
public:
    EventWatch(const EventWatchOptions& options, const TaskConsole& console)
        : options_(options),
          console_(console),
          client_(client_options(options.url)),
          text_([this](const SentEvent& event) { show(event); }) {}

    ExitCode run() {
        while (!enough()) {
            try {
                follow();
                lost(client_.url() + " ended the stream");
            } catch (const Exception& error) {
                lost(error.what());
            }
        }
        return ExitCode::ok;
    }

private:
    static HttpClient::Options client_options(const std::string& url) {
        HttpClient::Options options;
        if (!url.empty()) {
            options.url = url;
        }
        return options;
    }

    void follow() {
        HttpFields headers{{"Accept", "text/event-stream"}};
        const auto& after = text_.last_id().empty() ? options_.after : text_.last_id();
        if (!after.empty()) {
            headers.emplace_back("Last-Event-ID", after);
        }
        text_.reconnected();
        const auto reply = client_.stream(target_of(options_), headers, [this](auto bytes) {
            connected_ = true;
            outage_since_.reset();
            text_.feed(bytes);
            return !enough();
        });
        if (reply.status != ok) {
            const auto problem = JsonSlice::parse(reply.body);
            const auto detail = problem ? member(*problem, "detail") : std::string();
            throw CommandFailure(
                reply.status >= first_host_error ? ExitCode::host_error : ExitCode::refused,
                detail.empty() ? "status " + std::to_string(reply.status) : detail
            );
        }
    }

    /// Returns when it is worth another try.
    void lost(const std::string& why) {
        if (enough()) {
            return;
        }
        outage_since_ = outage_since_.value_or(Clock::now());
        if (!connected_ || Clock::now() - *outage_since_ >= outage_limit) {
            throw CommandFailure(ExitCode::unreachable, why);
        }
        console_.err << "tenon: " << why << "; still trying\n" << std::flush;
        std::this_thread::sleep_for(pause);
    }

    void show(const SentEvent& event) {
        if (enough()) {
            return;
        }
        if (event.name == "dropped") {
            const auto notice = JsonSlice::parse(event.data);
            const auto count = notice ? notice->find("dropped") : std::nullopt;
            console_.err << "tenon: " << (count ? count->raw() : "some")
                         << " events were dropped: this reader is too slow\n";
            return;
        }
        console_.out << (options_.json ? event.data : line_of(event)) << '\n' << std::flush;
        ++shown_;
    }

    bool enough() const { return options_.count > 0 && shown_ >= options_.count; }

    const EventWatchOptions& options_;
    const TaskConsole& console_;
    HttpClient client_;
    EventText text_;
    std::uint64_t shown_ = 0;
    bool connected_ = false;  ///< Once, at least.
    std::optional<Clock::time_point> outage_since_;
};

}  // namespace

ExitCode watch_events(const EventWatchOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] { return EventWatch(options, console).run(); });
}

}  // namespace tenon::app
