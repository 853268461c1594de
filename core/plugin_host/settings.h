#pragma once
// Checks an instance's settings against the JSON schema of its type before the plugin sees them, so
// that a mistyped key is named instead of ignored.

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace pagoda::plugin_host {

/// Reads the parts of JSON Schema that settings use: type, properties, required,
/// additionalProperties, enum, minimum, maximum, items. Other keywords are left to the plugin. A
/// key that no `properties` names is an error unless `additionalProperties` says otherwise; without
/// `properties` every key is allowed, and `base_url` always. Errors: InvalidRequest; `param` is the
/// setting's path, for example "models[2].price".
Result<void> checkSettings(std::string_view schemaJson, std::string_view settingsJson);

/// A top-level string of the settings; empty if there is none.
std::string settingText(std::string_view settingsJson, const std::string& key);

/// The up to three names that `name` was probably meant to be.
std::vector<std::string> nearNames(std::string_view name, const std::vector<std::string>& names);

}  // namespace pagoda::plugin_host
