#pragma once

#include <tenon/json_view.hpp>

#include <nlohmann/json.hpp>

namespace tenon {
inline namespace sdk_v1 {

/// A JSON tree, for handlers that build or search large documents. Opt-in: it costs a plugin
/// seconds of compile time that JsonView does not.
using json = nlohmann::json;

namespace detail {

/// What JsonView reads and writes without a tree.
template <class T>
inline constexpr bool native_json =
    std::is_arithmetic_v<T> || std::is_same_v<T, JsonView> || std::is_same_v<T, std::string> ||
    std::is_same_v<T, ExactInteger>;

template <class T>
inline constexpr bool native_json<std::vector<T>> = native_json<T>;

}  // namespace detail

/// Everything nlohmann/json converts, your own types with to_json and from_json included.
template <class T>
    requires(
        !detail::native_json<T> && (std::is_class_v<T> || std::is_enum_v<T>) &&
        (std::same_as<T, json> || requires(const json& tree, T& value) { tree.get_to(value); })
    )
struct JsonCodec<T> {
    static T read(const JsonView& view) {
        try {
            return json::parse(view.text()).template get<T>();
        } catch (const json::exception& error) {
            throw ValidationError(view.path() + " does not fit: " + error.what());
        }
    }

    static std::string write(const T& value) {
        return json(value).dump(-1, ' ', false, json::error_handler_t::replace);
    }
};

}  // namespace sdk_v1
}  // namespace tenon
