#include "test_host.hpp"

#include "database/connection.hpp"
#include "templates.hpp"

#include <array>

namespace tenon::testing {
namespace {

const std::array<std::string, 1> queues{test_queue};

}  // namespace

SettledStep succeeded(const ClaimedStep& claim, std::string result_json) {
    return {
        .task = claim.task,
        .step_no = claim.step_no,
        .attempt = claim.attempt,
        .outcome = std::move(result_json),
        .execution_time = std::chrono::microseconds(250)
    };
}

SettledStep failed(const ClaimedStep& claim, StepFailure failure) {
    auto settled = succeeded(claim);
    settled.outcome = std::move(failure);
    return settled;
}

SettledStep given_back(const ClaimedStep& claim) {
    auto settled = succeeded(claim);
    settled.outcome = GivenBack{};
    return settled;
}

StepFailure ordinary_failure() {
    return {
        .message = "the teapot is empty",
        .error_type = "TeapotError",
        .error_code = "TEAPOT",
        .context_json = {},
        .retryable = std::nullopt,
        .retry_after = std::nullopt
    };
}

TestHost::TestHost(const std::string& conninfo, DispatchProfile profile)
    : presence_(std::make_unique<database::HostRepository>(
          database::Connection({.conninfo = conninfo, .application_name = "tenon presence"})
      )) {
    id_ = presence_->register_host({.name = "test", .roles = {"worker"}, .version = "0.0.0"});
    gateway_ = std::make_unique<database::StepGateway>(
        database::StepGateway::Options{.conninfo = conninfo, .profile = profile}, id_
    );
}

std::vector<ClaimedStep> TestHost::claim(std::int32_t want) {
    return gateway_->advance({.settled = {}, .queues = queues, .refused = {}, .want = want})
        .claimed;
}

database::AdvanceReply TestHost::settle(const std::vector<SettledStep>& steps, std::int32_t want) {
    return gateway_->advance({.settled = steps, .queues = {}, .refused = {}, .want = want});
}

database::AdvanceReply TestHost::succeed(
    const std::vector<ClaimedStep>& claims,
    std::int32_t want
) {
    std::vector<SettledStep> settled;
    for (const auto& claim : claims) {
        settled.push_back(succeeded(claim));
    }
    return gateway_->advance({.settled = settled, .queues = queues, .refused = {}, .want = want});
}

std::size_t TestHost::work_off(std::int32_t slots) {
    std::size_t count = 0;
    auto claims = claim(slots);
    while (!claims.empty()) {
        count += claims.size();
        claims = succeed(claims, slots).claimed;
    }
    return count;
}

void TestHost::die() {
    gateway_.reset();
    presence_.reset();
}

}  // namespace tenon::testing
