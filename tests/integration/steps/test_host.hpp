#pragma once

#include "database/repositories/host_repository.hpp"
#include "database/step_gateway.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tenon::testing {

SettledStep succeeded(const ClaimedStep& claim, std::string result_json = "{}");
SettledStep failed(const ClaimedStep& claim, StepFailure failure);
SettledStep given_back(const ClaimedStep& claim);

/// A failure that says nothing about retries.
StepFailure ordinary_failure();

/// A host as the database sees one: a presence and one gateway, without threads. It beats only when
/// told to, and dies like a killed process when its connections close.
class TestHost {
public:
    explicit TestHost(
        const std::string& conninfo,
        DispatchProfile profile = DispatchProfile::direct
    );

    HostId id() const noexcept { return id_; }

    std::string number() const { return std::to_string(static_cast<std::int32_t>(id_)); }

    database::HostRepository& presence() { return *presence_; }

    database::StepGateway& gateway() { return *gateway_; }

    /// Up to `want` steps from the queue of the test namespace.
    std::vector<ClaimedStep> claim(std::int32_t want);

    /// One call that settles and takes up to `want` successors, but asks no queue.
    database::AdvanceReply settle(const std::vector<SettledStep>& steps, std::int32_t want = 0);

    /// Settles everything as successful and asks the queue as well.
    database::AdvanceReply succeed(const std::vector<ClaimedStep>& claims, std::int32_t want);

    /// Claims and succeeds until nothing is left to claim. Returns how many steps it settled.
    std::size_t work_off(std::int32_t slots = 64);

    /// Closes every connection at once and says nothing.
    void die();

private:
    HostId id_{};
    std::unique_ptr<database::HostRepository> presence_;
    std::unique_ptr<database::StepGateway> gateway_;
};

}  // namespace tenon::testing
