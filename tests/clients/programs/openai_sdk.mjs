// [configuration]
import OpenAI from "openai";

const client = new OpenAI({ baseURL: "http://127.0.0.1:8080/v1", apiKey: "sk-client" });
// [end]

import { zodTextFormat } from "openai/helpers/zod";
import { ResponsesWS } from "openai/resources/responses/ws";
import { z } from "zod";

import { collect, run } from "./scenarios.mjs";

client.maxRetries = 0;

const PIXEL = "data:image/png;base64,iVBORw0KGgo=";
const WEATHER = {
  type: "function",
  name: "get_weather",
  description: "The weather of a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  strict: false,
};
const PATCH = {
  type: "custom",
  name: "patch",
  description: "Changes files.",
  format: { type: "grammar", syntax: "lark", definition: "start: /.+/" },
};
const Person = z.object({ name: z.string(), age: z.number() });
const user = (content) => ({ role: "user", content });
const types = (items) => items.map((item) => item.type);
const create = (model, input, more = {}) => client.responses.create({ model, input, ...more });
const answer = (type, call, more) => ({ type, call_id: call.call_id, ...more });
const deltas = (events, type) => events.filter((event) => event.type === type).map((event) => event.delta);

async function failure(ask) {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    return { kind: error.constructor.name, status: error.status, code: error.code, param: error.param };
  }
  return null;
}

async function thinking(model, spoil) {
  const more = { tools: [WEATHER], include: ["reasoning.encrypted_content"], store: false };
  const [thought, call] = (await create(model, "Weather?", more)).output;
  const carrier = { type: "reasoning", id: thought.id, summary: [], encrypted_content: spoil(thought.encrypted_content) };
  const items = [user("Weather?"), carrier, call, answer("function_call_output", call, { output: "sunny" })];
  const again = await create(model, items, more);
  return { sealed: thought.encrypted_content !== "" && !thought.encrypted_content.includes("Hm."), text: again.output_text };
}

await run({
  async text(model) {
    const reply = await create(model, "Hi", { instructions: "Be brief.", metadata: { a: "b" } });
    const { output_text: text, status, id, metadata, usage } = reply;
    return { text, status, id, model: reply.model, metadata, usage: usage.total_tokens };
  },
  async text_streamed(model) {
    const events = await collect(await create(model, "Hi", { stream: true }));
    return {
      types: [...new Set(types(events))],
      numbers: events.every((event, index) => event.sequence_number === index),
      text: deltas(events, "response.output_text.delta").join(""),
      final: events.at(-1).response.output[0].content[0].text,
    };
  },
  async text_stream_helper(model) {
    const stream = client.responses.stream({ model, input: "Hi" });
    const snapshots = [];
    stream.on("response.output_text.delta", (event) => snapshots.push(event.snapshot));
    return { text: (await stream.finalResponse()).output_text, snapshots };
  },
  async messages(model) {
    const conversation = [
      { role: "developer", content: "Be brief." },
      user("Hi"),
      { role: "assistant", content: "Hello!" },
      user([{ type: "input_text", text: "And you?" }]),
    ];
    return { text: (await create(model, conversation)).output_text };
  },
  async parse(model) {
    const text = { format: zodTextFormat(Person, "Person") };
    return (await client.responses.parse({ model, input: "Who?", text })).output_parsed;
  },
  async parse_streamed(model) {
    const stream = client.responses.stream({ model, input: "Who?", text: { format: zodTextFormat(Person, "Person") } });
    return (await stream.finalResponse()).output_parsed;
  },
  async json_object(model) {
    return JSON.parse((await create(model, "As JSON.", { text: { format: { type: "json_object" } } })).output_text);
  },
  async function_round_trip(model) {
    const more = { tools: [WEATHER], store: false };
    const [call] = (await create(model, "Weather?", more)).output;
    const items = [user("Weather?"), call, answer("function_call_output", call, { output: "sunny" })];
    return { call: [call.type, call.name, call.arguments], text: (await create(model, items, more)).output_text };
  },
  async function_streamed(model) {
    const events = await collect(
      client.responses.stream({ model, input: "Weather?", tools: [WEATHER], tool_choice: "required" }),
    );
    const pieces = deltas(events, "response.function_call_arguments.delta");
    const done = events.find((event) => event.type === "response.function_call_arguments.done");
    return { several: pieces.length > 1, joined: pieces.join(""), done: done.arguments, name: done.name };
  },
  async function_parallel(model) {
    const first = await create(model, "Weather?", { tools: [WEATHER] });
    const calls = first.output.filter((item) => item.type === "function_call").reverse();
    const answers = calls.map((call) => answer("function_call_output", call, { output: call.arguments }));
    const second = await create(model, answers, { previous_response_id: first.id, tools: [WEATHER] });
    return { types: types(first.output), text: second.output_text };
  },
  async function_choice(model) {
    const tool_choice = { type: "function", name: "get_weather" };
    return types((await create(model, "Weather?", { tools: [WEATHER], tool_choice, parallel_tool_calls: false })).output);
  },
  async function_unknown(model) {
    const { output } = await create(model, "Weather?", { tools: [WEATHER] });
    return output.map((item) => [item.type, item.name, item.arguments]);
  },
  async continued(model) {
    const first = await create(model, "One?", { instructions: "Be brief." });
    const second = await create(model, "Two?", { previous_response_id: first.id });
    const third = await create(model, "Three?", { previous_response_id: second.id });
    return { text: third.output_text, previous: third.previous_response_id === second.id };
  },
  async retrieve(model) {
    const made = await create(model, "Hi");
    return { same: (await client.responses.retrieve(made.id)).output_text === made.output_text, text: made.output_text };
  },
  async delete(model) {
    const made = await create(model, "Hi");
    await client.responses.delete(made.id);
    return failure(() => client.responses.retrieve(made.id));
  },
  async cancel(model) {
    const made = await create(model, "Hi");
    return failure(() => client.responses.cancel(made.id));
  },
  async input_items(model) {
    const made = await create(model, [user("One"), user("Two")]);
    const items = await collect(client.responses.inputItems.list(made.id, { limit: 1, order: "asc" }));
    return items.map((item) => item.content[0].text);
  },
  async input_tokens(model) {
    return (await client.responses.inputTokens.count({ model, input: "How many words" })).input_tokens > 0;
  },
  async compact(model) {
    const { output } = await client.responses.compact({ model, input: [user("Remember 7."), user("And 8.")] });
    const reply = await create(model, [...output, user("What?")]);
    return { types: types(output), sealed: !JSON.stringify(output).includes("Seven"), text: reply.output_text };
  },
  async compaction_trigger(model) {
    const items = [user("Remember 7."), { type: "compaction_trigger" }];
    const events = await collect(await create(model, items, { stream: true, store: false }));
    const done = events.filter((event) => event.type === "response.output_item.done").map((event) => event.item);
    return { types: types(done), sealed: Boolean(done[0].encrypted_content), last: events.at(-1).type };
  },
  async compaction_thinking(model) {
    const items = [user("Remember 7."), { type: "compaction_trigger" }];
    const more = { include: ["reasoning.encrypted_content"], tools: [WEATHER], store: false };
    return types((await create(model, items, more)).output);
  },
  async broken_off(model) {
    const seen = [];
    try {
      for await (const event of await create(model, "Hi", { stream: true })) seen.push(event.type);
    } catch (error) {
      const completed = seen.includes("response.completed");
      return { said: seen.includes("response.output_text.delta"), completed, code: error.code };
    }
    return null;
  },
  async files(model) {
    const made = await client.files.create({ file: new File(["Seven."], "a.txt"), purpose: "user_data" });
    const found = await client.files.retrieve(made.id);
    const listed = (await collect(client.files.list())).map((file) => file.id);
    const reply = await create(model, [user([{ type: "input_file", file_id: made.id }])]);
    const content = await (await client.files.content(made.id)).text();
    const gone = (await client.files.delete(made.id)).deleted;
    return { name: found.filename, listed: listed.includes(made.id), content, text: reply.output_text, gone };
  },
  async uploads() {
    const wanted = { bytes: 6, mime_type: "text/plain", purpose: "user_data" };
    const upload = await client.uploads.create({ filename: "a.txt", ...wanted });
    const part_ids = [];
    for (const piece of ["Sev", "en."]) {
      part_ids.push((await client.uploads.parts.create(upload.id, { data: new File([piece], "part") })).id);
    }
    const done = await client.uploads.complete(upload.id, { part_ids });
    const other = await client.uploads.create({ filename: "b.txt", ...wanted });
    return {
      status: done.status,
      content: await (await client.files.content(done.file.id)).text(),
      cancelled: (await client.uploads.cancel(other.id)).status,
    };
  },
  async chat_completions(model) {
    const messages = [user("Hi")];
    const reply = await client.chat.completions.create({ model, messages });
    const chunks = await collect(await client.chat.completions.create({ model, messages, stream: true }));
    const pieces = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "");
    return [reply.choices[0].message.content, pieces.join("")];
  },
  async conversation(model) {
    const items = [{ type: "message", ...user("Blue?") }];
    const talk = await client.conversations.create({ metadata: { topic: "sky" }, items });
    const reply = await create(model, "Why?", { conversation: talk.id });
    const listed = await collect(client.conversations.items.list(talk.id, { order: "asc" }));
    const changed = await client.conversations.update(talk.id, { metadata: { topic: "sea" } });
    const found = await client.conversations.retrieve(talk.id);
    const gone = (await client.conversations.delete(talk.id)).deleted;
    const metadata = [talk.metadata, changed.metadata, found.metadata];
    return { text: reply.output_text, items: types(listed), metadata, gone };
  },
  async conversation_items(model) {
    const talk = await client.conversations.create({});
    const added = await client.conversations.items.create(talk.id, { items: [{ type: "message", ...user("One") }] });
    const [item] = added.data;
    const same = (await client.conversations.items.retrieve(item.id, { conversation_id: talk.id })).id === item.id;
    await client.conversations.items.delete(item.id, { conversation_id: talk.id });
    return { same, left: (await collect(client.conversations.items.list(talk.id))).length };
  },
  async models(model) {
    const list = await collect(client.models.list());
    return { one: (await client.models.retrieve(model)).id, list: list.map((one) => one.id) };
  },
  async custom_round_trip(model) {
    const more = { tools: [PATCH], store: false };
    const [call] = (await create(model, "Patch!", more)).output;
    const items = [user("Patch!"), call, answer("custom_tool_call_output", call, { output: "done" })];
    return { call: [call.type, call.name, call.input], text: (await create(model, items, more)).output_text };
  },
  async custom_streamed(model) {
    const events = await collect(await create(model, "Patch!", { tools: [PATCH], stream: true }));
    const pieces = deltas(events, "response.custom_tool_call_input.delta");
    return {
      several: pieces.length > 3,
      joined: pieces.join(""),
      done: events.find((event) => event.type === "response.custom_tool_call_input.done").input,
      functions: events.filter((event) => event.type.includes("function_call")).length,
    };
  },
  async custom_in_bare_text(model) {
    return (await create(model, "Patch!", { tools: [PATCH] })).output.map((item) => [item.type, item.input]);
  },
  async namespace(model) {
    const tools = ["sky", "sea"].map((name) => ({ type: "namespace", name, description: name, tools: [WEATHER] }));
    const [call] = (await create(model, "Weather?", { tools, store: false })).output;
    const items = [user("?"), call, answer("function_call_output", call, { output: "calm" })];
    return { call: [call.namespace, call.name], text: (await create(model, items, { tools, store: false })).output_text };
  },
  async long_name(model) {
    const name = `a.tool with a name that no upstream takes: ${"x".repeat(60)}`;
    return (await create(model, "Go", { tools: [{ ...WEATHER, name }] })).output.map((item) => item.name === name);
  },
  async additional_tools(model) {
    const items = [{ type: "additional_tools", role: "developer", tools: [PATCH] }, user("Patch!")];
    return (await create(model, items, { store: false })).output.map((item) => [item.type, item.input]);
  },
  async tool_search(model) {
    const more = { tools: [{ type: "tool_search", execution: "client" }], store: false };
    const [call] = (await create(model, "Weather?", more)).output;
    const found = { execution: "client", status: "completed", tools: [WEATHER] };
    const second = await create(model, [user("?"), call, answer("tool_search_output", call, found)], more);
    return { call: [call.type, call.execution, call.arguments], then: second.output.map((item) => item.name) };
  },
  async apply_patch(model) {
    const tools = [{ type: "apply_patch" }];
    const first = await create(model, "Patch!", { tools });
    const [call] = first.output;
    const items = [answer("apply_patch_call_output", call, { status: "completed", output: "ok" })];
    const second = await create(model, items, { previous_response_id: first.id, tools });
    return { call: [call.type, call.operation], text: second.output_text };
  },
  async shell(model) {
    const tools = [{ type: "shell", environment: { type: "local" } }];
    const first = await create(model, "List!", { tools });
    const [call] = first.output;
    const output = [{ stdout: "a.txt", stderr: "", outcome: { type: "exit", exit_code: 0 } }];
    const items = [answer("shell_call_output", call, { output })];
    const second = await create(model, items, { previous_response_id: first.id, tools });
    return { call: [call.type, call.action.commands], text: second.output_text };
  },
  async local_shell(model) {
    const tools = [{ type: "local_shell" }];
    const first = await create(model, "List!", { tools });
    const [call] = first.output;
    const items = [answer("local_shell_call_output", call, { id: call.id, output: "a.txt" })];
    const second = await create(model, items, { previous_response_id: first.id, tools });
    return { call: [call.type, call.action.command], text: second.output_text };
  },
  async web_search_beside(model) {
    const tools = [{ type: "web_search" }, WEATHER];
    const { data, response } = await create(model, "?", { tools }).withResponse();
    return { text: data.output_text, losses: response.headers.get("x-translator-losses") };
  },
  async web_search_alone(model) {
    return failure(() => create(model, "?", { tools: [{ type: "web_search" }] }));
  },
  async item_reference(model) {
    const [said] = (await create(model, "One?")).output;
    const items = [user("One?"), { type: "item_reference", id: said.id }, user("Two?")];
    return { text: (await create(model, items)).output_text };
  },
  async item_reference_unknown(model) {
    return failure(() => create(model, [{ type: "item_reference", id: "msg_nobody" }, user("Two?")]));
  },
  async foreign_ids(model) {
    const items = [
      { type: "message", id: "msg_elsewhere", status: "completed", ...user("One?") },
      { type: "function_call", id: "fc_x", call_id: "c1", name: "get_weather", arguments: "{}" },
      { type: "function_call_output", id: "fco_x", call_id: "c1", output: "sunny", status: "completed" },
    ];
    return (await create(model, items, { tools: [WEATHER] })).output_text;
  },
  async reasoning_sealed(model) {
    return thinking(model, (sealed) => sealed);
  },
  async reasoning_foreign(model) {
    return thinking(model, () => "gAAAAABfromElsewhere");
  },
  async reasoning_empty(model) {
    return thinking(model, () => "");
  },
  async reasoning_tampered(model) {
    const spoil = (sealed) => {
      const middle = Math.floor(sealed.length / 2);
      return sealed.slice(0, middle) + (sealed[middle] === "A" ? "B" : "A") + sealed.slice(middle + 1);
    };
    return failure(() => thinking(model, spoil));
  },
  async reasoning_streamed(model) {
    const events = await collect(await create(model, "?", { stream: true, reasoning: { effort: "low" } }));
    const text = events.at(-1).response.output[1].content[0].text;
    return { thought: deltas(events, "response.reasoning_text.delta").join(""), text };
  },
  async length(model) {
    const reply = await create(model, "Hi", { max_output_tokens: 16 });
    return { status: reply.status, reason: reply.incomplete_details.reason };
  },
  async refusal(model) {
    const [part] = (await client.responses.stream({ model, input: "Hi" }).finalResponse()).output[0].content;
    return [part.type, part.refusal];
  },
  async image_input(model) {
    const image = { type: "input_image", image_url: PIXEL, detail: "original" };
    return (await create(model, [user([{ type: "input_text", text: "What?" }, image])])).output_text;
  },
  async file_input(model) {
    const part = { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" };
    return (await create(model, [user([part])])).output_text;
  },
  async logprobs(model) {
    const reply = await create(model, "Hi", { include: ["message.output_text.logprobs"], top_logprobs: 1 });
    return reply.output[0].content[0].logprobs.map((entry) => entry.token);
  },
  async obfuscation(model) {
    const sizes = [];
    for (const include_obfuscation of [true, false]) {
      const events = await collect(await create(model, "Hi", { stream: true, stream_options: { include_obfuscation } }));
      const texts = events.filter((event) => event.type === "response.output_text.delta");
      sizes.push(texts.every((event) => (event.obfuscation ?? "").length > 0));
    }
    return sizes;
  },
  async nulls(model) {
    const names = ["instructions", "tools", "temperature", "top_p", "reasoning", "text", "include"];
    const empty = Object.fromEntries([...names, "previous_response_id", "user"].map((name) => [name, null]));
    return (await create(model, "Hi", empty)).output_text;
  },
  async nulls_inside(model) {
    const message = { type: "message", id: null, status: null, phase: null, ...user("Hi") };
    const tool = { type: "function", name: "now", description: null, parameters: null, strict: null };
    return (await create(model, [message], { tools: [tool], text: { format: null } })).output_text;
  },
  async empties(model) {
    return (await create(model, "Hi", { tools: [], include: [], metadata: {} })).output_text;
  },
  async parameters(model) {
    const reply = await create(model, "Hi", {
      temperature: 0,
      top_p: 0.5,
      max_output_tokens: 99,
      prompt_cache_key: "k",
      safety_identifier: "s",
      text: { verbosity: "low" },
      reasoning: { effort: "high" },
    });
    return [reply.temperature, reply.top_p, reply.max_output_tokens];
  },
  async image_output(model) {
    return (await create(model, "Draw!")).output.map((item) => [item.type, item.result ?? null]);
  },
  async image_output_streamed(model) {
    const events = await collect(await create(model, "Draw!", { stream: true }));
    return events.filter((event) => event.type === "response.output_item.done").at(-1).item.result;
  },
  async audio_output(model) {
    const { data, response } = await create(model, "Speak!").withResponse();
    return { text: data.output_text, losses: response.headers.get("x-translator-losses") };
  },
  async rate_limit(model) {
    return failure(() => create(model, "Hi"));
  },
  async rate_limit_streamed(model) {
    return failure(async () => collect(await create(model, "Hi", { stream: true })));
  },
  async context_length(model) {
    return failure(() => create(model, "Hi"));
  },
  async faulty(model) {
    return failure(() => create(model, "Hi", { temperature: 9 }));
  },
  async orphan_output(model) {
    const orphan = { type: "function_call_output", call_id: "nobodys", output: "sunny" };
    return failure(() => create(model, [user("Hi"), orphan]));
  },
  async websocket(model) {
    const socket = new ResponsesWS(client);
    const said = [];
    let previous;
    const turns = [
      ["Zero.", false],
      ["One?", true],
      ["Two?", true],
    ];
    for (const [asked, generate] of turns) {
      const more = previous ? { previous_response_id: previous } : {};
      const completed = new Promise((resolve, reject) => {
        socket.once("response.completed", (event) => resolve(event.response));
        socket.once("error", reject);
      });
      socket.send({ type: "response.create", model, input: [user(asked)], store: false, generate, ...more });
      const response = await completed;
      previous = response.id;
      said.push(response.output.map((item) => item.content[0].text).join(""));
    }
    socket.close();
    return said;
  },
  async wrong_key(model) {
    return failure(() => client.withOptions({ apiKey: "sk-other" }).responses.create({ model, input: "Hi" }));
  },
});
