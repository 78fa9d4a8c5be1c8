#include "plugin_host/crash/guest_code.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <link.h>
#include <string>

namespace tenon::plugin_host {
namespace {

constexpr std::size_t most_known = 1024;

// Read by a signal handler, which may take no lock.
std::array<std::atomic<const GuestCode*>, most_known> known_code{};
std::atomic<std::size_t> used_slots{0};

struct Range {
    std::string file;
    std::uint64_t base = 0;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

int look_at(dl_phdr_info* library, std::size_t /*size*/, void* wanted) {
    auto& range = *static_cast<Range*>(wanted);
    if (library->dlpi_name == nullptr || range.file != library->dlpi_name) {
        return 0;
    }
    range.base = library->dlpi_addr;
    for (const auto& header : std::span(library->dlpi_phdr, library->dlpi_phnum)) {
        if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0) {
            const auto begin = range.base + header.p_vaddr;
            const auto end = begin + header.p_memsz;
            range.begin = range.end == 0 ? begin : std::min(range.begin, begin);
            range.end = std::max(range.end, end);
        }
    }
    return 1;
}

}  // namespace

GuestCode::GuestCode(const std::filesystem::path& file, const PluginInfo& build) : build_(&build) {
    Range range{.file = file.string()};
    ::dl_iterate_phdr(&look_at, &range);
    base_ = range.base;
    begin_ = range.begin;
    end_ = range.end;
    for (std::size_t i = 0; begin_ != end_ && i < most_known; ++i) {
        const GuestCode* nobody = nullptr;
        if (known_code[i].compare_exchange_strong(nobody, this)) {
            auto used = used_slots.load();
            while (used <= i && !used_slots.compare_exchange_weak(used, i + 1)) {
            }
            return;
        }
    }
}

GuestCode::~GuestCode() {
    for (std::size_t i = 0; i < used_slots; ++i) {
        const GuestCode* self = this;
        known_code[i].compare_exchange_strong(self, nullptr);
    }
}

std::optional<GuestCode::Place> GuestCode::find(std::uint64_t address) noexcept {
    for (std::size_t i = 0; i < used_slots; ++i) {
        const auto* code = known_code[i].load();
        if (code != nullptr && address >= code->begin_ && address < code->end_) {
            return Place{code->build_, address - code->base_};
        }
    }
    return std::nullopt;
}

std::optional<GuestCode::Place> GuestCode::find_first(std::span<const std::uint64_t> words
) noexcept {
    for (const auto word : words) {
        if (const auto place = find(word)) {
            return place;
        }
    }
    return std::nullopt;
}

}  // namespace tenon::plugin_host
