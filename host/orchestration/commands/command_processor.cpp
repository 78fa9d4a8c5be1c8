#include "orchestration/commands/command_processor.hpp"

namespace tenon::orchestration {

CommandProcessor::CommandProcessor(Options options)
    : routes_(
          std::piecewise_construct,
          std::forward_as_tuple("InitializeTask", options.initializations_max),
          std::forward_as_tuple("GetTask", options.queries_max)
      ) {}

}  // namespace tenon::orchestration
