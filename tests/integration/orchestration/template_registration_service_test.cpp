#include "orchestration/services/templates/template_registration_service.hpp"

#include "foundation/error.hpp"
#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tenon::orchestration {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

class TemplateRegistrationServiceTest : public testing::StepPathTest {
protected:
    void write(const std::string& file, const std::string& text) const {
        const auto path = fs::path(folder.path()) / file;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }

    static std::string yaml(const std::string& name, const std::string& callable = "a::B") {
        return "name: " + name +
               "\nnamespace_name: steps\nversion: 1.0.0\nsteps:\n  - name: only\n" +
               "    handler:\n      callable: \"" + callable + "\"\n";
    }

    std::size_t register_all() { return service.register_folder(folder.path()); }

    std::string registered() {
        return sql().value(
            "SELECT coalesce(string_agg(name, ' ' ORDER BY name), '') "
            "FROM tenon.task_templates"
        );
    }

    /// What is wrong with the folder.
    Error refusal() {
        try {
            register_all();
        } catch (const Exception& error) {
            return {error.code(), error.what()};
        }
        return {ErrorCode::unavailable, "nothing was refused"};
    }

    testing::TemporaryDirectory folder;
    database::TemplateRepository templates{pool()};
    TemplateRegistrationService service{templates};
};

TEST_F(TemplateRegistrationServiceTest, RegistersEveryTemplateBelowTheFolder) {
    write("one.yaml", yaml("one"));
    write("deep/er/two.yml", yaml("two"));
    write("README.md", "not a template");
    EXPECT_EQ(register_all(), 2U);
    EXPECT_EQ(registered(), "one two");
    EXPECT_EQ(register_all(), 2U) << "the same content again is no change";
    EXPECT_EQ(registered(), "one two");
}

TEST_F(TemplateRegistrationServiceTest, OneBadFileKeepsAllOthersOut) {
    write("a.yaml", yaml("good"));
    write("b.yaml", "name: bad\nnamespace_name: steps\nversion: 1.0.0\nsteps: []\n");
    write("c.yaml", yaml("also_good"));
    const auto error = refusal();
    EXPECT_EQ(error.code, ErrorCode::invalid_input);
    EXPECT_THAT(error.detail, HasSubstr("b.yaml"));
    EXPECT_EQ(registered(), "");
}

TEST_F(TemplateRegistrationServiceTest, AConflictKeepsAllOthersOut) {
    write("b.yaml", yaml("known"));
    register_all();
    write("a.yaml", yaml("new"));
    write("b.yaml", yaml("known", "c::D"));
    const auto error = refusal();
    EXPECT_EQ(error.code, ErrorCode::conflict);
    EXPECT_THAT(error.detail, HasSubstr("steps/known@1.0.0"));
    EXPECT_EQ(registered(), "known");
}

TEST_F(TemplateRegistrationServiceTest, AFolderThatCannotBeReadIsNamed) {
    try {
        service.register_folder("/nonexistent/templates");
        ADD_FAILURE() << "a folder that does not exist was read";
    } catch (const Exception& error) {
        EXPECT_EQ(error.code(), ErrorCode::invalid_input);
        EXPECT_THAT(
            error.what(), AllOf(HasSubstr("/nonexistent/templates"), HasSubstr("--templates"))
        );
    }
}

TEST_F(TemplateRegistrationServiceTest, AnEmptyFolderIsNoFault) {
    EXPECT_EQ(register_all(), 0U);
}

}  // namespace
}  // namespace tenon::orchestration
