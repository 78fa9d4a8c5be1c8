#include "app/commands/task_submit.hpp"

#include "app/commands/task_client.hpp"
#include "app/commands/task_watch.hpp"
#include "foundation/json_slice.hpp"

#include <fstream>
#include <iterator>
#include <string_view>

namespace tenon::app {

namespace {

constexpr std::size_t input_bytes_max = std::size_t{8} * 1024 * 1024;

struct Target {
    std::string_view namespace_name;
    std::string_view name;
    std::string_view version;  ///< Empty: the newest.
};

[[noreturn]] void fail(const std::string& sentence) {
    throw CommandFailure(ExitCode::usage, sentence);
}

Target parse_target(std::string_view text) {
    const auto slash = text.find('/');
    const auto at = text.find('@');
    Target target{.namespace_name = text.substr(0, slash), .name = {}, .version = {}};
    if (slash != std::string_view::npos) {
        const auto rest = text.substr(slash + 1);
        target.name = rest.substr(0, rest.find('@'));
        target.version = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
    }
    const bool empty_version = at != std::string_view::npos && target.version.empty();
    if (target.namespace_name.empty() || target.name.empty() || empty_version) {
        fail(
            "'" + std::string(text) +
            "' does not name a template; write it as NAMESPACE/NAME or NAMESPACE/NAME@VERSION"
        );
    }
    return target;
}

/// All of `stream`, up to one byte more than is allowed.
std::string read_all(std::istream& stream) {
    std::string text(input_bytes_max + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

std::string checked_context(const std::string& text) {
    if (text.size() > input_bytes_max) {
        fail("the input is larger than " + std::to_string(input_bytes_max) + " bytes");
    }
    const auto json = JsonSlice::parse(text);
    if (!json) {
        fail("the input is not valid JSON: " + json.error().detail);
    }
    if (json->kind() != JsonKind::object) {
        fail(
            "the input is a JSON " + std::string(to_string(json->kind())) +
            "; give an object, such as '{\"even_number\": 6}'"
        );
    }
    return std::string(json->raw());
}

std::string quoted_list(const std::vector<std::string>& texts) {
    std::string list;
    for (const auto& text : texts) {
        list += (list.empty() ? "" : ",") + json_quote(text);
    }
    return "[" + list + "]";
}

}  // namespace

std::string read_input(const std::string& input, std::istream& in) {
    if (input == "-") {
        return read_all(in);
    }
    if (!input.starts_with('@')) {
        return input;
    }
    const auto file = input.substr(1);
    std::ifstream stream(file, std::ios::binary);
    auto text = stream ? read_all(stream) : std::string{};
    if (!stream.is_open() || stream.bad()) {
        fail("cannot read the input file '" + file + "'; name one that exists and is readable");
    }
    return text;
}

std::string submission_body(const TaskSubmitOptions& options, std::istream& in) {
    const auto target = parse_target(options.target);
    auto body = R"({"namespace":)" + json_quote(target.namespace_name) + R"(,"name":)" +
                json_quote(target.name) + R"(,"source_system":"cli","priority":)" +
                std::to_string(options.priority) + R"(,"tags":)" + quoted_list(options.tags);
    if (!target.version.empty()) {
        body += R"(,"version":)" + json_quote(target.version);
    }
    if (!options.reason.empty()) {
        body += R"(,"reason":)" + json_quote(options.reason);
    }
    if (!options.initiator.empty()) {
        body += R"(,"initiator":)" + json_quote(options.initiator);
    }
    if (!options.idempotency_key.empty()) {
        body += R"(,"idempotency_key":)" + json_quote(options.idempotency_key);
    }
    return body + R"(,"context":)" + checked_context(read_input(options.input, in)) + "}";
}

ExitCode submit_task(const TaskSubmitOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        auto body = submission_body(options, console.in);
        TaskClient client(options.url);
        const auto answer = client.submit(std::move(body));
        const auto task = submitted_task(answer);
        if (options.wait) {
            const auto form = options.json ? WatchForm::document : WatchForm::picture;
            return follow_task(client, task, form, console);
        }
        if (options.json) {
            console.out << JsonSlice::parse(answer).value().compact() << std::endl;
        } else {
            console.out << (is_duplicate(answer) ? "already submitted as task " : "submitted task ")
                        << task << "\nwatch it with: tenon task watch " << task << std::endl;
        }
        return ExitCode::ok;
    });
}

}  // namespace tenon::app
