#pragma once

#include <array>
#include <string_view>

namespace tenon::messaging {

/// LISTEN/NOTIFY channels. What they carry is a hint; the rows are the truth.
namespace channels {

/// Steps were put on a namespace's queue; payload: the namespace.
inline constexpr std::string_view work = "tenon_work";

/// A retry was scheduled that may be due sooner than the known ones; no payload.
inline constexpr std::string_view due = "tenon_due";

/// Messages were put on a queue of the orchestration role; payload: the queue.
inline constexpr std::string_view orchestration = "tenon_orchestration";

/// A task was cancelled while handlers of it run; payload: the task's UUID.
inline constexpr std::string_view cancel = "tenon_cancel";

/// A template version was registered; payload: its namespace.
inline constexpr std::string_view templates = "tenon_templates";

/// Events of mode broadcast are on a queue of events; payload: their namespace.
inline constexpr std::string_view events = "tenon_events";

/// What a host listens to.
inline constexpr std::array all{work, due, orchestration, cancel, templates, events};

}  // namespace channels
}  // namespace tenon::messaging
