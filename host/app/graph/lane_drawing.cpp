#include "app/graph/step_drawing.hpp"
#include "app/terminal/display_text.hpp"
#include "app/terminal/palette.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::size_t most_lanes = 24;

// From which sides of its middle a cell has a line.
enum Side : unsigned { none = 0, up = 1, down = 2, left = 4, right = 8 };

std::string_view cell_text(unsigned sides, bool unicode) {
    static constexpr std::array<std::string_view, 16> lines{
        " ", "╵", "╷", "│", "╴", "╯", "╮", "┤", "╶", "╰", "╭", "├", "─", "┴", "┬", "┼"
    };
    if (unicode) {
        return lines[sides];
    }
    const bool vertical = (sides & (up | down)) != 0;
    const bool horizontal = (sides & (left | right)) != 0;
    return vertical && horizontal ? "+" : vertical ? "|" : horizontal ? "-" : " ";
}

/// One line of the picture: lanes, and what stands beside them.
struct Row {
    std::vector<unsigned> cells;      ///< Two a lane: the lane, and the gap after it.
    std::optional<std::size_t> mark;  ///< The lane of the step.
    std::optional<std::size_t> step;
};

/// Lanes from steps to those that wait for them, row by row.
class Lanes {
public:
    explicit Lanes(const StepDrawing& drawing) : drawing_(drawing) {}

    /// Nothing when the picture would be too wide.
    std::optional<std::vector<Row>> draw() {
        for (std::size_t step = 0; step < drawing_.steps().size(); ++step) {
            const auto lane = arrive(step);
            auto row = passing();
            row.cells[lane * 2] = none;
            row.mark = lane;
            row.step = step;
            rows_.push_back(std::move(row));
            leave(step, lane);
            if (targets_.size() > most_lanes) {
                return std::nullopt;
            }
        }
        return std::move(rows_);
    }

private:
    using Target = std::optional<std::size_t>;

    /// Every lane that leads to a step goes straight on.
    Row passing() const {
        Row row;
        row.cells.resize(targets_.size() * 2, none);
        for (std::size_t lane = 0; lane < targets_.size(); ++lane) {
            row.cells[lane * 2] = targets_[lane] ? up | down : none;
        }
        return row;
    }

    /// A line from side to side, which meets what stands in its way.
    static void join(Row& row, std::size_t first, std::size_t last) {
        for (auto cell = first * 2; cell <= last * 2; ++cell) {
            row.cells[cell] |= cell == first * 2 ? right : cell == last * 2 ? left : left | right;
        }
    }

    std::size_t free_lane() {
        const auto found = std::ranges::find(targets_, Target());
        if (found != targets_.end()) {
            return static_cast<std::size_t>(found - targets_.begin());
        }
        targets_.emplace_back();
        return targets_.size() - 1;
    }

    /// Brings all lanes that lead to the step into one, which is returned.
    std::size_t arrive(std::size_t step) {
        std::vector<std::size_t> lanes;
        for (std::size_t lane = 0; lane < targets_.size(); ++lane) {
            if (targets_[lane] == step) {
                lanes.push_back(lane);
            }
        }
        if (lanes.empty()) {
            const auto lane = free_lane();
            targets_[lane] = step;
            return lane;
        }
        if (lanes.size() > 1) {
            auto row = passing();
            for (std::size_t i = 1; i < lanes.size(); ++i) {
                row.cells[lanes[i] * 2] = up;
                targets_[lanes[i]].reset();
            }
            join(row, lanes.front(), lanes.back());
            rows_.push_back(std::move(row));
        }
        return lanes.front();
    }

    /// Gives each successor a lane; the first goes on in the step's own.
    void leave(std::size_t step, std::size_t lane) {
        const auto& successors = drawing_.successors(step);
        if (successors.empty()) {
            targets_[lane].reset();
            return;
        }
        targets_[lane] = successors.front();
        auto first = lane;
        auto last = lane;
        std::vector<std::size_t> opened;
        for (std::size_t i = 1; i < successors.size(); ++i) {
            const auto taken = free_lane();
            targets_[taken] = successors[i];
            opened.push_back(taken);
            first = std::min(first, taken);
            last = std::max(last, taken);
        }
        if (!opened.empty()) {
            auto row = passing();
            for (const auto taken : opened) {
                row.cells[taken * 2] = down;
            }
            join(row, first, last);
            rows_.push_back(std::move(row));
        }
    }

    const StepDrawing& drawing_;
    std::vector<Target> targets_;  // The step that each lane leads to.
    std::vector<Row> rows_;
};

std::string label_of(const DrawnStep& step, const Palette& palette) {
    auto label = printable(step.name);
    const auto& beside = step.state.empty() ? step.callable : step.state;
    if (beside.empty()) {
        return label;
    }
    const auto tone = step.state.empty() ? Tone::faint : state_tone(step.state);
    return label + "  " + palette.paint(tone, printable(beside));
}

std::string row_text(const Row& row, const StepDrawing& drawing, const TerminalTraits& traits) {
    const Palette palette(traits.colour);
    std::string text;
    for (std::size_t cell = 0; cell < row.cells.size(); ++cell) {
        if (row.mark && cell == *row.mark * 2) {
            const auto& state = drawing.steps()[*row.step].state;
            const std::string_view plain = traits.unicode ? "●" : "*";
            text += state.empty()
                        ? std::string(plain)
                        : palette.paint(state_tone(state), state_glyph(state, traits.unicode, 0));
        } else {
            text += cell_text(row.cells[cell], traits.unicode);
        }
    }
    return text;
}

std::vector<std::string> list_lines(const StepDrawing& drawing, const Palette& palette) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < drawing.steps().size(); ++i) {
        std::string after;
        for (const auto dependency : drawing.dependencies(i)) {
            after +=
                (after.empty() ? "  after " : ", ") + printable(drawing.steps()[dependency].name);
        }
        lines.push_back(label_of(drawing.steps()[i], palette) + after);
    }
    return lines;
}

}  // namespace

std::vector<std::string> draw_lanes(const StepDrawing& drawing, const TerminalTraits& traits) {
    const Palette palette(traits.colour);
    const auto rows = Lanes(drawing).draw();
    if (!rows) {
        return list_lines(drawing, palette);
    }
    std::size_t cells = 0;
    for (const auto& row : *rows) {
        cells = std::max(cells, row.cells.size());
    }
    std::vector<std::string> lines;
    for (const auto& row : *rows) {
        auto line = row_text(row, drawing, traits);
        if (row.step) {
            line += std::string(cells - row.cells.size() + 1, ' ');
            line += label_of(drawing.steps()[*row.step], palette);
        } else {
            line.erase(line.find_last_not_of(' ') + 1);
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace tenon::app
