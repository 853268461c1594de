// pagoda/json.hpp - reads, writes and splices JSON text. C++20, header only, needs no library.
//
//   json::Writer  appends to a std::string or to any buffer with append(const char*, size_t)
//   json::Reader  walks a text once, without building a tree
//   json::splice  changes members of an object and keeps every other byte as it was
//   json::validUtf8
//
// Malformed text throws json::Malformed (the SDK turns it into PAGODA_E_PROTOCOL).
#pragma once

#include "json/reader.hpp"
#include "json/scan.hpp"
#include "json/splice.hpp"
#include "json/writer.hpp"
