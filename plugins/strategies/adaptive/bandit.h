#pragma once
// Discounted Thompson sampling: for each kind of request a table of models with what they achieved
// of late. A draw from what is believed of each, so that the uncertain get their chance; every new
// outcome makes the older ones of its table count less, so that a change is noticed.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pagoda::adaptive {

/// What is believed of a model for one kind of request.
struct Arm {
  double good = 0, bad = 0;  ///< outcomes, each as much as it counts by now
  double cost = 0;           ///< nano-USD of the outcomes in `paid`
  double paid = 0;
};

/// Belief before any outcome: `quality` as if it had been seen `weight` times.
struct Prior {
  double quality = 0.5;
  double weight = 2;
};

/// A splitmix64 stream: the same numbers from the same seed on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  double uniform();  ///< within (0, 1)
  double normal();
  double gamma(double shape);
  double beta(double a, double b);

 private:
  std::uint64_t state_;
};

/// Not thread-safe.
class Bandit {
 public:
  /// `memory`: outcomes of a table that count by and large.
  explicit Bandit(double memory) : keep_(1 - 1 / memory) {}

  /// Null: nothing is known.
  const Arm* find(std::uint32_t table, const std::string& model) const;
  /// `value` 0..1, counted `weight` times.
  void learn(std::uint32_t table, const std::string& model, double value, double weight);
  void paid(std::uint32_t table, const std::string& model, std::int64_t nanoUsd);

  /// Text: a line with the form's number, then a line for each arm.
  std::string save() const;
  /// False, and nothing changed: not of this form.
  bool load(std::string_view state);

 private:
  using Table = std::map<std::string, Arm>;
  Arm* arm(std::uint32_t table, const std::string& model);

  double keep_;
  std::map<std::uint32_t, Table> tables_;
};

/// FNV-1a: names a kind of request in a plan's memo, the same in every process.
std::uint32_t tableOf(std::string_view task, std::optional<bool> hard);

}  // namespace pagoda::adaptive
