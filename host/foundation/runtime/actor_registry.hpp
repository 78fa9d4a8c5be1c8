#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// The owner of one concern: a plain class with a name, told when it begins and when it ends.
/// What it is asked for are its `handle` functions (`Handles<A, M>`).
template <class A>
concept Actor = requires(A& actor, const A& fixed) {
    { fixed.name() } -> std::convertible_to<std::string_view>;
    { actor.started() } -> std::same_as<void>;
    { actor.stopped() } -> std::same_as<void>;
};

/// Builds the actors of a role once and owns them: starts them in the order in which they were
/// built, stops and destroys them in the reverse one. One thread at a time. [setup]
class ActorRegistry {
public:
    ActorRegistry() = default;
    ~ActorRegistry();
    ActorRegistry(const ActorRegistry&) = delete;
    ActorRegistry& operator=(const ActorRegistry&) = delete;

    /// Builds an actor, which lives as long as the registry. Throws std::logic_error when one of
    /// that name was built before, or when the registry was started.
    template <Actor A, class... Arguments>
    A& build(Arguments&&... arguments) {
        auto actor = std::make_shared<A>(std::forward<Arguments>(arguments)...);
        add(
            {.name = std::string(std::string_view(actor->name())),
             .actor = actor,
             .started = [&a = *actor] { a.started(); },
             .stopped = [&a = *actor] { a.stopped(); }}
        );
        return *actor;
    }

    /// Starts all. When one throws, those that were started are stopped in reverse and it is
    /// rethrown; then `start` may be tried again.
    void start();

    /// Stops those that run, in reverse. One that throws is logged and holds up no other.
    void stop() noexcept;

    /// Names of those that run, in the order of their start.
    std::vector<std::string> running() const;

private:
    struct Entry {
        std::string name;
        std::shared_ptr<void> actor;
        std::function<void()> started;
        std::function<void()> stopped;
    };

    void add(Entry entry);

    std::vector<Entry> actors_;
    std::size_t running_ = 0;  ///< So many of the first ones run.
};

}  // namespace tenon
