// What a model says: text, forms, media, and what goes wrong.
import { zodTextFormat } from "openai/helpers/zod";

import { PIXEL, Person, client, create, deltas, failure, types, user } from "./openai_client.mjs";
import { collect } from "./scenarios.mjs";

export const replies = {
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
};
