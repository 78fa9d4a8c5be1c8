#include "app/terminal/task_display.hpp"

#include "app/terminal/display_text.hpp"
#include "app/terminal/live_area.hpp"
#include "app/terminal/palette.hpp"
#include "app/terminal/task_changes.hpp"
#include "app/terminal/task_picture.hpp"

#include <optional>
#include <utility>

namespace tenon::app {

namespace {

Timestamp now() {
    return std::chrono::system_clock::now();
}

class LiveDisplay : public TaskDisplay {
public:
    explicit LiveDisplay(DisplayTarget target) : target_(std::move(target)), area_(target_.out) {}

    void show(const TaskView& task) override {
        task_ = task;
        trouble_.clear();
        draw();
    }

    void trouble(const std::string& sentence) override {
        trouble_ = printable(sentence);
        draw();
    }

    void tick() override {
        ++frame_;
        draw();
    }

    void end(const TaskView& task) override {
        const auto traits = target_.traits();
        area_.draw({});
        for (const auto& line : draw_task(task, {.traits = traits, .now = now()})) {
            target_.out << line << '\n';
        }
        target_.out << std::flush;
    }

private:
    void draw() {
        const auto traits = target_.traits();
        std::vector<std::string> lines;
        if (task_) {
            const auto rows = traits.rows - std::min<std::size_t>(traits.rows, 2);
            lines =
                draw_task(*task_, {.traits = traits, .now = now(), .frame = frame_, .rows = rows});
        }
        if (!trouble_.empty()) {
            const auto text =
                shorten(trouble_, traits.columns - 2, glyphs(traits.unicode).ellipsis);
            lines.push_back("  " + Palette(traits.colour).paint(Tone::waiting, text));
        }
        area_.draw(lines);
    }

    DisplayTarget target_;
    LiveArea area_;
    std::optional<TaskView> task_;
    std::string trouble_;
    unsigned frame_ = 1;
};

/// What line and JSON displays have in common: they print what changed, once.
class ChangeDisplay : public TaskDisplay {
public:
    explicit ChangeDisplay(DisplayTarget target) : target_(std::move(target)) {}

    void show(const TaskView& task) override {
        for (const auto& change : changes_between(former_ ? &*former_ : nullptr, task)) {
            print(task, change);
        }
        target_.out << std::flush;
        former_ = task;
        last_trouble_.clear();
    }

    void trouble(const std::string& sentence) override {
        if (sentence != std::exchange(last_trouble_, sentence)) {
            target_.err << sentence << std::endl;
        }
    }

    void tick() override {}

protected:
    virtual void print(const TaskView& task, const TaskChange& change) = 0;

    std::ostream& out() { return target_.out; }

private:
    DisplayTarget target_;
    std::optional<TaskView> former_;
    std::string last_trouble_;
};

class LineDisplay final : public ChangeDisplay {
public:
    using ChangeDisplay::ChangeDisplay;

    void end(const TaskView& /*task*/) override {}

protected:
    void print(const TaskView& task, const TaskChange& change) override {
        out() << change_line(task, change, now()) << '\n';
    }
};

class JsonDisplay final : public ChangeDisplay {
public:
    using ChangeDisplay::ChangeDisplay;

    void end(const TaskView& task) override { out() << end_json(task) << std::endl; }

protected:
    void print(const TaskView& task, const TaskChange& change) override {
        out() << change_json(task, change) << '\n';
    }
};

class DocumentDisplay final : public TaskDisplay {
public:
    explicit DocumentDisplay(DisplayTarget target) : target_(std::move(target)) {}

    void show(const TaskView& /*task*/) override {}

    void trouble(const std::string& sentence) override {
        if (sentence != std::exchange(last_trouble_, sentence)) {
            target_.err << sentence << std::endl;
        }
    }

    void tick() override {}

    void end(const TaskView& task) override { target_.out << task.document_json << std::endl; }

private:
    DisplayTarget target_;
    std::string last_trouble_;
};

}  // namespace

std::unique_ptr<TaskDisplay> make_live_display(DisplayTarget target) {
    return std::make_unique<LiveDisplay>(std::move(target));
}

std::unique_ptr<TaskDisplay> make_line_display(DisplayTarget target) {
    return std::make_unique<LineDisplay>(std::move(target));
}

std::unique_ptr<TaskDisplay> make_json_display(DisplayTarget target) {
    return std::make_unique<JsonDisplay>(std::move(target));
}

std::unique_ptr<TaskDisplay> make_document_display(DisplayTarget target) {
    return std::make_unique<DocumentDisplay>(std::move(target));
}

}  // namespace tenon::app
