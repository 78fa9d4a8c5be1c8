// What most tests include, parsed once: see host.hpp.
#pragma once

#include "host.hpp"

#include <future>
#include <iostream>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
