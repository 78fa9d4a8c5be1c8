// What a host cannot work with: one sentence with the fix, an exit code, and nothing half-done.

#include "support/host_process.hpp"
#include "support/postgres.hpp"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tenon::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int failure = 5;

constexpr auto misspelt =
    "name: x\nnamespace_name: y\nversion: 1.0.0\ndescripton: z\n"
    "steps: [{name: a, handler: {callable: c}, dependencies: []}]\n";

/// A port of the loopback that somebody listens on.
class OccupiedPort {
public:
    OccupiedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_, generic, size) != 0 || ::listen(socket_, 1) != 0 ||
            ::getsockname(socket_, generic, &size) != 0) {
            throw std::runtime_error("no port can be occupied");
        }
        address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }

    ~OccupiedPort() { ::close(socket_); }

    OccupiedPort(const OccupiedPort&) = delete;
    OccupiedPort& operator=(const OccupiedPort&) = delete;

    const std::string& address() const noexcept { return address_; }

private:
    int socket_;
    std::string address_;
};

/// Folders with one good thing in each, for a bad one to be put beside it.
class Refusals : public ::testing::Test {
protected:
    Refusals() {
        fs::create_directory(plugins());
        fs::create_directory(templates());
        fs::copy_file(HostProcess::example_plugins() + "/linear.so", plugins() + "/linear.so");
        fs::copy_file(
            HostProcess::example_templates() + "/linear_workflow.yaml", templates() + "/good.yaml"
        );
    }

    std::string plugins() const { return directory_.path() + "/plugins"; }

    std::string templates() const { return directory_.path() + "/templates"; }

    std::string data_directory() const { return directory_.path() + "/data"; }

    void add_guest(const std::string& name) const {
        fs::copy_file(TENON_GUEST_DIRECTORY "/" + name + ".so", plugins() + "/" + name + ".so");
    }

    void write(const std::string& file, std::string_view text) const {
        std::ofstream(file, std::ios::binary) << text;
    }

    /// The sentence of a host that does not start.
    std::string refusal(std::vector<std::string> words) {
        words.insert(words.begin(), "host");
        if (std::ranges::find(words, "--listen") == words.end()) {
            words.insert(words.end(), {"--listen", "127.0.0.1:0"});
        }
        const auto ending = run_tenon(std::move(words));
        EXPECT_EQ(ending.exit_code, failure) << ending.err;
        EXPECT_THAT(ending.err, Not(HasSubstr(" ready\n")));
        const auto sentence = ending.complaint();
        EXPECT_THAT(sentence, Not(EndsWith(".")));
        EXPECT_THAT(sentence, Not(HasSubstr("terminate called")));
        return sentence;
    }

    /// The same with an embedded server, which must be gone afterwards.
    std::string embedded_refusal(std::vector<std::string> words) {
        words.insert(words.end(), {"--data-dir", data_directory()});
        auto sentence = refusal(std::move(words));
        EXPECT_EQ(postmaster_of(data_directory()), 0) << "PostgreSQL was left running";
        return sentence;
    }

    TemporaryDirectory directory_;
};

/// The same on a database of a server that goes on, which must be as empty as before.
class RefusalsOnADatabase : public Refusals {
protected:
    std::string database_refusal(std::vector<std::string> words) {
        words.insert(words.end(), {"--database-url", database_.conninfo()});
        auto sentence = refusal(std::move(words));
        auto& sql = database_.sql();
        EXPECT_EQ(sql.value("SELECT count(*) FROM tenon.task_templates"), "0");
        EXPECT_EQ(sql.value("SELECT count(*) FROM tenon.task_namespaces"), "0");
        EXPECT_EQ(sql.value("SELECT count(*) FROM tenon.hosts WHERE state = 'live'"), "0");
        EXPECT_TRUE(eventually([&] {
            return sql.value(
                       "SELECT count(*) FROM pg_stat_activity "
                       "WHERE datname = current_database() AND application_name LIKE 'tenon%'"
                   ) == "0";
        }));
        return sentence;
    }

    TestDatabase database_;
};

TEST_F(Refusals, LeaveNoServerBehind) {
    write(templates() + "/bad.yaml", misspelt);
    EXPECT_THAT(
        embedded_refusal({"--templates", templates()}), HasSubstr(templates() + "/bad.yaml:4:")
    );
    EXPECT_THAT(
        embedded_refusal({"--plugins", directory_.path() + "/nowhere"}),
        HasSubstr(directory_.path() + "/nowhere")
    );
    const OccupiedPort port;
    EXPECT_THAT(embedded_refusal({"--listen", port.address()}), HasSubstr(port.address()));

    // The directory is as good as new.
    const auto host = start_host({.data_directory = data_directory()});
    EXPECT_GT(postmaster_of(data_directory()), 0);
}

TEST_F(RefusalsOnADatabase, OfABadTemplateRegisterNoneOfItsFolder) {
    const std::vector<std::pair<std::string, std::string>> bad{
        {misspelt, ":4:"},
        {"name: [\n", ":"},
        {"name: x\nnamespace_name: y\nversion: 1.0.0\n"
         "steps:\n"
         "  - {name: a, handler: {callable: c}, dependencies: [b]}\n"
         "  - {name: b, handler: {callable: c}, dependencies: [a]}\n",
         "cycle"},
        {"name: x\nnamespace_name: y\nversion: 1.0.0\n"
         "steps: [{name: a, handler: {callable: c}, dependencies: [zero]}]\n",
         "zero"},
    };
    const auto file = templates() + "/zz_bad.yaml";
    for (const auto& [text, mark] : bad) {
        write(file, text);
        EXPECT_THAT(
            database_refusal({"--templates", templates()}), AllOf(HasSubstr(file), HasSubstr(mark))
        );
    }
    EXPECT_THAT(
        database_refusal({"--templates", directory_.path() + "/nowhere"}),
        AllOf(HasSubstr(directory_.path() + "/nowhere"), HasSubstr("--templates"))
    );
}

TEST_F(RefusalsOnADatabase, OfAChangedVersionRegisterNoneOfItsFolder) {
    const auto same_version = [](const std::string& callable) {
        return "name: x\nnamespace_name: y\nversion: 1.0.0\n"
               "steps: [{name: a, handler: {callable: " +
               callable + "}, dependencies: []}]\n";
    };
    const auto known = directory_.path() + "/known";
    fs::create_directory(known);
    write(known + "/x.yaml", same_version("before"));
    start_host({.database_url = database_.conninfo(), .plugins = {}, .templates = known})->stop();
    write(templates() + "/zz_changed.yaml", same_version("after"));
    EXPECT_THAT(
        refusal({"--database-url", database_.conninfo(), "--templates", templates()}),
        AllOf(HasSubstr("y/x@1.0.0"), HasSubstr("new version"))
    );
    EXPECT_EQ(database_.sql().value("SELECT string_agg(name, ',') FROM tenon.task_templates"), "x");
}

TEST_F(RefusalsOnADatabase, OfAMissingPluginFolder) {
    EXPECT_THAT(
        database_refusal({"--plugins", directory_.path() + "/nowhere", "--templates", templates()}),
        AllOf(HasSubstr(directory_.path() + "/nowhere"), HasSubstr("--plugins"))
    );
}

TEST_F(RefusalsOnADatabase, OfAMissingSymbol) {
    add_guest("undefined_symbol");
    EXPECT_THAT(
        database_refusal({"--plugins", plugins(), "--templates", templates()}),
        AllOf(
            HasSubstr(plugins() + "/undefined_symbol.so"),
            HasSubstr("nobody_defines_this"),
            HasSubstr("link what defines it into the plugin")
        )
    );
}

TEST_F(RefusalsOnADatabase, OfAnotherAbiMajor) {
    add_guest("next_major");
    EXPECT_THAT(
        database_refusal({"--plugins", plugins(), "--templates", templates()}),
        AllOf(
            HasSubstr(plugins() + "/next_major.so"),
            HasSubstr("plugin ABI 2"),
            HasSubstr("build it with this host's SDK")
        )
    );
}

TEST_F(RefusalsOnADatabase, OfATruncatedPlugin) {
    const auto file = plugins() + "/cut.so";
    fs::copy_file(HostProcess::example_plugins() + "/tree.so", file);
    fs::resize_file(file, fs::file_size(file) / 2);
    EXPECT_THAT(
        database_refusal({"--plugins", plugins(), "--templates", templates()}),
        AllOf(HasSubstr(file), HasSubstr("is truncated"), HasSubstr("copy it again"))
    );
}

TEST_F(RefusalsOnADatabase, OfAnOccupiedPort) {
    const OccupiedPort port;
    EXPECT_THAT(
        database_refusal({"--listen", port.address(), "--templates", templates()}),
        AllOf(HasSubstr(port.address()), HasSubstr("--listen"))
    );
}

TEST_F(Refusals, OfADatabaseThatDoesNotAnswer) {
    EXPECT_THAT(
        refusal({"--database-url", "postgresql://tenon:secret@127.0.0.1:1/tenon"}),
        AllOf(
            HasSubstr("127.0.0.1:1"),
            HasSubstr("correct the database URL"),
            Not(HasSubstr("secret"))
        )
    );
    EXPECT_THAT(
        refusal({"--database-url", "host=" + directory_.path() + " dbname=tenon"}),
        HasSubstr(directory_.path())
    );
}

TEST_F(RefusalsOnADatabase, OfADatabaseThatIsNotThere) {
    auto url = database_.conninfo();
    const auto at = url.find(database_.name());
    ASSERT_NE(at, std::string::npos) << url;
    url.replace(at, database_.name().size(), "nobody_made_this");
    EXPECT_THAT(refusal({"--database-url", url}), HasSubstr("nobody_made_this"));
}

TEST_F(Refusals, OfAnUnwritableDataDirectory) {
    write(directory_.path() + "/file", "no directory");
    const auto below_a_file = directory_.path() + "/file/data";
    EXPECT_THAT(
        refusal({"--data-dir", below_a_file}),
        AllOf(HasSubstr(below_a_file), HasSubstr("--data-dir"))
    );

    // Closed to whoever runs PostgreSQL: this user, or the one that root gives way to.
    const auto closed = directory_.path() + "/closed";
    fs::create_directory(closed);
    fs::permissions(closed, ::geteuid() == 0 ? fs::perms(0700) : fs::perms(0500));
    EXPECT_THAT(
        refusal({"--data-dir", closed + "/data"}),
        AllOf(StartsWith("data directory " + closed + "/data"), HasSubstr("--data-dir"))
    );
    EXPECT_FALSE(fs::exists(closed + "/data/cluster"));
}

TEST_F(Refusals, OfASecondHostOnTheSameDirectory) {
    const auto first = start_host({.data_directory = data_directory()});
    const auto server = postmaster_of(data_directory());
    EXPECT_THAT(refusal({"--data-dir", data_directory()}), HasSubstr(data_directory()));
    EXPECT_EQ(postmaster_of(data_directory()), server);
    EXPECT_TRUE(first->running());
}

TEST_F(Refusals, OfOptionsThatMakeNoSense) {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"host", "--role", "boss"},
             {"host", "--slots", "0"},
             {"host", "--profile", "fast"},
             {"host", "--mode", "hybrid"},
             {"host", "--poll-ms", "5"},
             {"host", "--listen", "nonsense"},
             {"host", "--unknown"},
             {"hots"},
             {}
         }) {
        const auto ending = run_tenon(words);
        EXPECT_EQ(ending.exit_code, 2) << ending.err;
        EXPECT_THAT(ending.err, Not(::testing::IsEmpty()));
    }
}

}  // namespace
}  // namespace tenon::testing
