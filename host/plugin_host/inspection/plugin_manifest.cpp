#include "plugin_host/inspection/plugin_manifest.hpp"

#include "foundation/utf8.hpp"
#include "plugin_host/inspection/elf_image.hpp"
#include "plugin_host/inspection/plugin_policy.hpp"

#include <tenon/abi/note.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <elf.h>
#include <fmt/format.h>
#include <optional>

namespace tenon::plugin_host {
namespace {

constexpr std::string_view entry_prefix = "tenon_plugin_v";
constexpr std::string_view entry_symbol = "tenon_plugin_v1";
constexpr std::string_view step_prefix = "tenon_step_";
constexpr std::size_t longest_name = 256;

struct AbiNote {
    std::uint16_t major = 0;
    std::uint16_t minor = 0;
};

std::vector<AbiNote> abi_notes(const ElfImage& image) {
    std::vector<AbiNote> found;
    for (const auto& note : image.notes) {
        if (note.owner == TENON_NOTE_OWNER && note.type == TENON_NOTE_ABI &&
            note.value.size() >= 2 * sizeof(std::uint16_t)) {
            std::array<std::uint16_t, 2> version{};
            std::memcpy(version.data(), note.value.data(), sizeof version);
            found.push_back({version[0], version[1]});
        }
    }
    return found;
}

// Every entry symbol ends in the major it serves.
std::vector<std::string_view> entries(const ElfImage& image) {
    std::vector<std::string_view> found;
    for (const auto& symbol : image.symbols) {
        if (symbol.defined && symbol.name.starts_with(entry_prefix)) {
            found.push_back(symbol.name);
        }
    }
    return found;
}

Result<AbiNote, Finding> check_abi(const ElfImage& image) {
    const auto exported = entries(image);
    const auto notes = abi_notes(image);
    const auto ours = std::ranges::find(notes, std::uint16_t{TENON_ABI_MAJOR}, &AbiNote::major);
    const bool has_entry = std::ranges::find(exported, entry_symbol) != exported.end();
    if (exported.empty()) {
        return Finding{
            PluginRule::no_entry,
            "exports no tenon_plugin_v1",
            "build it with TENON_PLUGIN and the Tenon SDK"
        };
    }
    if (!has_entry || (!notes.empty() && ours == notes.end())) {
        const auto major = notes.empty() ? std::string(exported.front().substr(entry_prefix.size()))
                                         : std::to_string(notes.front().major);
        return Finding{
            PluginRule::other_abi,
            fmt::format(
                "is built for plugin ABI {}, but this host speaks {}",
                to_valid_utf8(major, longest_name),
                TENON_ABI_MAJOR
            ),
            "build it with this host's SDK"
        };
    }
    if (notes.empty()) {
        return Finding{
            PluginRule::no_abi_note,
            "has no ABI note",
            "build it with TENON_PLUGIN, or in C with TENON_NOTE_ABI_RECORD"
        };
    }
    return *ours;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= longest_name && valid_utf8_prefix(text) == text.size();
}

std::string hexadecimal(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    return text;
}

std::string_view until_zero(std::string_view text) {
    return text.substr(0, text.find('\0'));
}

void read_identity(std::string_view value, PluginManifest& manifest) {
    for (auto* field : {&manifest.id, &manifest.version, &manifest.sdk}) {
        const auto text = until_zero(value);
        *field = to_valid_utf8(text, longest_name);
        value.remove_prefix(std::min(value.size(), text.size() + 1));
    }
}

std::optional<Finding> read_notes(const ElfImage& image, PluginManifest& manifest) {
    for (const auto& note : image.notes) {
        if (note.owner == "GNU" && note.type == NT_GNU_BUILD_ID) {
            manifest.build_id = hexadecimal(note.value);
        }
        if (note.owner != TENON_NOTE_OWNER) {
            continue;
        }
        if (note.type == TENON_NOTE_IDENTITY) {
            read_identity(note.value, manifest);
        }
        if (note.type == TENON_NOTE_CALLABLE) {
            const auto name = until_zero(note.value);
            const bool ends = note.value.find_first_not_of('\0', name.size()) == note.value.npos;
            if (!is_name(name) || !ends) {
                return Finding{
                    PluginRule::callable_name,
                    "declares a callable whose name is empty, too long, no UTF-8 or has a zero "
                    "inside",
                    fmt::format("give it a name of up to {} bytes, none of them zero", longest_name)
                };
            }
            if (std::ranges::find(manifest.callables, name) != manifest.callables.end()) {
                return Finding{
                    PluginRule::duplicate_callable,
                    fmt::format("declares {} twice", name),
                    "rename one"
                };
            }
            manifest.callables.emplace_back(name);
        }
    }
    return std::nullopt;
}

}  // namespace

Result<PluginManifest, Finding> read_manifest(const ElfImage& image) {
    const auto abi = check_abi(image);
    if (!abi) {
        return abi.error();
    }
    PluginManifest manifest;
    manifest.abi_major = abi->major;
    manifest.abi_minor = abi->minor;
    if (const auto problem = read_notes(image, manifest)) {
        return *problem;
    }
    for (const auto& symbol : image.symbols) {
        if (symbol.defined && symbol.type == STT_FUNC && symbol.name.starts_with(step_prefix)) {
            manifest.step_symbols.emplace_back(symbol.name);
        }
    }
    return manifest;
}

Result<PluginManifest> inspect_plugin(std::span<const std::byte> bytes) {
    const auto image = ElfImage::parse(bytes);
    if (!image) {
        return to_error(image.error());
    }
    auto manifest = read_manifest(*image);
    if (!manifest) {
        return to_error(manifest.error());
    }
    for (const auto& finding : judge_image(*image)) {
        if (info_of(finding.rule).severity == Severity::refused) {
            return to_error(finding);
        }
    }
    return *std::move(manifest);
}

}  // namespace tenon::plugin_host
