#pragma once
// The settings' JSON schema as a literal: the manifest and the provider's type hold the same text.
/* clang-format off */
#define PAGODA_ANTHROPIC_SCHEMA                                                                        \
  R"({"type":"object","properties":{)"                                                                 \
  R"("base_url":{"type":"string","default":"https://api.anthropic.com"},)"                             \
  R"("platform":{"enum":["anthropic","vertex"],"default":"anthropic",)"                                \
  R"("description":"vertex: Claude on Google Cloud, base_url ends in /publishers/anthropic"},)"        \
  R"("version":{"enum":["2023-06-01","2026-10-21"],"default":"2023-06-01"},)"                          \
  R"("auth":{"enum":["x-api-key","bearer","oauth","none"],)"                                           \
  R"("description":"header of the key; oauth: an access token, with its beta"},)"                      \
  R"("betas":{"type":"array","items":{"type":"string"},"description":"values of anthropic-beta"},)"    \
  R"("client_betas":{"type":"boolean","default":true,"description":"pass the client's betas on"},)"    \
  R"("headers":{"type":"object","additionalProperties":{"type":"string"}},)"                           \
  R"("default_max_tokens":{"type":"integer","minimum":1,"default":8192,)"                              \
  R"("description":"where neither client nor host bounds the answer"},)"                               \
  R"("auto_cache":{"enum":["none","5m","1h"],"default":"none",)"                                       \
  R"("description":"mark system and last turn for prompt caching where the client marks nothing"},)"   \
  R"("thinking":{"enum":["auto","adaptive","budget","none"],"default":"auto",)"                        \
  R"("description":"how the model is asked to think; auto: by its name"}}})"
/* clang-format on */
