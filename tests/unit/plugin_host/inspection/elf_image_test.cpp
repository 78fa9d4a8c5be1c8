#include "plugin_host/inspection/elf_image.hpp"

#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <elf.h>

namespace tenon::plugin_host {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

std::string linear() {
    return tenon::testing::read_file(std::string(TENON_PLUGIN_DIRECTORY) + "/linear.so");
}

Result<ElfImage, Finding> parse(const std::string& text) {
    return ElfImage::parse(std::as_bytes(std::span(text)));
}

std::string refusal(const std::string& text) {
    const auto parsed = parse(text);
    return parsed ? "accepted" : parsed.error().sentence();
}

TEST(ElfImage, ReadsSymbolsNotesAndFlagsOfAPlugin) {
    const auto text = linear();
    const auto image = parse(text);
    ASSERT_TRUE(image) << image.error().sentence();
    const auto entry = std::ranges::find(image->symbols, "tenon_plugin_v1", &ElfSymbol::name);
    ASSERT_NE(entry, image->symbols.end());
    EXPECT_TRUE(entry->defined);
    EXPECT_EQ(entry->type, STT_OBJECT);
    EXPECT_GE(entry->size, 96U);  // More with a sanitizer, which pads it.
    EXPECT_THAT(image->notes, Contains(Field(&ElfNote::owner, "Tenon")));
    EXPECT_THAT(image->needed, Contains("libc.so.6"));
    EXPECT_FALSE(image->text_relocations);
    EXPECT_FALSE(image->static_tls);
    EXPECT_FALSE(image->executable_stack);
    EXPECT_FALSE(image->position_independent_executable);
}

TEST(ElfImage, RefusesEveryPrefixOfAPlugin) {
    const auto whole = linear();
    const std::size_t stride = whole.size() / 997;
    for (std::size_t size = 0; size < whole.size(); size += stride) {
        EXPECT_FALSE(parse(whole.substr(0, size))) << size << " of " << whole.size() << " bytes";
    }
    EXPECT_THAT(refusal(whole.substr(0, whole.size() - 1)), HasSubstr("is truncated, its"));
}

TEST(ElfImage, RefusesAFileWhoseTailIsNotWrittenYet) {
    const auto whole = linear();
    for (std::size_t size = 64; size < whole.size() - 64; size += whole.size() / 97) {
        auto blank = whole;
        std::fill(blank.begin() + static_cast<std::ptrdiff_t>(size), blank.end(), '\0');
        EXPECT_FALSE(parse(blank)) << "written up to " << size << " of " << whole.size();
    }
}

TEST(ElfImage, SurvivesEveryFlippedByteOfItsTables) {
    const auto whole = linear();
    for (std::size_t at = 0; at < 16384 && at < whole.size(); ++at) {
        auto broken = whole;
        broken[at] = static_cast<char>(~broken[at]);
        parse(broken);  // Accepted or refused: what counts is that it returns.
    }
}

TEST(ElfImage, SaysWhatAForeignFileIs) {
    auto other = linear();
    const std::uint16_t aarch64 = EM_AARCH64;
    std::memcpy(other.data() + offsetof(Elf64_Ehdr, e_machine), &aarch64, sizeof aarch64);
    EXPECT_THAT(refusal(other), HasSubstr("is built for aarch64, but this host runs on x86-64"));
    auto narrow = linear();
    narrow[EI_CLASS] = ELFCLASS32;
    EXPECT_THAT(refusal(narrow), HasSubstr("is no 64-bit little-endian object"));
    EXPECT_EQ(refusal(""), "is empty: copy it again, with mv or install");
    EXPECT_THAT(
        refusal("#!/bin/sh\n"), HasSubstr("is no shared object, it does not begin like an ELF")
    );
}

}  // namespace
}  // namespace tenon::plugin_host
