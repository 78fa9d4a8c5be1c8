#include "app/terminal/task_picture.hpp"

#include "app/terminal/display_text.hpp"
#include "app/terminal/palette.hpp"
#include "app/terminal/time_text.hpp"

#include <algorithm>
#include <set>

namespace tenon::app {

namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t indented_levels_max = 8;
constexpr std::size_t state_columns_max = 17;  // "waiting_for_retry".
constexpr std::size_t value_columns_min = 12;
constexpr std::size_t error_lines_max = 4;
constexpr std::size_t result_lines_max = 12;
constexpr std::size_t bar_columns_max = 40;
constexpr std::size_t frame_rows = 6;  // What is drawn besides the steps.

using Lines = std::vector<std::string>;

/// Draws one picture; lives as long as that takes.
class Painter {
public:
    Painter(const TaskView& task, const PictureOptions& options)
        : task_(task),
          options_(options),
          palette_(options.traits.colour),
          glyphs_(glyphs(options.traits.unicode)) {
        measure();
    }

    Lines paint() {
        paint_head();
        lines_.emplace_back();
        paint_steps();
        lines_.emplace_back();
        paint_progress();
        if (is_settled(task_) && options_.rows == 0) {
            paint_results();
        }
        return std::move(lines_);
    }

private:
    std::size_t columns() const { return options_.traits.columns; }

    std::string cut(std::string_view text, std::size_t width) const {
        return shorten(text, width, glyphs_.ellipsis);
    }

    /// The name with its place among the steps of its level, and that level's indentation.
    std::string tree_name(std::size_t index) const {
        const auto& step = task_.steps[index];
        if (step.level <= 0) {
            return step.name;
        }
        const bool last =
            index + 1 == task_.steps.size() || task_.steps[index + 1].level != step.level;
        const auto depth = std::min(static_cast<std::size_t>(step.level), indented_levels_max);
        return std::string((depth - 1) * 2, ' ') +
               std::string(last ? glyphs_.last_branch : glyphs_.branch) + step.name;
    }

    static std::string attempts_text(const StepView& step) {
        if (step.attempts == 0) {
            return {};
        }
        return std::to_string(step.attempts) + "/" + std::to_string(step.max_attempts);
    }

    std::string duration_of(const StepView& step) const {
        const auto duration = running_time(step, options_.now);
        return duration ? duration_text(*duration) : std::string{};
    }

    void measure() {
        if (!is_settled(task_)) {  // Columns that will be needed soon do not jump about.
            state_columns_ = display_width("in_progress");
            attempts_columns_ = display_width("1/3");
        }
        for (std::size_t i = 0; i < task_.steps.size(); ++i) {
            const auto& step = task_.steps[i];
            name_columns_ = std::max(name_columns_, display_width(tree_name(i)));
            state_columns_ = std::max(state_columns_, display_width(step.state));
            attempts_columns_ = std::max(attempts_columns_, attempts_text(step).size());
        }
        name_columns_ = std::min(name_columns_, columns() * 2 / 5);
        state_columns_ = std::min(state_columns_, state_columns_max);
        // A narrow terminal shows values rather than attempts, durations and states.
        for (auto* column : {&attempts_columns_, &duration_columns_, &state_columns_}) {
            *column = room_for_values() < value_columns_min ? 0 : *column;
        }
        value_columns_ = room_for_values();
    }

    std::size_t room_for_values() const {
        auto used = gap.size() + 2 + name_columns_ + gap.size();
        for (const auto column : {state_columns_, attempts_columns_, duration_columns_}) {
            used += column == 0 ? 0 : column + gap.size();
        }
        return columns() - std::min(columns(), used);
    }

    void paint_head() {
        const auto status = cut(task_.status, state_columns_max + 6);
        const auto room = columns() - display_width(status) - gap.size();
        auto title = task_.namespace_name + "/" + task_.name;
        title = cut(task_.version.empty() ? title : title + " " + task_.version, room);
        const auto space = columns() - display_width(title) - display_width(status);
        lines_.push_back(
            palette_.paint(Tone::strong, title) + std::string(space, ' ') +
            palette_.paint(state_tone(task_.status), status)
        );
        auto facts = task_.task_uuid;
        const auto separator = "  " + std::string(glyphs_.separator) + " ";
        if (task_.priority != 0) {
            facts += separator + "priority " + std::to_string(task_.priority);
        }
        for (const auto& tag : task_.tags) {
            facts += separator + tag;
        }
        lines_.push_back(palette_.paint(Tone::faint, cut(facts, columns())));
    }

    /// Which steps to show when there is no room for all: first what moves, then what failed,
    /// then what came last.
    std::set<std::size_t> chosen_steps(std::size_t room) const {
        std::vector<std::pair<int, std::size_t>> ranked;
        for (std::size_t i = 0; i < task_.steps.size(); ++i) {
            ranked.emplace_back(rank(task_.steps[i].state), i);
        }
        // Of the complete ones the latest are shown, of all others the earliest.
        std::ranges::sort(ranked, [](const auto& a, const auto& b) {
            const bool latest_first = a.first == complete_rank && b.first == complete_rank;
            return latest_first ? a.second > b.second : a < b;
        });
        ranked.resize(std::min(ranked.size(), room));
        std::set<std::size_t> chosen;
        for (const auto& [unused, index] : ranked) {
            chosen.insert(index);
        }
        return chosen;
    }

    static int rank(std::string_view state) {
        if (state == "in_progress" || state.starts_with("enqueued_")) {
            return 0;
        }
        if (state == "error" || state == "waiting_for_retry" || state == "cancelled") {
            return 1;
        }
        return state == "enqueued" ? 2 : state == "complete" ? complete_rank : 4;
    }

    void paint_steps() {
        const auto total = task_.steps.size();
        const bool all = options_.rows == 0 || total + frame_rows + error_count() <= options_.rows;
        const auto room = options_.rows - std::min(options_.rows, frame_rows + 1);
        const auto chosen = chosen_steps(all ? total : std::max<std::size_t>(room, 1));
        for (const auto index : chosen) {
            paint_step(index);
            if (all) {
                paint_error(task_.steps[index]);
            }
        }
        if (!all) {
            const auto hidden = std::to_string(total - chosen.size());
            lines_.push_back(
                palette_.paint(Tone::faint, "    " + hidden + " more steps are not shown")
            );
        }
    }

    /// Lines that errors take at most.
    std::size_t error_count() const {
        const auto failed = std::ranges::count_if(task_.steps, [](const StepView& step) {
            return step.error.has_value();
        });
        return static_cast<std::size_t>(failed) * error_lines_max;
    }

    void paint_step(std::size_t index) {
        const auto& step = task_.steps[index];
        const auto tone = state_tone(step.state);
        const auto glyph = state_glyph(step.state, options_.traits.unicode, options_.frame);
        const auto attempts_tone = step.attempts > 1 ? Tone::waiting : Tone::faint;
        auto line = std::string(gap) + palette_.paint(tone, glyph) + ' ';
        line += pad_right(cut(tree_name(index), name_columns_), name_columns_);
        line += cell(tone, pad_right(cut(step.state, state_columns_), state_columns_));
        line += cell(attempts_tone, fit_left(attempts_text(step), attempts_columns_));
        line += cell(Tone::faint, fit_left(duration_of(step), duration_columns_));
        line += std::string(gap) + value_of(step);
        lines_.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
    }

    static std::string fit_left(std::string text, std::size_t width) {
        return width == 0 ? std::string{} : pad_left(std::move(text), width);
    }

    /// A column's text after its gap; nothing for a column that is not shown.
    std::string cell(Tone tone, const std::string& text) const {
        return text.empty() ? std::string{} : std::string(gap) + palette_.paint(tone, text);
    }

    std::string value_of(const StepView& step) const {
        if (!step.result_json.empty()) {
            return palette_.paint(Tone::strong, cut(printable(step.result_json), value_columns_));
        }
        if (!step.progress.empty()) {
            return palette_.paint(Tone::faint, cut(step.progress, value_columns_));
        }
        if (step.state != "pending" || step.dependencies.empty()) {
            return {};
        }
        std::string waits = "after ";
        for (const auto& dependency : step.dependencies) {
            waits += (waits.back() == ' ' ? "" : ", ") + dependency;
        }
        return palette_.paint(Tone::faint, cut(waits, value_columns_));
    }

    void paint_error(const StepView& step) {
        if (!step.error) {
            return;
        }
        auto text = step.error->message;
        if (!step.error->error_code.empty()) {
            text = step.error->error_code + ": " + text;
        }
        constexpr std::size_t indentation = 4;
        const auto width = columns() - indentation - display_width(glyphs_.arrow);
        auto wrapped = wrap(text, width);
        if (wrapped.size() > error_lines_max) {
            wrapped.resize(error_lines_max);
            wrapped.back() = shorten(wrapped.back(), width - display_width(glyphs_.ellipsis), {});
            wrapped.back() += glyphs_.ellipsis;
        }
        auto mark = std::string(glyphs_.arrow);
        for (const auto& line : wrapped) {
            lines_.push_back(
                std::string(indentation, ' ') +
                palette_.paint(step.state == "error" ? Tone::bad : Tone::waiting, mark + line)
            );
            mark.assign(display_width(glyphs_.arrow), ' ');
        }
    }

    void paint_progress() {
        const auto total = task_.steps.size();
        const auto done = count_steps(task_, "complete") + count_steps(task_, "resolved_manually");
        const auto failed = count_steps(task_, "error") + count_steps(task_, "cancelled");
        const auto percent = total == 0 ? 100 : done * 100 / total;
        const auto text = std::string(gap) + pad_left(std::to_string(percent), 3) + " %  " +
                          std::to_string(done) + " of " + std::to_string(total) + " steps  " +
                          duration_text(elapsed_time(task_, options_.now));
        const auto width = std::min(
            bar_columns_max, columns() - std::min(columns(), display_width(text) + gap.size())
        );
        const auto share = [&](std::size_t count) {
            return total == 0 ? width : count * width / total;
        };
        const auto done_columns = share(done);
        const auto failed_columns = share(done + failed) - done_columns;
        lines_.push_back(
            std::string(gap) + bar(Tone::good, glyphs_.bar_done, done_columns) +
            bar(Tone::bad, glyphs_.bar_done, failed_columns) +
            bar(Tone::faint, glyphs_.bar_open, width - done_columns - failed_columns) + text
        );
    }

    std::string bar(Tone tone, std::string_view glyph, std::size_t width) const {
        std::string text;
        for (std::size_t i = 0; i < width; ++i) {
            text += glyph;
        }
        return palette_.paint(tone, text);
    }

    /// The values of the last steps, in full, where their line had no room for them.
    void paint_results() {
        std::set<std::string_view> awaited;
        for (const auto& step : task_.steps) {
            awaited.insert(step.dependencies.begin(), step.dependencies.end());
        }
        for (const auto& step : task_.steps) {
            const auto value = printable(step.result_json);
            if (!awaited.contains(step.name) && display_width(value) > value_columns_) {
                paint_result(step.name, value);
            }
        }
    }

    void paint_result(std::string_view name, const std::string& value) {
        lines_.emplace_back();
        lines_.push_back(std::string(gap) + cut(name, columns() - gap.size()));
        auto wrapped = wrap(value, columns() - gap.size());
        const bool whole = wrapped.size() <= result_lines_max;
        wrapped.resize(std::min(wrapped.size(), result_lines_max));
        for (const auto& line : wrapped) {
            lines_.push_back(std::string(gap) + palette_.paint(Tone::strong, line));
        }
        if (!whole) {
            lines_.push_back(palette_.paint(Tone::faint, "  and more; --json prints all of it"));
        }
    }

    static constexpr int complete_rank = 3;

    const TaskView& task_;
    const PictureOptions& options_;
    Palette palette_;
    const Glyphs& glyphs_;
    std::size_t name_columns_ = 0;
    std::size_t state_columns_ = 0;
    std::size_t attempts_columns_ = 0;
    std::size_t duration_columns_ = 8;
    std::size_t value_columns_ = 0;
    Lines lines_;
};

}  // namespace

std::vector<std::string> draw_task(const TaskView& task, const PictureOptions& options) {
    return Painter(task, options).paint();
}

std::optional<std::chrono::microseconds> running_time(const StepView& step, Timestamp now) {
    if (step.state == "in_progress" && step.started_at) {
        return std::chrono::duration_cast<std::chrono::microseconds>(now - *step.started_at);
    }
    return step.execution_time;
}

std::chrono::microseconds elapsed_time(const TaskView& task, Timestamp now) {
    if (!task.created_at) {
        return std::chrono::microseconds::zero();
    }
    const auto end = task.completed_at.value_or(now);
    return std::chrono::duration_cast<std::chrono::microseconds>(end - *task.created_at);
}

std::size_t count_steps(const TaskView& task, std::string_view state) {
    return static_cast<std::size_t>(std::ranges::count(task.steps, state, &StepView::state));
}

}  // namespace tenon::app
