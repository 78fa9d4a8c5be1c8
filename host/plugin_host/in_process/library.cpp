#include "plugin_host/in_process/library.hpp"

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include <dlfcn.h>
#include <system_error>

namespace tenon::plugin_host {

struct Library::Handle {
    boost::dll::shared_library library;  // Never copied: a copy loads the path again.
};

Library::Library(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}

Library::Library(Library&&) noexcept = default;
Library::~Library() = default;

Result<Library> Library::open(const std::filesystem::path& file) {
    auto handle = std::make_unique<Handle>();
    std::error_code failed;
    // Boost.DLL binds lazily unless told otherwise: a missing symbol would end the process later.
    const auto mode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local;
    ::dlerror();  // NOLINT(concurrency-mt-unsafe): each thread has its own in glibc.
    handle->library.load(file, failed, mode);
    if (failed) {
        // The error code always says "bad file descriptor"; the loader knows better.
        const char* text = ::dlerror();  // NOLINT(concurrency-mt-unsafe)
        std::string detail = text == nullptr ? failed.message() : text;
        if (detail.find("failed to map segment") != std::string::npos) {
            detail += " (is the snapshot directory mounted noexec?)";
        }
        return Error{ErrorCode::invalid_input, std::move(detail)};
    }
    return Library(std::move(handle));
}

void* Library::find(const std::string& symbol) const noexcept {
    return ::dlsym(handle_->library.native(), symbol.c_str());
}

void Library::stay() noexcept {
    static_cast<void>(!handle_.release());
}

}  // namespace tenon::plugin_host
