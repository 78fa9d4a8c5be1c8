#include "plugin_host/inspection/plugin_manifest.hpp"

#include "foundation/utf8.hpp"
#include "plugin_host/inspection/elf_image.hpp"

#include <tenon/abi/note.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <ranges>

namespace tenon::plugin_host {
namespace {

constexpr std::string_view entry_prefix = "tenon_plugin_v";
constexpr std::string_view entry_symbol = "tenon_plugin_v1";
constexpr std::string_view step_prefix = "tenon_step_";
constexpr std::size_t longest_name = 256;

Error refusal(std::string sentence) {
    return Error{ErrorCode::invalid_input, std::move(sentence)};
}

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

Result<AbiNote> check_abi(const ElfImage& image) {
    const auto exported = entries(image);
    const auto notes = abi_notes(image);
    const auto ours = std::ranges::find(notes, std::uint16_t{TENON_ABI_MAJOR}, &AbiNote::major);
    const bool has_entry = std::ranges::find(exported, entry_symbol) != exported.end();
    if (exported.empty()) {
        return refusal("exports no tenon_plugin_v1: build it with TENON_PLUGIN and the Tenon SDK");
    }
    if (!has_entry || (!notes.empty() && ours == notes.end())) {
        const auto major = notes.empty() ? std::string(exported.front().substr(entry_prefix.size()))
                                         : std::to_string(notes.front().major);
        return refusal(fmt::format(
            "is built for plugin ABI {}, but this host speaks {}: build it with this host's SDK",
            major,
            TENON_ABI_MAJOR
        ));
    }
    if (notes.empty()) {
        return refusal(
            "has no ABI note: build it with TENON_PLUGIN, or in C with TENON_NOTE_ABI_RECORD"
        );
    }
    return *ours;
}

// Each of these would outlive the plugin or reach beyond it; none can be undone after loading.
std::optional<Error> check_policy(const ElfImage& image) {
    if (image.position_independent_executable) {
        return refusal("is an executable, not a shared object: link it with -shared");
    }
    if (image.executable_stack) {
        return refusal("wants an executable stack: link it with -z noexecstack");
    }
    if (image.text_relocations) {
        return refusal("has text relocations: compile all of it with -fPIC");
    }
    if (image.static_tls) {
        return refusal("uses static thread-local storage: drop -ftls-model=initial-exec");
    }
    const auto unique = std::ranges::find_if(image.symbols, [](const ElfSymbol& symbol) {
        return symbol.defined && symbol.bind == STB_GNU_UNIQUE;
    });
    if (unique != image.symbols.end()) {
        return refusal(fmt::format(
            "exports the unique symbol {}, which every plugin would share and which pins it: "
            "compile with -fno-gnu-unique",
            unique->name
        ));
    }
    return std::nullopt;
}

using LibraryHandle = std::unique_ptr<void, decltype([](void* handle) { dlclose(handle); })>;

// Names the symbol that loading would miss, as far as that is known before: with every library it
// needs in memory already. Otherwise the loader has the last word.
std::optional<Error> check_symbols(const ElfImage& image) {
    std::vector<LibraryHandle> libraries;
    for (const auto library : image.needed) {
        LibraryHandle handle(dlopen(std::string(library).c_str(), RTLD_LAZY | RTLD_NOLOAD));
        if (!handle) {
            return std::nullopt;
        }
        libraries.push_back(std::move(handle));
    }
    for (const auto& symbol : image.symbols) {
        if (symbol.defined || symbol.bind != STB_GLOBAL || symbol.name.empty()) {
            continue;
        }
        const std::string name(symbol.name);
        const bool found = dlsym(RTLD_DEFAULT, name.c_str()) != nullptr ||
                           std::ranges::any_of(libraries, [&name](const LibraryHandle& library) {
                               return dlsym(library.get(), name.c_str()) != nullptr;
                           });
        if (!found) {
            return refusal(fmt::format(
                "needs the symbol {}, which nothing provides: link what defines it into the plugin",
                to_valid_utf8(name, longest_name)
            ));
        }
    }
    return std::nullopt;
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

std::optional<Error> read_notes(const ElfImage& image, PluginManifest& manifest) {
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
            if (!is_name(name)) {
                return refusal("declares a callable whose name is empty, too long or no UTF-8");
            }
            manifest.callables.emplace_back(name);
        }
    }
    return std::nullopt;
}

}  // namespace

Result<PluginManifest> inspect_plugin(std::span<const std::byte> bytes) {
    const auto image = ElfImage::parse(bytes);
    if (!image) {
        return image.error();
    }
    const auto abi = check_abi(*image);
    if (!abi) {
        return abi.error();
    }
    PluginManifest manifest;
    manifest.abi_major = abi->major;
    manifest.abi_minor = abi->minor;
    for (const auto& problem :
         {check_policy(*image), check_symbols(*image), read_notes(*image, manifest)}) {
        if (problem) {
            return *problem;
        }
    }
    for (const auto& symbol : image->symbols) {
        if (symbol.defined && symbol.type == STT_FUNC && symbol.name.starts_with(step_prefix)) {
            manifest.step_symbols.emplace_back(symbol.name);
        }
    }
    return manifest;
}

}  // namespace tenon::plugin_host
