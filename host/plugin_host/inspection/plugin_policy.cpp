#include "plugin_host/inspection/plugin_policy.hpp"

#include "foundation/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gnu/libc-version.h>
#include <memory>
#include <optional>

namespace tenon::plugin_host {
namespace {

constexpr std::size_t longest_name = 256;

// Of every handler's process, so of every host's.
constexpr std::array<std::string_view, 18> system_libraries{
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libstdc++.so.6",
    "libgcc_s.so.1",
    "libssl.so.3",
    "libcrypto.so.3",
    "libz.so.1",
    "libresolv.so.2",
    "libutil.so.1",
    "libcurl.so.4",
    "libpq.so.5",
    "libatomic.so.1",
    "libc++.so.1",
    "libc++abi.so.1",
    "ld-linux-x86-64.so.2",
};

// Sorted: suspicious_imports() searches it.
constexpr std::array<std::string_view, 44> process_wide{
    "_Exit",       "_exit",       "abort",          "at_quick_exit", "atexit",       "chdir",
    "chroot",      "clearenv",    "close_range",    "closefrom",     "daemon",       "dlclose",
    "dlmopen",     "dlopen",      "execl",          "execle",        "execlp",       "execv",
    "execve",      "execvp",      "exit",           "fchdir",        "fork",         "kill",
    "personality", "prctl",       "pthread_atfork", "pthread_exit",  "pthread_kill", "putenv",
    "quick_exit",  "raise",       "setenv",         "setlocale",     "setrlimit",    "sigaction",
    "signal",      "sigprocmask", "system",         "tcsetattr",     "umask",        "unsetenv",
    "vfork",       "wait",
};
static_assert(std::ranges::is_sorted(process_wide));

class Judge {
public:
    explicit Judge(const ElfImage& image) : image_(image) {}

    std::vector<Finding> findings() {
        check_segments();
        check_unique();
        check_libc();
        check_symbols();
        check_linking();
        check_exports();
        check_imports();
        return std::move(findings_);
    }

private:
    void add(PluginRule rule, std::string what, std::string fix) {
        findings_.push_back({rule, std::move(what), std::move(fix)});
    }

    // Each of these would outlive the plugin or reach beyond it; none can be undone after loading.
    void check_segments() {
        if (image_.position_independent_executable) {
            add(PluginRule::not_shared_object,
                "is an executable, not a shared object",
                "link it with -shared");
        }
        if (image_.executable_stack) {
            add(PluginRule::executable_stack,
                "wants an executable stack",
                "link it with -z noexecstack");
        }
        if (image_.writable_code) {
            add(PluginRule::writable_code,
                "has memory that is both written and executed",
                "link it without -N and without a linker script of your own");
        }
        if (image_.text_relocations) {
            add(PluginRule::text_relocations, "has text relocations", "compile all of it with -fPIC"
            );
        }
        if (image_.static_tls) {
            add(PluginRule::static_tls,
                "uses static thread-local storage",
                "drop -ftls-model=initial-exec");
        }
    }

    void check_unique() {
        const auto unique = std::ranges::find_if(image_.symbols, [](const ElfSymbol& symbol) {
            return symbol.defined && symbol.bind == STB_GNU_UNIQUE;
        });
        if (unique != image_.symbols.end()) {
            add(PluginRule::unique_symbol,
                fmt::format(
                    "exports the unique symbol {}, which every plugin would share and which pins "
                    "it",
                    to_valid_utf8(unique->name, longest_name)
                ),
                "compile with -fno-gnu-unique");
        }
    }

    // "GLIBC_2.38" as 2038; nothing for other schemes.
    static std::optional<int> libc_version(std::string_view text) {
        constexpr std::string_view prefix = "GLIBC_";
        text.remove_prefix(text.starts_with(prefix) ? prefix.size() : 0);
        int major = 0;
        int minor = 0;
        const auto* end = text.data() + text.size();
        const auto first = std::from_chars(text.data(), end, major);
        if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.' || major > 99) {
            return std::nullopt;
        }
        const auto second = std::from_chars(first.ptr + 1, end, minor);
        return second.ec == std::errc{} && minor < 1000 ? std::optional(major * 1000 + minor)
                                                        : std::nullopt;
    }

    void check_libc() {
        const std::string_view ours = gnu_get_libc_version();
        const auto limit = libc_version(ours);
        for (const auto& [library, version] : image_.versions) {
            const auto wanted =
                version.starts_with("GLIBC_") ? libc_version(version) : std::nullopt;
            if (wanted && limit && *wanted > *limit) {
                add(PluginRule::newer_libc,
                    fmt::format(
                        "needs {} of {}, but this host has glibc {}",
                        to_valid_utf8(version, longest_name),
                        to_valid_utf8(library, longest_name),
                        ours
                    ),
                    "build it on the oldest system that it shall run on");
                return;
            }
        }
    }

    using LibraryHandle = std::unique_ptr<void, decltype([](void* handle) { dlclose(handle); })>;

    // Names the symbol that loading would miss, as far as that is known before: with every library
    // it needs in memory already. Otherwise the loader has the last word.
    void check_symbols() {
        std::vector<LibraryHandle> libraries;
        for (const auto library : image_.needed) {
            LibraryHandle handle(dlopen(std::string(library).c_str(), RTLD_LAZY | RTLD_NOLOAD));
            if (!handle) {
                return;
            }
            libraries.push_back(std::move(handle));
        }
        for (const auto& symbol : image_.symbols) {
            if (symbol.defined || symbol.bind != STB_GLOBAL || symbol.name.empty()) {
                continue;
            }
            const std::string name(symbol.name);
            const auto provides = [&name](const LibraryHandle& library) {
                return dlsym(library.get(), name.c_str()) != nullptr;
            };
            if (dlsym(RTLD_DEFAULT, name.c_str()) == nullptr &&
                std::ranges::none_of(libraries, provides)) {
                add(PluginRule::unresolved_symbol,
                    fmt::format(
                        "needs the symbol {}, which nothing provides",
                        to_valid_utf8(name, longest_name)
                    ),
                    "link what defines it into the plugin");
                return;
            }
        }
    }

    void check_linking() {
        if (!image_.bound_at_once) {
            add(PluginRule::lazy_binding, "binds its symbols late", "link it with -z now");
        }
        if (image_.never_unloaded) {
            add(PluginRule::never_unloaded,
                "is marked never to be unloaded",
                "link it without -z nodelete, or expect each build to stay in memory");
        }
        if (!image_.soname.empty()) {
            add(PluginRule::soname,
                fmt::format(
                    "calls itself {}, by which a loader may take another file for it",
                    to_valid_utf8(image_.soname, longest_name)
                ),
                "link it without -soname; with CMake as a MODULE");
        }
        const auto path = image_.runpath.empty() ? image_.rpath : image_.runpath;
        if (!path.empty()) {
            add(PluginRule::library_path,
                fmt::format(
                    "looks for libraries in {}, which its private copy will not find",
                    to_valid_utf8(path, longest_name)
                ),
                "link libraries of its own statically, and without -rpath");
        }
        for (const auto library : image_.needed) {
            if (std::ranges::find(system_libraries, library) == system_libraries.end()) {
                add(PluginRule::own_libraries,
                    fmt::format(
                        "needs {}, and shares it with every plugin that names it too",
                        to_valid_utf8(library, longest_name)
                    ),
                    "link it statically, with --exclude-libs,ALL");
            }
        }
    }

    static bool belongs_to_abi(std::string_view name) {
        return name.starts_with("tenon_plugin_v") || name.starts_with("tenon_step_");
    }

    void check_exports() {
        std::vector<std::string> extra;
        for (const auto& symbol : image_.symbols) {
            const bool exported = symbol.defined && symbol.visible && symbol.bind != STB_LOCAL &&
                                  !symbol.name.empty();
            if (exported && !belongs_to_abi(symbol.name)) {
                extra.push_back(to_valid_utf8(symbol.name, longest_name));
            }
        }
        if (!extra.empty()) {
            constexpr std::size_t shown = 3;
            const auto count = extra.size();
            extra.resize(std::min(count, shown));
            add(PluginRule::extra_exports,
                fmt::format(
                    "exports {} symbols that are no part of a plugin: {}{}",
                    count,
                    fmt::join(extra, ", "),
                    count > shown ? ", …" : ""
                ),
                "link it with the SDK's version script, tenon_plugin.map");
        }
    }

    void check_imports() {
        const auto found = suspicious_imports(image_);
        if (!found.empty()) {
            add(PluginRule::suspicious_import,
                fmt::format(
                    "calls what changes or ends the whole process: {}", fmt::join(found, ", ")
                ),
                "leave the process to its host; report failures as errors of the step");
        }
    }

    const ElfImage& image_;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<std::string_view> suspicious_imports(const ElfImage& image) {
    std::vector<std::string_view> found;
    for (const auto& symbol : image.symbols) {
        if (!symbol.defined && std::ranges::binary_search(process_wide, symbol.name)) {
            found.push_back(symbol.name);
        }
    }
    return found;
}

std::vector<Finding> judge_image(const ElfImage& image) {
    const auto findings = Judge(image).findings();
    std::vector<Finding> ordered;
    for (const auto severity : {Severity::refused, Severity::warning}) {
        std::ranges::copy_if(findings, std::back_inserter(ordered), [severity](const auto& found) {
            return info_of(found.rule).severity == severity;
        });
    }
    return ordered;
}

std::vector<Finding> judge_manifest(const PluginManifest& manifest) {
    std::vector<Finding> findings;
    if (manifest.build_id.empty()) {
        findings.push_back(
            {PluginRule::no_build_id,
             "has no build id, so a crash cannot be traced to a build",
             "link it with --build-id=sha1"}
        );
    }
    if (manifest.id.empty() || manifest.version.empty()) {
        findings.push_back(
            {PluginRule::no_identity,
             "does not name its id and version in its notes",
             "use TENON_PLUGIN, or in C TENON_NOTE_TEXT with TENON_NOTE_IDENTITY"}
        );
    }
    return findings;
}

}  // namespace tenon::plugin_host
