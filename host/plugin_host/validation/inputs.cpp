#include "plugin_host/validation/inputs.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <fmt/format.h>

namespace tenon::plugin_host {
namespace {

using nlohmann::json;

constexpr std::size_t large = std::size_t{5} * 1024 * 1024;
constexpr int deep = 120;

json object_of(std::string_view text) {
    auto parsed = json::parse(text, nullptr, false);
    return parsed.is_object() ? parsed : json::object();
}

std::string nested(int levels) {
    std::string text;
    for (int i = 0; i < levels; ++i) {
        text += R"({"deeper":)";
    }
    return text + "1" + std::string(static_cast<std::size_t>(levels), '}');
}

const std::array<json, 12>& strange_values() {
    static const std::array<json, 12> values{
        json(nullptr),
        json(true),
        json(-1),
        json(0),
        json(9223372036854775807LL),
        json(18446744073709551615ULL),
        json(1e308),
        json(-0.0),
        json(""),
        json("\xF0\x9D\x84\x9E \xE2\x80\xAE \xC3\xA9"),
        json::array(),
        json::object(),
    };
    return values;
}

}  // namespace

std::vector<HostileContext> hostile_contexts(std::string_view good) {
    const auto object = object_of(good);
    std::vector<HostileContext> contexts{
        {"an empty object", "{}"},
        {"120 levels", nested(deep)},
        {"a text of 5 MiB", fmt::format(R"({{"text":"{}"}})", std::string(large, 'x'))},
        {"names and texts of many scripts", R"({"名前":"\ud834\udd1e \u202e","":"","é":"\u0001"})"},
        {"numbers at their limits", R"({"a":1e308,"b":123456789012345678901234567890,"c":-0.0})"},
    };
    for (const auto& [key, value] : object.items()) {
        auto without = object;
        without.erase(key);
        contexts.push_back({fmt::format("without {}", key), without.dump()});
        for (const auto& strange : strange_values()) {
            auto odd = object;
            odd[key] = strange;
            contexts.push_back({fmt::format("with {} as {}", key, strange.dump()), odd.dump()});
        }
    }
    auto more = object;
    more["a field that nobody knows"] = json::array({1, "2", nullptr});
    contexts.push_back({"with a field too many", more.dump()});
    return contexts;
}

ContextMutator::ContextMutator(std::string_view good, std::uint64_t seed)
    : good_(std::make_unique<json>(object_of(good))), random_(seed) {}

ContextMutator::~ContextMutator() = default;

std::string ContextMutator::next() {
    constexpr std::size_t longest = 4096;
    auto mutated = *good_;
    const auto& strange = strange_values();
    std::vector<std::string> keys{"a", "value", ""};
    for (const auto& [key, value] : good_->items()) {
        keys.push_back(key);
    }
    const auto changes = 1 + random_() % 4;
    for (std::uint64_t i = 0; i < changes; ++i) {
        const auto& key = keys[random_() % keys.size()];
        const auto& value = strange[random_() % strange.size()];
        const auto letter = static_cast<char>('a' + i);
        switch (random_() % 4) {
            case 0: mutated.erase(key); break;
            case 1: mutated[key] = value; break;
            case 2: mutated[key] = json::array({value, *good_, random_() % 100}); break;
            default: mutated[key] = std::string(random_() % longest, letter); break;
        }
    }
    return mutated.dump();
}

}  // namespace tenon::plugin_host
