#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace tenon::app {

/// Lines at the bottom of a terminal that are drawn over again in place. Each line must fit the
/// terminal's width and all of them its height. The cursor is hidden while the area lives.
class LiveArea {
public:
    explicit LiveArea(std::ostream& out);

    /// Leaves the last picture standing and gives the cursor back.
    ~LiveArea();

    LiveArea(const LiveArea&) = delete;
    LiveArea& operator=(const LiveArea&) = delete;

    /// Replaces what was drawn before, in one write.
    void draw(const std::vector<std::string>& lines);

private:
    std::ostream& out_;
    std::size_t drawn_ = 0;
};

}  // namespace tenon::app
