#include "orchestration/web/task_request_body.hpp"

#include "domain/messages/message_reader.hpp"
#include "orchestration/hydration/task_request_fields.hpp"

#include <string>
#include <utility>

namespace tenon::orchestration {

namespace {

constexpr std::size_t requests_max = 1000;

}  // namespace

Result<std::vector<TaskRequest>> parse_task_requests(std::string_view body) {
    const auto document = JsonSlice::parse(body);
    if (!document) {
        return refusal("the body is not valid JSON: " + document.error().detail);
    }
    if (document->kind() != JsonKind::array) {
        return refusal("the body must be an array of 1 to 1000 requests, not " + quoted(*document));
    }
    const auto elements = document->elements();
    if (elements.empty() || elements.size() > requests_max) {
        return refusal(
            "the body must be an array of 1 to 1000 requests, not of " +
            std::to_string(elements.size())
        );
    }
    std::vector<TaskRequest> requests;
    for (const auto& element : elements) {
        auto request = read_task_request(element, {}, "it");
        if (!request) {
            return refusal(
                "request " + std::to_string(requests.size()) + ": " + request.error().detail
            );
        }
        requests.push_back(*std::move(request));
    }
    return requests;
}

}  // namespace tenon::orchestration
