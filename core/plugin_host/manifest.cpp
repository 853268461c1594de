#include "core/plugin_host/manifest.h"

#include <algorithm>
#include <charconv>
#include <exception>

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <pagoda/json/scan.hpp>
#include <pagoda/plugin.h>

namespace pagoda::plugin_host {
namespace {

constexpr std::size_t kLargestManifest = 262'144;
constexpr std::size_t kDeepestManifest = 32;
constexpr std::size_t kMostEntries = 256;
constexpr std::size_t kLongestText = 1024;
constexpr std::size_t kLongestId = 128;

using Poco::JSON::Array;
using Poco::JSON::Object;

/// A mistake in the manifest; caught in parseManifest.
struct Mistake {
  std::string message;
};

// Ids and versions become part of a file name and of log lines.
bool isNameOf(std::string_view text, std::string_view others, std::size_t longest) {
  const auto allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= longest && text.front() != '.' && text.front() != '-' &&
         std::ranges::all_of(text, allowed);
}
bool isId(std::string_view text) {
  return isNameOf(text, "._-", kLongestId);
}
bool isVersion(std::string_view text) {
  return isNameOf(text, ".-+ABCDEFGHIJKLMNOPQRSTUVWXYZ", 64) && text.front() >= '0' &&
         text.front() <= '9';
}

std::string text(const Object& object, const std::string& key, bool required = false) {
  if (!object.has(key)) {
    if (required) throw Mistake{"`" + key + "` is missing"};
    return {};
  }
  const Poco::Dynamic::Var value = object.get(key);
  if (!value.isString()) throw Mistake{"`" + key + "` is not a string"};
  auto found = value.extract<std::string>();
  if (found.size() > kLongestText) throw Mistake{"`" + key + "` is too long"};
  return found;
}

bool flag(const Object& object, const std::string& key) {
  if (!object.has(key)) return false;
  const Poco::Dynamic::Var value = object.get(key);
  if (!value.isBoolean()) throw Mistake{"`" + key + "` is not true or false"};
  return value.extract<bool>();
}

int number(const Object& object, const std::string& key) {
  const Poco::Dynamic::Var value = object.get(key);
  if (!value.isInteger()) throw Mistake{"`" + key + "` is not an integer"};
  const auto found = value.convert<Poco::Int64>();
  if (found < 0 || found > 0xffff) throw Mistake{"`" + key + "` is out of range"};
  return static_cast<int>(found);
}

Object::Ptr object(const Object& parent, const std::string& key) {
  if (!parent.has(key)) return nullptr;
  Object::Ptr found = parent.getObject(key);
  if (!found) throw Mistake{"`" + key + "` is not an object"};
  return found;
}

Array::Ptr array(const Object& parent, const std::string& key) {
  if (!parent.has(key)) return nullptr;
  Array::Ptr found = parent.getArray(key);
  if (!found) throw Mistake{"`" + key + "` is not an array"};
  if (found->size() > kMostEntries) throw Mistake{"`" + key + "` has too many entries"};
  return found;
}

std::vector<std::string> texts(const Object& parent, const std::string& key) {
  std::vector<std::string> found;
  const Array::Ptr entries = array(parent, key);
  if (!entries) return found;
  for (const Poco::Dynamic::Var& entry : *entries) {
    if (!entry.isString()) throw Mistake{"`" + key + "` holds something else than strings"};
    found.push_back(entry.extract<std::string>());
    if (found.back().empty() || found.back().size() > kLongestText)
      throw Mistake{"`" + key + "` holds an empty or overlong string"};
  }
  return found;
}

Permissions permissionsOf(const Object& manifest) {
  Permissions permissions;
  const Object::Ptr found = object(manifest, "permissions");
  if (!found) return permissions;
  permissions.hosts = texts(*found, "hosts");
  permissions.secrets = texts(*found, "secrets");
  permissions.prompt = flag(*found, "prompt");
  permissions.rawSecrets = flag(*found, "raw_secrets");
  permissions.threads = flag(*found, "threads");
  permissions.blocking = flag(*found, "blocking");
  return permissions;
}

std::vector<ProvidedType> providedBy(const Object& manifest) {
  const Array::Ptr entries = array(manifest, "provides");
  if (!entries || entries->empty()) throw Mistake{"`provides` is missing or empty"};
  std::vector<ProvidedType> provided;
  for (unsigned i = 0; i < entries->size(); ++i) {
    const Object::Ptr entry = entries->getObject(i);
    if (!entry) throw Mistake{"`provides` holds something else than objects"};
    ProvidedType type{text(*entry, "kind", true), text(*entry, "type", true)};
    if (!isNameOf(type.type, "._-", kLongestId))
      throw Mistake{"`type` may hold lower-case letters, digits, `.`, `_` and `-`"};
    provided.push_back(std::move(type));
  }
  return provided;
}

Manifest read(const Object& json) {
  Manifest manifest;
  manifest.id = text(json, "id", true);
  if (!isId(manifest.id))
    throw Mistake{"`id` may hold lower-case letters, digits, `.`, `_` and `-`"};
  manifest.version = text(json, "version", true);
  if (!isVersion(manifest.version))
    throw Mistake{"`version` is not a semantic version such as 1.2.0"};
  const Object::Ptr abi = object(json, "abi");
  if (!abi || !abi->has("major") || !abi->has("minor"))
    throw Mistake{"`abi` needs `major` and `minor`"};
  manifest.abiMajor = number(*abi, "major");
  manifest.abiMinor = number(*abi, "minor");
  manifest.name = text(json, "name");
  manifest.vendor = text(json, "vendor");
  manifest.license = text(json, "license");
  manifest.description = text(json, "description");
  manifest.provides = providedBy(json);
  manifest.permissions = permissionsOf(json);
  manifest.requiresExtensions = texts(json, "requires_extensions");
  manifest.unloadable = flag(json, "unloadable");
  manifest.isolation = text(json, "isolation");
  if (!manifest.isolation.empty() && manifest.isolation != "any" &&
      manifest.isolation != "in-process" && manifest.isolation != "out-of-process")
    throw Mistake{"`isolation` is none of in-process, out-of-process, any"};
  return manifest;
}

Loaded<Manifest> bad(const std::string& what) {
  return refuse(PluginRefusal::BadManifest, "its manifest is wrong: " + what);
}

struct Version {
  std::vector<long> numbers;
  std::string_view preRelease;
};

Version split(std::string_view text) {
  Version version;
  text = text.substr(0, text.find('+'));
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    version.preRelease = text.substr(dash + 1);
    text = text.substr(0, dash);
  }
  while (!text.empty()) {
    long number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    version.numbers.push_back(number);
    const std::size_t dot = text.find('.');
    text = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  }
  return version;
}

}  // namespace

Loaded<Manifest> parseManifest(std::string_view json) {
  while (!json.empty() && json.back() == '\0') json.remove_suffix(1);
  if (json.size() > kLargestManifest) return bad("it is larger than 256 KiB");
  if (!json::validUtf8(json) || json.find('\0') != std::string_view::npos)
    return bad("it is not UTF-8 text");
  Manifest manifest;
  try {
    Poco::JSON::Parser parser;
    parser.setDepth(kDeepestManifest);
    const Poco::Dynamic::Var parsed = parser.parse(std::string(json));
    if (parsed.type() != typeid(Object::Ptr)) return bad("it is not a JSON object");
    manifest = read(*parsed.extract<Object::Ptr>());
  } catch (const Mistake& mistake) {
    return bad(mistake.message);
  } catch (const std::exception&) {
    return bad("it is not valid JSON");
  }
  if (manifest.abiMajor != PAGODA_ABI_MAJOR)
    return refuse(PluginRefusal::WrongAbi,
                  "built for plugin ABI " + std::to_string(manifest.abiMajor) + "." +
                      std::to_string(manifest.abiMinor) + "; this host serves ABI " +
                      std::to_string(PAGODA_ABI_MAJOR) + ".x");
  return manifest;
}

Loaded<Manifest> readManifest(const ElfImage& image) {
  if (image.manifests.empty())
    return refuse(
        PluginRefusal::NoManifest,
        "a shared library, but no plugin: it has no manifest (PAGODA_MANIFEST in its source)");
  if (image.manifests.size() > 1) return bad("the library holds more than one");
  return parseManifest(image.manifests.front());
}

bool versionLess(std::string_view a, std::string_view b) {
  const Version left = split(a);
  const Version right = split(b);
  if (left.numbers != right.numbers) return left.numbers < right.numbers;
  if (left.preRelease.empty() || right.preRelease.empty())
    return !left.preRelease.empty() && right.preRelease.empty();
  return left.preRelease < right.preRelease;
}

}  // namespace pagoda::plugin_host
