// From keys to what a host is: defaults in both places are the same, and every key arrives.

#include "app/configuration/host_settings.hpp"

#include <gmock/gmock.h>

namespace tenon::app {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using namespace std::chrono_literals;

HostOptions options_of(const Configuration& configuration) {
    HostOptions options;
    apply(configuration, options);
    return options;
}

HostOptions options_with(KeyId id, std::string_view text) {
    Configuration configuration;
    configuration.set(id, std::get<Value>(read_value(*id, text)), {});
    return options_of(configuration);
}

TEST(HostSettingsTest, HaveTheDefaultsThatTheOptionsHaveToo) {
    const HostOptions usual;
    const auto options = options_of({});
    EXPECT_EQ(options.database_url, usual.database_url);
    EXPECT_EQ(options.listen.has_value(), usual.listen.has_value());
    EXPECT_EQ(options.orchestration, usual.orchestration);
    EXPECT_EQ(options.worker, usual.worker);
    EXPECT_EQ(options.slots, usual.slots);
    EXPECT_EQ(options.lanes, usual.lanes);
    EXPECT_EQ(options.profile, usual.profile);
    EXPECT_EQ(options.mode, usual.mode);
    EXPECT_EQ(options.poll_interval, usual.poll_interval);
    EXPECT_EQ(options.stop_limit, usual.stop_limit);
    EXPECT_EQ(options.kill_limit, usual.kill_limit);
    EXPECT_EQ(options.admission.trust.files.max_bytes, usual.admission.trust.files.max_bytes);
    EXPECT_EQ(options.reload.most_pinned, usual.reload.most_pinned);
    EXPECT_EQ(options.reload.probation.faults, usual.reload.probation.faults);
    EXPECT_EQ(options.reload.probation.time, usual.reload.probation.time);
    EXPECT_EQ(options.reload.drain_limit, usual.reload.drain_limit);
    EXPECT_EQ(options.isolation.usual, usual.isolation.usual);
    EXPECT_EQ(options.isolation.runner_memory_mib, usual.isolation.runner_memory_mib);
    EXPECT_EQ(options.supervision.wanted, usual.supervision.wanted);
    EXPECT_EQ(options.supervision.most_crashes, usual.supervision.most_crashes);
    EXPECT_EQ(options.supervision.healthy, usual.supervision.healthy);
    EXPECT_EQ(options.supervision.poison_after, usual.supervision.poison_after);
    EXPECT_EQ(options.log_level, usual.log_level);
}

TEST(HostSettingsTest, TakeEveryTypeOfValueOver) {
    EXPECT_EQ(options_with(key("database.url"), "postgresql://a").database_url, "postgresql://a");
    EXPECT_EQ(options_with(key("http.listen"), "127.0.0.1:99").listen->port, 99);
    EXPECT_FALSE(options_with(key("host.role"), "worker").orchestration);
    EXPECT_FALSE(options_with(key("host.role"), "orchestration").worker);
    EXPECT_EQ(options_with(key("dispatch.poll_ms"), "20").poll_interval, 20ms);
    EXPECT_EQ(options_with(key("plugin.drain_ms"), "0").reload.drain_limit, std::nullopt);
    EXPECT_EQ(options_with(key("plugin.max_mib"), "1").admission.trust.files.max_bytes, 1048576U);
    EXPECT_FALSE(options_with(key("supervisor.enabled"), "false").supervision.wanted);
    EXPECT_EQ(options_with(key("supervisor.poison_after"), "4").supervision.poison_after, 4);
    EXPECT_EQ(options_with(key("log.level"), "warning").log_level, log::Level::warning);
    EXPECT_THAT(options_with(key("host.namespaces"), "a,b").namespaces, ElementsAre("a", "b"));
    EXPECT_THAT(
        options_with(key("plugin.owners"), "0,1000").admission.trust.files.owners,
        ElementsAre(0U, 1000U)
    );
    EXPECT_THAT(
        options_with(key("plugin.map"), "x=lib#y").admission.mappings,
        ElementsAre(Pair("x", "lib#y"))
    );
    EXPECT_THAT(
        options_with(key("handler.limit"), "x::Y=3").handler_limits, ElementsAre(Pair("x::Y", 3U))
    );
    EXPECT_THAT(
        options_with(key("plugin.isolation"), "a=process").isolation.by_plugin,
        ElementsAre(Pair("a", plugin_host::Isolation::process))
    );
}

}  // namespace
}  // namespace tenon::app
