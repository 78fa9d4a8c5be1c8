#pragma once

#include "foundation/result.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tenon::plugin_host {

/// A shared object in memory, bound at once and for itself alone (RTLD_NOW | RTLD_LOCAL). Loading
/// runs its static constructors; the destructor unloads it. Move-only.
class Library {
public:
    /// Loads `file`, whose path no other library of this process may have had. The error is the
    /// loader's own text.
    static Result<Library> open(const std::filesystem::path& file);

    Library(Library&&) noexcept;
    Library& operator=(Library&&) = delete;
    ~Library();

    /// The address of an exported symbol, or null.
    void* find(const std::string& symbol) const noexcept;

    /// Keeps it in memory for ever, also when this object goes: somebody is still inside.
    void stay() noexcept;

private:
    struct Handle;

    explicit Library(std::unique_ptr<Handle> handle);

    std::unique_ptr<Handle> handle_;
};

}  // namespace tenon::plugin_host
