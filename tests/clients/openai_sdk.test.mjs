// The official openai client against Pagoda, with aimock as the upstream.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LLMock } from "@copilotkit/aimock";
import OpenAI from "openai";
import { startPagoda } from "./pagoda.mjs";

let mock, pagoda, client;

before(async () => {
  mock = new LLMock({ port: 0 });
  mock.onMessage("hello", { content: "Hi there, from the mock!" });
  mock.onMessage("日本語で", { content: "こんにちは、塔の上から 🗼" });
  mock.onMessage("weather", { toolCalls: [{ name: "get_weather", arguments: JSON.stringify({ city: "東京" }) }] });
  mock.onMessage("as json", { content: JSON.stringify({ answer: 42 }) });
  await mock.start();
  pagoda = await startPagoda({
    models: `models:
  mock_model: { tier: 1, provider: mock, model: gpt-4o-mini, cost_per_1k_tokens: { input: 0.00015, output: 0.0006 }, supports: [tools, json, json_schema, images] }
`,
    pagoda: `security: { auth: api_key }
discovery: { enabled: false }
upstream: { tries_per_candidate: 1 }
providers:
  mock: { type: openai_compatible, base_url: "${mock.url}/v1", api_key: sk-upstream-0123456789 }
`,
  });
  client = new OpenAI({ baseURL: `${pagoda.url}/v1`, apiKey: pagoda.key, maxRetries: 0 });
});

after(async () => {
  const code = await pagoda?.stop();
  await mock?.stop();
  assert.equal(code, 0);
});

const ask = (content, more = {}) => client.chat.completions.create({ model: "mock_model", messages: [{ role: "user", content }], ...more });

test("a whole answer carries text, usage and the headers of the decision", async () => {
  const { data, response } = await ask("hello").withResponse();
  assert.equal(data.choices[0].message.content, "Hi there, from the mock!");
  assert.equal(data.choices[0].finish_reason, "stop");
  assert.ok(data.usage.total_tokens > 0);
  assert.equal(response.headers.get("x-pagoda-model"), "mock_model");
  assert.equal(response.headers.get("x-pagoda-tier"), "1");
  assert.match(response.headers.get("x-request-id"), /^req_/);
  assert.ok(Number(response.headers.get("x-pagoda-cost-usd")) > 0);
});

test("a stream brings the same text in deltas and ends with its usage", async () => {
  const stream = await ask("日本語で", { stream: true, stream_options: { include_usage: true } });
  let text = "", usage, finish, chunks = 0;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
    ++chunks;
  }
  assert.equal(text, "こんにちは、塔の上から 🗼");
  assert.equal(finish, "stop");
  assert.ok(chunks > 2);
  assert.ok(usage.completion_tokens >= 0);
});

const tools = [{ type: "function", function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } } }];

test("a tool call comes whole", async () => {
  const answer = await ask("weather", { tools });
  const call = answer.choices[0].message.tool_calls[0];
  assert.equal(answer.choices[0].finish_reason, "tool_calls");
  assert.equal(call.function.name, "get_weather");
  assert.deepEqual(JSON.parse(call.function.arguments), { city: "東京" });
});

test("a streamed tool call is put together by the client's own helper", async () => {
  const runner = client.chat.completions.stream({ model: "mock_model", messages: [{ role: "user", content: "weather" }], tools });
  const answer = await runner.finalChatCompletion();
  assert.deepEqual(JSON.parse(answer.choices[0].message.tool_calls[0].function.arguments), { city: "東京" });
});

test("a response format reaches the upstream", async () => {
  const answer = await ask("as json", { response_format: { type: "json_object" } });
  assert.deepEqual(JSON.parse(answer.choices[0].message.content), { answer: 42 });
});

test("models are listed and found by id", async () => {
  const ids = (await client.models.list()).data.map((model) => model.id);
  assert.ok(ids.includes("mock_model"));
  assert.equal((await client.models.retrieve("mock_model")).id, "mock_model");
});

test("errors are the client's own classes", async () => {
  const stranger = new OpenAI({ baseURL: `${pagoda.url}/v1`, apiKey: "sk-wrong", maxRetries: 0 });
  await assert.rejects(stranger.models.list(), (error) => error instanceof OpenAI.AuthenticationError && error.status === 401);
  await assert.rejects(client.chat.completions.create({ model: "mock_modle", messages: [{ role: "user", content: "x" }] }),
    (error) => error instanceof OpenAI.NotFoundError && /did you mean mock_model/.test(error.message) && error.requestID.startsWith("req_"));
  await assert.rejects(client.chat.completions.create({ model: "mock_model", messages: [] }), OpenAI.BadRequestError);
  await assert.rejects(ask("hello", { max_tokens: -1 }), (error) => error.param === "max_tokens");
});

test("an upstream's rate limit and breakdown become the client's own classes", async () => {
  mock.nextRequestError(429, { message: "slow down", type: "rate_limit_error" });
  await assert.rejects(ask("hello"), (error) => error instanceof OpenAI.RateLimitError);
  mock.nextRequestError(500, { message: "sk-upstream-0123456789 broke", type: "server_error" });
  await assert.rejects(ask("hello"), (error) => error instanceof OpenAI.InternalServerError && !error.message.includes("sk-upstream"));
  assert.equal((await ask("hello")).choices[0].finish_reason, "stop");
});
