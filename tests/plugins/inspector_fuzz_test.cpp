// Files that nobody meant to be plugins: whatever is wrong with one, the inspector comes back.
// Meant for the sanitizers; TENON_FUZZ_ROUNDS and TENON_FUZZ_SEED ask for more.

#include "plugin_host/inspection/elf_image.hpp"
#include "plugin_host/inspection/plugin_manifest.hpp"
#include "plugin_host/inspection/plugin_policy.hpp"
#include "support/private_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>
#include <vector>

namespace tenon::plugin_host {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
    const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
    return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

class Mutator {
public:
    explicit Mutator(std::uint64_t seed) : random_(seed) {
        for (const std::string name : {"v1.0-c-gcc.so", "v1.0-c-clang.so", "v1.0-cpp-gcc.so"}) {
            seeds_.push_back(
                testing::read_file(std::string(TENON_SOURCE_DIR) + "/tests/plugins/fossils/" + name)
            );
        }
    }

    // In memory of exactly its size, so that a sanitizer sees a step beyond it.
    std::vector<char> next() {
        const auto& seed = seeds_[random_() % seeds_.size()];
        std::vector<char> file(seed.begin(), seed.end());
        const auto changes = 1 + random_() % 6;
        for (std::uint64_t i = 0; i < changes && !file.empty(); ++i) {
            change(file);
        }
        file.shrink_to_fit();
        return file;
    }

private:
    // Headers and tables come first, and are where it hurts.
    std::size_t place(const std::vector<char>& file) {
        const auto reach =
            random_() % 4 == 0 ? file.size() : std::min<std::size_t>(file.size(), 4096);
        return random_() % reach;
    }

    void change(std::vector<char>& file) {
        static constexpr std::array<std::uint64_t, 10> odd{
            0,
            1,
            0x7f,
            0xff,
            0x7fff'ffff,
            0xffff'ffff,
            0x8000'0000'0000'0000,
            0xffff'ffff'ffff'ffff,
            0x1000,
            0xffff'ffff'ffff'f000,
        };
        const auto at = place(file);
        const auto room = file.size() - at;
        switch (random_() % 6) {
            case 0: file[at] = static_cast<char>(file[at] ^ (1 << (random_() % 8))); break;
            case 1: file[at] = static_cast<char>(random_()); break;
            case 2: {
                const auto value = odd[random_() % odd.size()];
                const auto width = std::size_t{1} << (random_() % 4);
                std::memcpy(file.data() + at, &value, std::min(room, width));
                break;
            }
            case 3: file.resize(at + (random_() % 2) * (room / 2)); break;
            case 4:
                std::fill(file.begin() + static_cast<std::ptrdiff_t>(at), file.end(), '\0');
                break;
            default: {
                const auto from = place(file);
                const auto size = std::min({room, file.size() - from, std::size_t{64}});
                std::memmove(file.data() + at, file.data() + from, size);
            }
        }
    }

    std::mt19937_64 random_;
    std::vector<std::string> seeds_;
};

TEST(InspectorFuzz, ComesBackFromEveryMutatedFile) {
    const auto rounds = number_from("TENON_FUZZ_ROUNDS", 100'000);
    const auto seed = number_from("TENON_FUZZ_SEED", 20'261'125);
    std::cout << "seed " << seed << ", " << rounds << " files\n";
    Mutator mutator(seed);
    std::uint64_t parsed = 0;
    std::uint64_t refused = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const auto file = mutator.next();
        const auto image = ElfImage::parse(std::as_bytes(std::span(file)));
        if (!image) {
            ASSERT_FALSE(image.error().what.empty()) << "round " << round;
            ++refused;
            continue;
        }
        ++parsed;
        if (const auto manifest = read_manifest(*image)) {
            judge_manifest(*manifest);
        }
        judge_image(*image);
    }
    std::cout << refused << " refused, " << parsed << " read to their end\n";
    EXPECT_GT(refused, rounds / 10) << "the mutations change nothing";
    EXPECT_GT(parsed, rounds / 100) << "the mutations leave nothing to look at";
}

}  // namespace
}  // namespace tenon::plugin_host
