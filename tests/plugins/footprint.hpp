#pragma once

#include "calm_sanitizers.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>

namespace tenon::testing {

/// What a process must not gather.
struct Footprint {
    /// Of files and memory; of files alone under a sanitizer, whose own mappings come and go.
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
        std::ifstream memory("/proc/self/statm");
        std::size_t pages = 0;
        memory >> pages >> pages;
        return {
            .mappings = count_mappings(),
            .descriptors = entries("/proc/self/fd"),
            .threads = entries("/proc/self/task"),
            .resident_kib = pages * 4
        };
    }

    /// Within a slack of `more_mappings` mappings and two descriptors.
    bool is_no_more_than(const Footprint& earlier, std::size_t more_mappings) const {
        return mappings <= earlier.mappings + more_mappings &&
               descriptors <= earlier.descriptors + 2 && threads <= earlier.threads;
    }

    friend std::ostream& operator<<(std::ostream& out, const Footprint& footprint) {
        return out << footprint.mappings << " mappings, " << footprint.descriptors
                   << " descriptors, " << footprint.threads << " threads, "
                   << footprint.resident_kib << " KiB";
    }

private:
    static std::size_t count_mappings() {
        std::ifstream maps("/proc/self/maps");
        std::size_t count = 0;
        for (std::string line; std::getline(maps, line);) {
            count += !sanitized || line.find('/') != std::string::npos ? 1U : 0U;
        }
        return count;
    }
};

}  // namespace tenon::testing
