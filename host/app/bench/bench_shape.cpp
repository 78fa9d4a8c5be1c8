#include "app/bench/bench_shape.hpp"

#include "foundation/error.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>
#include <vector>

namespace tenon::app {
namespace {

struct KindTraits {
    BenchShape::Kind kind;
    std::string_view name;
    std::int32_t usual;
    std::int32_t largest;
};

using Kind = BenchShape::Kind;
using Names = std::vector<std::string>;

constexpr std::array<KindTraits, 4> kinds{{
    {.kind = Kind::chain, .name = "chain", .usual = 4, .largest = 1'000},
    {.kind = Kind::diamond, .name = "diamond", .usual = 1, .largest = 250},
    {.kind = Kind::tree, .name = "tree", .usual = 3, .largest = 12},
    {.kind = Kind::wide, .name = "wide", .usual = 50, .largest = 10'000},
}};

const KindTraits& traits_of(Kind kind) {
    return kinds.at(static_cast<std::size_t>(kind));
}

/// Collects steps; each call returns the name of the step that it added.
class Steps {
public:
    explicit Steps(std::int32_t payload) : payload_(payload) {}

    std::string add(const Names& dependencies) {
        auto name = fmt::format("step_{}", ++count_);
        text_ += fmt::format(
            "  - name: {}\n    handler: {{callable: \"noop::NoopHandler\"{}}}\n"
            "    dependencies: [{}]\n",
            name,
            payload_ == 0 ? "" : fmt::format(", initialization: {{bytes: {}}}", payload_),
            fmt::join(dependencies, ", ")
        );
        return name;
    }

    /// `count` steps beside each other.
    Names add_many(std::int32_t count, const Names& dependencies) {
        Names names;
        for (std::int32_t i = 0; i < count; ++i) {
            names.push_back(add(dependencies));
        }
        return names;
    }

    std::string take() && { return std::move(text_); }

private:
    std::int32_t payload_;
    std::int32_t count_ = 0;
    std::string text_;
};

void add_tree(Steps& steps, std::int32_t levels) {
    Names level{steps.add({})};
    for (std::int32_t i = 1; i < levels; ++i) {
        Names next;
        for (const auto& parent : level) {
            for (auto& child : steps.add_many(2, {parent})) {
                next.push_back(std::move(child));
            }
        }
        level = std::move(next);
    }
    steps.add(level);
}

[[noreturn]] void refuse(const std::string& text) {
    throw Exception(
        {ErrorCode::invalid_input,
         "'" + text +
             "' is no shape; give chain[:STEPS up to 1000], diamond[:STACKED up to 250], "
             "tree[:LEVELS up to 12], wide[:STEPS up to 10000] or mixed"}
    );
}

}  // namespace

std::vector<BenchShape> BenchShape::parse(const std::string& text) {
    if (text == "mixed") {
        std::vector<BenchShape> shapes;
        for (const auto& known : kinds) {
            shapes.push_back({.kind = known.kind, .size = known.usual});
        }
        return shapes;
    }
    const auto colon = text.find(':');
    for (const auto& known : kinds) {
        if (text.substr(0, colon) != known.name) {
            continue;
        }
        BenchShape shape{.kind = known.kind, .size = known.usual};
        if (colon != std::string::npos) {
            const auto* end = text.data() + text.size();
            const auto read = std::from_chars(text.data() + colon + 1, end, shape.size);
            if (read.ec != std::errc() || read.ptr != end || shape.size < 1 ||
                shape.size > known.largest) {
                refuse(text);
            }
        }
        return {shape};
    }
    refuse(text);
}

std::string BenchShape::name() const {
    const auto name = fmt::format("{}_{}", traits_of(kind).name, size);
    return payload == 0 ? name : fmt::format("{}_{}", name, payload);
}

std::string BenchShape::yaml(std::string_view namespace_name) const {
    Steps steps(payload);
    Names last;
    switch (kind) {
        case Kind::chain:
            for (std::int32_t i = 0; i < size; ++i) {
                last = {steps.add(last)};
            }
            break;
        case Kind::diamond:
            for (std::int32_t i = 0; i < size; ++i) {
                last = {steps.add(last)};
                last = {steps.add(steps.add_many(2, last))};
            }
            break;
        case Kind::tree: add_tree(steps, size); break;
        case Kind::wide:
            last = {steps.add({})};
            steps.add(steps.add_many(size, last));
            break;
    }
    return fmt::format(
        "name: {}\nnamespace_name: {}\nversion: 1.0.0\nsteps:\n{}",
        name(),
        namespace_name,
        std::move(steps).take()
    );
}

}  // namespace tenon::app
