#include "settings.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace pagoda::gemini {

namespace {

[[noreturn]] void refuse(std::string_view setting, const char* need) {
  throw sdk::Failure(PAGODA_E_CONFIG, std::string(setting) + " " + need);
}

std::string textOf(std::string_view setting, json::Reader& value) {
  std::string buffer;
  const auto text = value.string(buffer);
  if (!text) refuse(setting, "must be a string");
  return std::string(*text);
}

bool flagOf(std::string_view setting, json::Reader& value) {
  const auto flag = value.boolean();
  if (!flag) refuse(setting, "must be true or false");
  return *flag;
}

std::string hostOf(std::string_view url) {
  std::string_view host = url.substr(std::min(url.size(), url.find("://") + 3));
  host = host.substr(0, host.find_first_of("/?#:"));
  std::string lower(host);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// What is read before it is known whether this is Vertex AI.
struct Draft {
  Settings settings;
  std::string auth = "auto";
  std::string project;
  std::string location = "global";
  bool vertexGiven = false;
};

void readHeaders(json::Reader& value, Settings& settings) {
  const bool object = value.object([&](std::string_view key, json::Reader& member) {
    std::string name(key);
    std::string text = textOf("headers", member);
    settings.headers.emplace_back(std::move(name), std::move(text));
  });
  if (!object) refuse("headers", "must be an object of strings");
}

void readMember(std::string_view key, json::Reader& value, Draft& draft) {
  Settings& settings = draft.settings;
  if (key == "base_url") {
    settings.baseUrl = textOf(key, value);
  } else if (key == "vertex") {
    settings.vertex = flagOf(key, value);
    draft.vertexGiven = true;
  } else if (key == "project") {
    draft.project = textOf(key, value);
  } else if (key == "location") {
    draft.location = textOf(key, value);
  } else if (key == "auth") {
    draft.auth = textOf(key, value);
  } else if (key == "headers") {
    readHeaders(value, settings);
  } else if (key == "safety_settings") {
    if (value.kind() != json::Kind::Array) refuse(key, "must be an array");
    settings.safetySettings = value.raw();
  } else if (key == "include_thoughts") {
    settings.includeThoughts = flagOf(key, value);
  } else if (key == "signature_fallback") {
    settings.signatureFallback = textOf(key, value);
  } else if (key == "schema") {
    const std::string form = textOf(key, value);
    if (form != "subset" && form != "json_schema") refuse(key, "must be subset or json_schema");
    settings.jsonSchema = form == "json_schema";
  }
}

Auth authOf(const Draft& draft) {
  if (draft.auth == "auto") return draft.settings.vertex ? Auth::Bearer : Auth::Key;
  if (draft.auth == "key") return Auth::Key;
  if (draft.auth == "bearer") return Auth::Bearer;
  if (draft.auth == "none") return Auth::None;
  refuse("auth", "must be auto, key, bearer or none");
}

bool isPlain(std::string_view segment) {
  return !segment.empty() && std::ranges::all_of(segment, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == ':';
  });
}

void settlePlace(Draft& draft) {
  std::string& base = draft.settings.baseUrl;
  while (base.ends_with('/')) base.pop_back();
  if (draft.project.empty() || base.find("/projects/") != std::string::npos) return;
  if (!isPlain(draft.project)) refuse("project", "has a character that no project has");
  if (!isPlain(draft.location)) refuse("location", "has a character that no location has");
  base += "/projects/" + draft.project + "/locations/" + draft.location;
}

// A path's segment with everything escaped that has a meaning in an address.
void appendSegment(std::string& out, std::string_view segment) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : segment) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~@").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

}  // namespace

Settings readSettings(std::string_view configJson) {
  Draft draft;
  try {
    json::Reader reader(configJson);
    reader.object(
        [&](std::string_view key, json::Reader& value) { readMember(key, value, draft); });
    reader.finish();
  } catch (const json::Malformed& malformed) {
    throw sdk::Failure(PAGODA_E_CONFIG, malformed.what());
  }
  Settings& settings = draft.settings;
  if (!settings.baseUrl.starts_with("https://") && !settings.baseUrl.starts_with("http://"))
    refuse("base_url", "must begin with https:// or http://");
  const std::string host = hostOf(settings.baseUrl);
  if (host.empty()) refuse("base_url", "names no host");
  if (!draft.vertexGiven) {
    settings.vertex = host.ends_with("aiplatform.googleapis.com") || !draft.project.empty() ||
                      settings.baseUrl.find("/projects/") != std::string::npos;
  }
  settlePlace(draft);
  settings.auth = authOf(draft);
  return std::move(draft.settings);
}

std::string resourceOf(const Settings& settings, std::string_view model) {
  // Names that say their own place; all others are models of Google's.
  constexpr std::string_view kPlaces[] = {"models/", "tunedModels/", "publishers/", "endpoints/"};
  const bool placed = std::ranges::any_of(
      kPlaces, [&](std::string_view place) { return model.starts_with(place); });
  std::string out;
  if (settings.vertex && (!placed || model.starts_with("models/")))
    out = "publishers/google/models/";
  if (settings.vertex && model.starts_with("models/")) model.remove_prefix(7);
  if (!settings.vertex && !placed) out = "models/";
  while (!model.empty()) {
    const std::size_t slash = placed ? model.find('/') : std::string_view::npos;
    const std::string_view segment = model.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..")
      throw sdk::Failure(PAGODA_E_MODEL_NOT_FOUND, "the model's name is not one of Google's");
    appendSegment(out, segment);
    if (slash == std::string_view::npos) break;
    out += '/';
    model.remove_prefix(slash + 1);
  }
  return out;
}

std::string urlOf(const Settings& settings, std::string_view base, std::string_view model,
                  std::string_view method, std::string_view query) {
  if (base.empty()) base = settings.baseUrl;
  const std::size_t question = base.find('?');
  std::string_view path = base.substr(0, question);
  while (path.ends_with('/')) path.remove_suffix(1);
  std::string resource = resourceOf(settings, model);
  constexpr std::string_view kPublisher = "/publishers/google";
  if (path.ends_with(kPublisher) && resource.starts_with("publishers/google/"))
    resource.erase(0, kPublisher.size());
  std::string url(path);
  url.append("/").append(resource).append(":").append(method);
  char separator = '?';
  if (question != std::string_view::npos) {
    url += base.substr(question);
    separator = '&';
  }
  if (!query.empty()) (url += separator) += query;
  return url;
}

Model modelOf(std::string_view name) {
  if (const std::size_t slash = name.rfind('/'); slash != std::string_view::npos)
    name.remove_prefix(slash + 1);
  Model model;
  constexpr std::string_view kFamily = "gemini-";
  if (!name.starts_with(kFamily)) return model;
  name.remove_prefix(kFamily.size());
  const auto has = [&](std::string_view word) { return name.find(word) != std::string_view::npos; };
  double version = 3;
  std::from_chars(name.data(), name.data() + name.size(), version, std::chars_format::fixed);
  if (has("robotics") || has("embedding")) version = 1;
  model.pro = has("pro");
  model.lite = has("lite");
  model.needsSignature = version >= 3;
  if (has("-tts") || has("audio") || (has("image") && version < 3)) return model;
  if (version >= 3) {
    model.thinking = Thinking::Level;
  } else if (version >= 2.5) {
    model.thinking = Thinking::Budget;
  }
  return model;
}

}  // namespace pagoda::gemini
