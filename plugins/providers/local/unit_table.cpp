#include "unit_table.h"

#include <array>

namespace pagoda::local {
namespace {

using enum Dimension;

constexpr long long kKilo = 1000;
constexpr long long kMega = kKilo * kKilo;
constexpr long long kGiga = kMega * kKilo;
constexpr long long kTera = kGiga * kKilo;
constexpr long long kPeta = kTera * kKilo;

// Bases: metre, kilogram, kelvin, second, byte, metre per second, square metre, cubic metre.
constexpr Unit kUnits[] = {
    {"nm", Length, 1, kGiga, 0, "nm|nanometer|nanometers|nanometre|nanometres|ナノメートル"},
    {"µm", Length, 1, kMega, 0,
     "µm|um|micrometer|micrometers|micron|microns|マイクロメートル|ミクロン"},
    {"mm", Length, 1, kKilo, 0,
     "mm|millimeter|millimeters|millimetre|millimetres|ミリメートル|ミリ"},
    {"cm", Length, 1, 100, 0,
     "cm|centimeter|centimeters|centimetre|centimetres|センチメートル|センチ"},
    {"m", Length, 1, 1, 0, "m|meter|meters|metre|metres|メートル"},
    {"km", Length, kKilo, 1, 0,
     "km|kilometer|kilometers|kilometre|kilometres|kms|キロメートル|キロ"},
    {"in", Length, 254, 10000, 0, "in|inch|inches|\"|インチ"},
    {"ft", Length, 3048, 10000, 0, "ft|foot|feet|'|フィート|フット"},
    {"yd", Length, 9144, 10000, 0, "yd|yard|yards|ヤード"},
    {"mi", Length, 1609344, 1000, 0, "mi|mile|miles|マイル"},
    {"nmi", Length, 1852, 1, 0, "nmi|nautical mile|nautical miles|海里"},
    {"尺", Length, 10, 33, 0, "尺|shaku"},
    {"寸", Length, 1, 33, 0, "寸"},
    {"里", Length, 1296 * 100, 33, 0, "里"},
    {"ly", Length, 9460730472580800, 1, 0, "ly|light year|light years|light-year|light-years|光年"},
    {"au", Length, 149597870700, 1, 0, "au|astronomical unit|astronomical units|天文単位"},

    {"mg", Mass, 1, kMega, 0, "mg|milligram|milligrams|ミリグラム|ミリ"},
    {"g", Mass, 1, kKilo, 0, "g|gram|grams|グラム"},
    {"kg", Mass, 1, 1, 0, "kg|kilogram|kilograms|kilo|kilos|kgs|キログラム|キロ"},
    {"t", Mass, kKilo, 1, 0, "t|tonne|tonnes|metric ton|metric tons|トン"},
    {"oz", Mass, 28349523125, kTera, 0, "oz|ounce|ounces|オンス"},
    {"lb", Mass, 45359237, 100 * kMega, 0, "lb|lbs|pound|pounds|ポンド"},
    {"st", Mass, 14LL * 45359237, 100 * kMega, 0, "st|stone|stones"},
    {"short ton", Mass, 2000LL * 45359237, 100 * kMega, 0, "short ton|short tons|ton|tons"},
    {"貫", Mass, 375, 100, 0, "貫"},
    {"匁", Mass, 375, 100000, 0, "匁"},
    {"ct", Mass, 2, 10000, 0, "ct|carat|carats|カラット"},

    {"°C", Temperature, 1, 1, 27315,
     "°c|c|celsius|centigrade|degrees celsius|degree celsius|degrees c|deg c|℃|摂氏|セ氏|度"},
    {"°F", Temperature, 5, 9, 0,
     "°f|f|fahrenheit|degrees fahrenheit|degree fahrenheit|degrees f|deg f|℉|華氏|カ氏"},
    {"K", Temperature, 1, 1, 0, "k|kelvin|kelvins|ケルビン|絶対温度"},

    {"ns", Time, 1, kGiga, 0, "ns|nanosecond|nanoseconds|ナノ秒"},
    {"µs", Time, 1, kMega, 0, "µs|us|microsecond|microseconds|マイクロ秒"},
    {"ms", Time, 1, kKilo, 0, "ms|millisecond|milliseconds|ミリ秒"},
    {"s", Time, 1, 1, 0, "s|sec|secs|second|seconds|秒間|秒"},
    {"min", Time, 60, 1, 0, "min|mins|minute|minutes|分間|分"},
    {"h", Time, 3600, 1, 0, "h|hr|hrs|hour|hours|時間"},
    {"d", Time, 86400, 1, 0, "d|day|days|日間|日"},
    {"weeks", Time, 604800, 1, 0, "week|weeks|wk|週間|週"},
    {"years", Time, 31557600, 1, 0, "year|years|yr|年間|年"},

    {"bit", Data, 1, 8, 0, "bit|bits|b|ビット"},
    {"B", Data, 1, 1, 0, "B|byte|bytes|バイト"},
    {"kbit", Data, kKilo, 8, 0, "kbit|kilobit|kilobits|Kb|kb|キロビット"},
    {"Mbit", Data, kMega, 8, 0, "mbit|megabit|megabits|Mb|メガビット"},
    {"Gbit", Data, kGiga, 8, 0, "gbit|gigabit|gigabits|Gb|ギガビット"},
    {"kB", Data, kKilo, 1, 0, "kB|KB|kilobyte|kilobytes|キロバイト|キロ"},
    {"MB", Data, kMega, 1, 0, "mb|megabyte|megabytes|メガバイト|メガ"},
    {"GB", Data, kGiga, 1, 0, "gb|gigabyte|gigabytes|ギガバイト|ギガ"},
    {"TB", Data, kTera, 1, 0, "tb|terabyte|terabytes|テラバイト|テラ"},
    {"PB", Data, kPeta, 1, 0, "pb|petabyte|petabytes|ペタバイト"},
    {"KiB", Data, 1LL << 10, 1, 0, "kib|kibibyte|kibibytes"},
    {"MiB", Data, 1LL << 20, 1, 0, "mib|mebibyte|mebibytes"},
    {"GiB", Data, 1LL << 30, 1, 0, "gib|gibibyte|gibibytes"},
    {"TiB", Data, 1LL << 40, 1, 0, "tib|tebibyte|tebibytes"},

    {"m/s", Speed, 1, 1, 0,
     "m/s|meters per second|metres per second|meter per second|mps|毎秒メートル"},
    {"km/h", Speed, 1000, 3600, 0,
     "km/h|kph|kmh|kilometers per hour|kilometres per hour|キロメートル毎時|時速キロ"},
    {"mph", Speed, 1609344, 3600000, 0, "mph|mi/h|miles per hour|マイル毎時"},
    {"kn", Speed, 1852, 3600, 0, "kn|kt|knot|knots|ノット"},
    {"ft/s", Speed, 3048, 10000, 0, "ft/s|feet per second"},

    {"mm²", Area, 1, kMega, 0, "mm²|mm2|mm^2|square millimeters|平方ミリメートル"},
    {"cm²", Area, 1, 10000, 0,
     "cm²|cm2|cm^2|square centimeters|square centimetres|平方センチメートル|平方センチ"},
    {"m²", Area, 1, 1, 0,
     "m²|m2|m^2|sqm|square meter|square meters|square metre|square metres|平方メートル|平米|㎡"},
    {"km²", Area, kMega, 1, 0,
     "km²|km2|km^2|square kilometers|square kilometres|平方キロメートル|平方キロ|㎢"},
    {"ha", Area, 10000, 1, 0, "ha|hectare|hectares|ヘクタール"},
    {"a", Area, 100, 1, 0, "アール"},
    {"ac", Area, 40468564224, 10000000, 0, "ac|acre|acres|エーカー"},
    {"in²", Area, 64516, 100000000, 0, "in²|in2|in^2|square inch|square inches|平方インチ"},
    {"ft²", Area, 9290304, 100000000, 0,
     "ft²|ft2|ft^2|sqft|sq ft|square foot|square feet|平方フィート"},
    {"mi²", Area, 2589988110336, 1000000, 0, "mi²|mi2|mi^2|square mile|square miles|平方マイル"},
    {"坪", Area, 400, 121, 0, "坪|tsubo"},
    {"畳", Area, 200, 121, 0, "畳|tatami"},

    {"ml", Volume, 1, kMega, 0,
     "ml|milliliter|milliliters|millilitre|millilitres|cc|ミリリットル|ミリ"},
    {"dl", Volume, 1, 10000, 0, "dl|deciliter|deciliters|デシリットル"},
    {"L", Volume, 1, kKilo, 0, "l|liter|liters|litre|litres|リットル"},
    {"m³", Volume, 1, 1, 0,
     "m³|m3|m^3|cubic meter|cubic meters|cubic metre|cubic metres|立方メートル|立米"},
    {"cm³", Volume, 1, kMega, 0,
     "cm³|cm3|cm^3|cubic centimeter|cubic centimeters|立方センチメートル"},
    {"ft³", Volume, 28316846592, kTera, 0, "ft³|ft3|ft^3|cubic foot|cubic feet|立方フィート"},
    {"gal", Volume, 3785411784, kTera, 0, "gal|gallon|gallons|us gallon|us gallons|ガロン"},
    {"imp gal", Volume, 454609, 100000000, 0, "imperial gallon|imperial gallons|英ガロン"},
    {"qt", Volume, 946352946, kTera, 0, "qt|quart|quarts|クォート"},
    {"pt", Volume, 473176473, kTera, 0, "pt|pint|pints|パイント"},
    {"cups", Volume, 2365882365, 10 * kTera, 0, "cup|cups|カップ"},
    {"fl oz", Volume, 295735295625, 10 * kPeta, 0,
     "fl oz|fluid ounce|fluid ounces|液量オンス|oz|ounce|ounces|オンス"},
    {"tbsp", Volume, 1478676478125, 100 * kPeta, 0, "tbsp|tablespoon|tablespoons|大さじ"},
    {"tsp", Volume, 492892159375, 100 * kPeta, 0, "tsp|teaspoon|teaspoons|小さじ"},
    {"合", Volume, 2401, 13310000, 0, "合"},
    {"升", Volume, 2401, 1331000, 0, "升"},
};

bool hasCapital(std::string_view name) {
  for (const char c : name)
    if (c >= 'A' && c <= 'Z') return true;
  return false;
}

// Bytes of `name` at the start of `text`, 0 if it is not there.
std::size_t matchName(std::string_view text, std::string_view name) {
  if (text.size() < name.size()) return 0;
  const std::string_view head = text.substr(0, name.size());
  if (hasCapital(name) ? head != name : lower(head) != name) return 0;
  const bool inWord = isAsciiWord(name.back()) && text.size() > name.size() &&
                      (isAsciiWord(text[name.size()]) || text[name.size()] == '^');
  return inWord ? 0 : name.size();
}

}  // namespace

const Phrase& nameOf(Dimension dimension) {
  static const std::array<Phrase, 8> names{{{"length", "長さ"},
                                            {"mass", "重さ"},
                                            {"temperature", "温度"},
                                            {"time", "時間"},
                                            {"data", "データ量"},
                                            {"speed", "速さ"},
                                            {"area", "面積"},
                                            {"volume", "体積"}}};
  return names[static_cast<std::size_t>(dimension)];
}

std::span<const Unit> allUnits() {
  return kUnits;
}

UnitMatch unitAt(std::string_view text, const Dimension* dimension) {
  UnitMatch best;
  bool bestExact = false;
  for (const Unit& unit : kUnits) {
    if (dimension != nullptr && unit.dimension != *dimension) continue;
    std::string_view names = unit.names;
    while (!names.empty()) {
      const std::size_t bar = names.find('|');
      const std::string_view name = names.substr(0, bar);
      names.remove_prefix(bar == std::string_view::npos ? names.size() : bar + 1);
      const std::size_t size = matchName(text, name);
      // Of two names of one length the one with capitals wins: "Mb" is not "mb".
      const bool exact = hasCapital(name);
      if (size > best.size || (size == best.size && size > 0 && exact && !bestExact)) {
        best = {&unit, size};
        bestExact = exact;
      }
    }
  }
  return best;
}

}  // namespace pagoda::local
