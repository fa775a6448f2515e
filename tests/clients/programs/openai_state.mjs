// What is kept from turn to turn, and the resources beside responses.
import { ResponsesWS } from "openai/resources/responses/ws";

import { WEATHER, client, create, failure, types, user } from "./openai_client.mjs";
import { collect } from "./scenarios.mjs";

export const state = {
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
};
