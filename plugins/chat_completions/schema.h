#pragma once
// The settings' JSON schema as a literal: the manifest and the provider's type hold the same text.

#define PAGODA_CHAT_COMPLETIONS_SCHEMA                                                                 \
  R"({"type":"object","required":["base_url"],"properties":{)"                                         \
  R"("base_url":{"type":"string","minLength":1,"description":"such as https://api.openai.com/v1"},)"   \
  R"("chat_path":{"type":"string","default":"/chat/completions"},)"                                    \
  R"("auth_header":{"type":"string","default":"authorization"},)"                                      \
  R"("auth_prefix":{"type":"string","default":"Bearer "},)"                                            \
  R"("no_auth":{"type":"boolean","default":false,"description":"send no key"},)"                       \
  R"("headers":{"type":"object","additionalProperties":{"type":"string"}},)"                           \
  R"("max_tokens_field":{"enum":["auto","max_tokens","max_completion_tokens"],"default":"auto"},)"     \
  R"("stream_usage":{"type":"boolean","description":"ask for usage in streams"},)"                     \
  R"("developer_role":{"enum":["keep","system"],"description":"what becomes of role developer"},)"     \
  R"("reasoning_excluded_from_completion":{"type":"boolean","default":false},)"                        \
  R"("trust_cost":{"type":"boolean","default":true,"description":"bill the cost in usage"},)"          \
  R"("drop":{"type":"array","items":{"type":"string"},"description":"request members to leave out"},)" \
  R"("rename":{"type":"object","additionalProperties":{"type":"string"},)"                             \
  R"("description":"request members to send under another name"}}})"
