#pragma once

#include "plugin_host/scout/scout_child.hpp"
#include "plugin_host/validation/probe_call.hpp"

#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace tenon::plugin_host {

/// A handler of a loaded plugin with one instance, while it is probed.
class Subject {
public:
    /// Loads the plugin of `request`; without the handler that it names, nothing can be run.
    Subject(const ScoutRequest& request, ScoutReply& reply);
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;
    ~Subject();

    explicit operator bool() const noexcept { return handler_ != nullptr; }

    const tenon_handler& handler() const noexcept { return *handler_; }

    bool concurrent() const noexcept { return (handler_->flags & TENON_HANDLER_CONCURRENT) != 0; }

    void* instance() const noexcept { return instance_; }

    bool create(void*& instance) const;
    void destroy(void* instance) const;

    /// Runs one probe, as often as the handler yields, and reports each rule that it breaks once.
    void run(std::string_view what, ProbeInput input);

private:
    void add(PluginRule rule, std::string_view what, const std::string& fault, std::string fix);
    void judge(std::string_view what, const ProbeInput& input, const ProbeOutcome& outcome);

    ScoutReply& reply_;
    std::shared_ptr<LoadedGeneration> generation_;
    const tenon_handler* handler_ = nullptr;
    void* instance_ = nullptr;
    std::set<PluginRule> reported_;
};

}  // namespace tenon::plugin_host
