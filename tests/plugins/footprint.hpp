#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

namespace tenon::testing {

/// What a process must not gather.
struct Footprint {
    std::size_t mappings = 0;
    std::size_t descriptors = 0;
    std::size_t threads = 0;
    std::size_t resident_kib = 0;

    static Footprint take() {
        const auto entries = [](const char* directory) {
            return static_cast<std::size_t>(std::distance(
                std::filesystem::directory_iterator(directory),
                std::filesystem::directory_iterator()
            ));
        };
        std::ifstream maps("/proc/self/maps");
        std::ifstream memory("/proc/self/statm");
        std::size_t pages = 0;
        memory >> pages >> pages;
        return {
            .mappings =
                static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n')
                ),
            .descriptors = entries("/proc/self/fd"),
            .threads = entries("/proc/self/task"),
            .resident_kib = pages * 4
        };
    }

    friend std::ostream& operator<<(std::ostream& out, const Footprint& footprint) {
        return out << footprint.mappings << " mappings, " << footprint.descriptors
                   << " descriptors, " << footprint.threads << " threads, "
                   << footprint.resident_kib << " KiB";
    }
};

}  // namespace tenon::testing
