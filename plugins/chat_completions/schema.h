#pragma once
// The settings' JSON schema as a literal: the manifest and the provider's type hold the same text.
// Providers with further settings put PAGODA_CHAT_COMPLETIONS_PROPERTIES beside their own.
// clang-format off

#define PAGODA_CHAT_COMPLETIONS_PROPERTIES                                                            \
  R"("base_url":{"type":"string","minLength":1,"description":"such as https://api.openai.com/v1"},)" \
  R"("chat_path":{"type":"string","default":"/chat/completions"},)"                                  \
  R"("embeddings_path":{"type":"string","default":"/embeddings"},)"                                  \
  R"("auth_header":{"type":"string","default":"authorization"},)"                                    \
  R"("auth_prefix":{"type":"string","default":"Bearer "},)"                                          \
  R"("no_auth":{"type":"boolean","default":false,"description":"send no key"},)"                     \
  R"("headers":{"type":"object","additionalProperties":{"type":"string"}},)"                         \
  R"("max_tokens_field":{"enum":["auto","max_tokens","max_completion_tokens"],"default":"auto"},)"   \
  R"("stream_usage":{"type":"boolean","description":"ask for usage in streams"},)"                   \
  R"("developer_role":{"enum":["keep","system"],"description":"what becomes of role developer"},)"   \
  R"("tool_choice_form":{"enum":["openai","any","words"]},)"                                         \
  R"("tool_ids":{"enum":["keep","nine_letters"]},)"                                                  \
  R"("reasoning_replay":{"enum":["keep","rename","tool_turns"]},)"                                   \
  R"("message_order":{"enum":["keep","prefix_last","alternate"]},)"                                  \
  R"("message_drop":{"type":"array","items":{"type":"string"}},)"                                    \
  R"("message_members":{"type":"array","items":{"type":"string"}},)"                                 \
  R"("embeddings_base64":{"type":"boolean","description":"ask for vectors as base64"},)"             \
  R"("reasoning_excluded_from_completion":{"type":"boolean","default":false},)"                      \
  R"("trust_cost":{"type":"boolean","default":true,"description":"bill the cost in usage"},)"        \
  R"("body":{"type":"object","additionalProperties":true,)"                                          \
  R"("description":"members that every request gets"},)"                                             \
  R"("drop":{"type":"array","items":{"type":"string"},"description":"request members to leave out"},)" \
  R"("rename":{"type":"object","additionalProperties":{"type":"string"},)"                           \
  R"("description":"request members to send under another name"})"

#define PAGODA_CHAT_COMPLETIONS_SCHEMA                                                               \
  R"({"type":"object","required":["base_url"],"properties":{)" PAGODA_CHAT_COMPLETIONS_PROPERTIES    \
  R"(,"quirks":{"enum":["none","openai","azure","groq","mistral","xai","deepseek","perplexity",)"    \
  R"("openrouter","qwen","ollama","cohere","vllm","llamacpp","lmstudio"],)"                          \
  R"("description":"the server, where its host name does not tell"},)"                               \
  R"("api":{"enum":["chat","native","ollama","cohere"],"default":"chat"}}})"
