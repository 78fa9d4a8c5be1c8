#pragma once

#include "plugin_host/validation/validator.hpp"

#include <string>

namespace tenon::app {

/// A report for machines, on one line.
std::string validation_json(const plugin_host::ValidationReport& report);

/// A report in the format of JUnit: one test case for each check and subject.
std::string validation_junit(const plugin_host::ValidationReport& report, bool strict);

}  // namespace tenon::app
