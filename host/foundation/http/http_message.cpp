#include "foundation/http/http_message.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <algorithm>

namespace tenon {

namespace beast = boost::beast;

namespace {

constexpr std::size_t request_id_length_max = 128;

bool is_alphanumeric(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (beast::iequals({key.data(), key.size()}, {name.data(), name.size()})) {
            return value;
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> HttpRequest::query_value(std::string_view key) const {
    const auto found = std::ranges::find(query, key, &HttpFields::value_type::first);
    return found == query.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::string_view HttpRequest::parameter(std::string_view name) const {
    const auto found = std::ranges::find(parameters, name, &HttpFields::value_type::first);
    return found == parameters.end() ? std::string_view{} : std::string_view(found->second);
}

HttpResponse json_response(std::string json) {
    HttpResponse response;
    response.body = std::move(json);
    response.body += '\n';
    return response;
}

std::string_view status_phrase(unsigned status) noexcept {
    const auto phrase = beast::http::obsolete_reason(beast::http::int_to_status(status));
    return {phrase.data(), phrase.size()};
}

std::string media_type(std::string_view content_type) {
    auto type = content_type.substr(0, content_type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) {
        type.remove_suffix(1);
    }
    std::string lower(type);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

bool is_request_id(std::string_view text) noexcept {
    static constexpr std::string_view punctuation = "._:-";
    return !text.empty() && text.size() <= request_id_length_max &&
           std::ranges::all_of(text, [](char c) {
               return is_alphanumeric(c) || punctuation.find(c) != std::string_view::npos;
           });
}

std::string make_request_id() {
    thread_local boost::uuids::random_generator_mt19937 generate;
    return boost::uuids::to_string(generate());
}

}  // namespace tenon
