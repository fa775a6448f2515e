// What a model calls, and what it thought before.
import { PATCH, WEATHER, answer, client, create, deltas, failure, thinking, types, user } from "./openai_client.mjs";
import { collect } from "./scenarios.mjs";

export const tools = {
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
  async orphan_output(model) {
    const orphan = { type: "function_call_output", call_id: "nobodys", output: "sunny" };
    return failure(() => create(model, [user("Hi"), orphan]));
  },
};
