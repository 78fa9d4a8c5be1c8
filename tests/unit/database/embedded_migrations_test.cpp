#include "database/migrator.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tenon::database {
namespace {

namespace fs = std::filesystem;

TEST(EmbeddedMigrations, EveryFileIsEmbeddedWholeAndInOrder) {
    const auto migrations = embedded_migrations();
    const fs::path folder = fs::path(TENON_SOURCE_DIR) / "host/database/migrations";
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        files += entry.path().extension() == ".sql" ? 1 : 0;
    }
    EXPECT_EQ(migrations.size(), files) << "list new migrations in host/database/CMakeLists.txt";

    int previous = 0;
    for (const auto& migration : migrations) {
        EXPECT_GT(migration.version, previous);
        previous = migration.version;
        const auto number = std::to_string(migration.version);
        std::ifstream file(
            folder / (std::string(4 - number.size(), '0') + number + "_" +
                      std::string(migration.name) + ".sql")
        );
        const std::string text(std::istreambuf_iterator<char>(file), {});
        EXPECT_TRUE(migration.text == text) << migration.name << " differs from its file";
        EXPECT_EQ(migration.checksum.size(), 64U);
    }
}

}  // namespace
}  // namespace tenon::database
