#include "orchestration/commands/command_processor.hpp"

namespace tenon::orchestration {

CommandProcessor::CommandProcessor(Options options)
    : routes_(
          CommandRoute<InitializeTask>::Options{"InitializeTask", options.initializations_max},
          CommandRoute<GetTask>::Options{"GetTask", options.queries_max}
      ) {}

}  // namespace tenon::orchestration
