#include "domain/template/yaml_document.hpp"

#include "domain/template/core_schema.hpp"
#include "foundation/utf8.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace tenon {
namespace {

using namespace std::string_view_literals;

constexpr auto core_tags = "tag:yaml.org,2002:"sv;

Place place_of(const YAML::Mark& mark) noexcept {
    return {mark.line + 1, mark.column + 1};
}

// Stops the parser, which has no other way to be stopped; never leaves this file.
struct Fault {
    Place place;
    std::string detail;
};

// Turns the parser's events into a tree, counting what it costs.
class DocumentBuilder : public YAML::EventHandler {
public:
    explicit DocumentBuilder(YamlLimits limits) : limits_(limits) {}

    DocumentNode take_root() { return std::move(*root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (root_) {
            throw Fault{place_of(mark), "a second document begins here, use one file for each"};
        }
    }

    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        scalar(place_of(mark), anchor, "", nullptr);
    }

    void OnScalar(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        const std::string& value
    ) override {
        const auto place = place_of(mark);
        if (value.find('\0') != std::string::npos) {
            throw Fault{place, "the NUL character cannot be stored, leave it out"};
        }
        const bool is_plain = tag == "?" || tag.empty();
        if (!is_plain && tag != "!" && tag != fmt::format("{}str", core_tags)) {
            throw foreign_tag(place, tag);
        }
        const auto text = is_plain ? without_symbol_colon(value) : std::string_view(value);
        const bool is_string = !is_plain || text.size() < value.size() || expects_key();
        scalar(place, anchor, text, is_string ? nlohmann::json(text) : plain(place, value));
    }

    void OnSequenceStart(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        YAML::EmitterStyle::value /*style*/
    ) override {
        open(DocumentNode::Kind::sequence, place_of(mark), tag, anchor);
    }

    void OnSequenceEnd() override { close(); }

    void OnMapStart(
        const YAML::Mark& mark,
        const std::string& tag,
        YAML::anchor_t anchor,
        YAML::EmitterStyle::value /*style*/
    ) override {
        open(DocumentNode::Kind::mapping, place_of(mark), tag, anchor);
    }

    void OnMapEnd() override { close(); }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto place = place_of(mark);
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) {
            throw Fault{
                place, "this alias names a key or a value that is still open, write it out"
            };
        }
        if (expects_key()) {
            throw Fault{place, "an alias cannot be a key, write the key out"};
        }
        const auto& target = found->second;
        count(place, target.size);
        check_depth(place, frames_.size() + target.height);
        attach(target.node, target.height);
    }

private:
    // A collection that is still open.
    struct Frame {
        DocumentNode node;
        YAML::anchor_t anchor = YAML::NullAnchor;
        std::size_t nodes_before = 0;
        std::size_t height = 1;  // levels of collections, its own included
        std::optional<DocumentEntry> key;
    };

    struct Anchored {
        DocumentNode node;
        std::size_t size = 0;
        std::size_t height = 0;
    };

    static Fault foreign_tag(Place place, std::string_view tag) {
        return {place, fmt::format("tag '{}' is not supported, remove it", tag)};
    }

    static nlohmann::json plain(Place place, std::string_view text) {
        auto value = resolve_plain_scalar(text);
        if (!value) {
            throw Fault{place, value.error().detail};
        }
        return std::move(*value);
    }

    bool expects_key() const {
        return !frames_.empty() && frames_.back().node.kind == DocumentNode::Kind::mapping &&
               !frames_.back().key;
    }

    void count(Place place, std::size_t nodes) {
        nodes_ += nodes;
        if (nodes_ > limits_.max_nodes) {
            throw Fault{
                place,
                fmt::format(
                    "more than {} values, counting each use of an anchor", limits_.max_nodes
                )
            };
        }
    }

    void check_depth(Place place, std::size_t depth) const {
        if (depth > limits_.max_depth) {
            throw Fault{place, fmt::format("nested deeper than {} levels", limits_.max_depth)};
        }
    }

    void scalar(Place place, YAML::anchor_t anchor, std::string_view text, nlohmann::json value) {
        count(place, 1);
        if (expects_key()) {
            if (value.is_null()) {
                throw Fault{place, "a value without a key"};
            }
            frames_.back().key = DocumentEntry{std::string(text), place, {}};
            return;
        }
        DocumentNode node;
        node.place = place;
        node.scalar = std::move(value);
        remember(anchor, node, 1, 0);
        attach(std::move(node), 0);
    }

    void open(DocumentNode::Kind kind, Place place, std::string_view tag, YAML::anchor_t anchor) {
        const auto own_tag = kind == DocumentNode::Kind::sequence ? "seq"sv : "map"sv;
        if (tag != "?" && tag != "!" && !tag.empty() &&
            tag != fmt::format("{}{}", core_tags, own_tag)) {
            throw foreign_tag(place, tag);
        }
        if (expects_key()) {
            throw Fault{place, "a key must be a scalar"};
        }
        count(place, 1);
        check_depth(place, frames_.size() + 1);
        Frame frame;
        frame.node.kind = kind;
        frame.node.place = place;
        frame.anchor = anchor;
        frame.nodes_before = nodes_;
        frames_.push_back(std::move(frame));
    }

    void close() {
        auto frame = std::move(frames_.back());
        frames_.pop_back();
        refuse_duplicate_keys(frame.node);
        remember(frame.anchor, frame.node, nodes_ - frame.nodes_before + 1, frame.height);
        attach(std::move(frame.node), frame.height);
    }

    static void refuse_duplicate_keys(const DocumentNode& mapping) {
        std::unordered_map<std::string_view, int> line_of;
        for (const auto& entry : mapping.entries) {
            const auto [first, is_new] = line_of.emplace(entry.key, entry.place.line);
            if (!is_new) {
                throw Fault{
                    entry.place,
                    fmt::format("duplicate key '{}', first in line {}", entry.key, first->second)
                };
            }
        }
    }

    // The copy that later aliases use costs memory as well, so it is counted.
    void remember(
        YAML::anchor_t anchor,
        const DocumentNode& node,
        std::size_t size,
        std::size_t height
    ) {
        if (anchor == YAML::NullAnchor) {
            return;
        }
        count(node.place, size);
        anchors_[anchor] = Anchored{node, size, height};
    }

    void attach(DocumentNode node, std::size_t height) {
        if (frames_.empty()) {
            root_ = std::move(node);
            return;
        }
        auto& parent = frames_.back();
        parent.height = std::max(parent.height, height + 1);
        if (parent.node.kind == DocumentNode::Kind::sequence) {
            parent.node.items.push_back(std::move(node));
            return;
        }
        parent.key->value = std::move(node);
        parent.node.entries.push_back(std::move(*std::exchange(parent.key, std::nullopt)));
    }

    YamlLimits limits_;
    std::size_t nodes_ = 0;
    std::vector<Frame> frames_;
    std::unordered_map<YAML::anchor_t, Anchored> anchors_;
    std::optional<DocumentNode> root_;
};

Place place_of_offset(std::string_view text, std::size_t offset) {
    const auto before = text.substr(0, offset);
    const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return {
        static_cast<int>(std::ranges::count(before, '\n')) + 1,
        static_cast<int>(offset - line_start) + 1
    };
}

// The parser guesses encodings and lets control characters pass; we do neither.
std::optional<Fault> foreign_bytes(std::string_view text) {
    if (const auto valid = valid_utf8_prefix(text); valid < text.size()) {
        return Fault{place_of_offset(text, valid), "invalid UTF-8, save the file as UTF-8"};
    }
    const auto control = std::ranges::find_if(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7F;
    });
    if (control != text.end()) {
        return Fault{
            place_of_offset(text, static_cast<std::size_t>(control - text.begin())),
            fmt::format(
                "control character 0x{:02x}, remove it",
                static_cast<unsigned>(static_cast<unsigned char>(*control))
            )
        };
    }
    return std::nullopt;
}

DocumentNode build(std::string_view text, YamlLimits limits) {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    DocumentBuilder builder(limits);
    if (!parser.HandleNextDocument(builder)) {
        throw Fault{{}, "the file has no content"};
    }
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take_root();
}

}  // namespace

Result<DocumentNode> read_yaml(
    std::string_view text,
    std::string_view file_name,
    YamlLimits limits
) {
    const auto refused = [file_name](const Fault& fault) {
        return Error{ErrorCode::invalid_input, place_prefix(file_name, fault.place) + fault.detail};
    };
    if (text.size() > limits.max_bytes) {
        return refused(
            {{},
             fmt::format("{} bytes are above the limit of {} bytes", text.size(), limits.max_bytes)}
        );
    }
    if (const auto fault = foreign_bytes(text)) {
        return refused(*fault);
    }
    try {
        return build(text, limits);
    } catch (const Fault& fault) {
        return refused(fault);
    } catch (const YAML::Exception& error) {
        return refused({place_of(error.mark), "malformed YAML: " + error.msg});
    }
}

}  // namespace tenon
