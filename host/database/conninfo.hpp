#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tenon::database {

/// A parsed libpq connection string or `postgresql://` URL, to be completed and named.
class Conninfo {
public:
    /// Throws `invalid_input`, without quoting `text`, which may hold a password.
    explicit Conninfo(std::string_view text);

    /// Sets `keyword`, whatever the text said.
    void set(const std::string& keyword, std::string value);

    /// Sets `keyword` unless the text did.
    void set_default(const std::string& keyword, std::string value);

    /// The keyword's value, empty when neither the text nor the environment gives one.
    std::string get(const std::string& keyword) const;

    /// `host:port, database name`, for error sentences. Never the password.
    std::string endpoint() const;

    /// The whole, password included, in libpq's `keyword='value'` form.
    std::string to_string() const;

private:
    std::map<std::string, std::string> values_;
};

}  // namespace tenon::database
