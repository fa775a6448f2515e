// [configuration]
import OpenAI from "openai";

const client = new OpenAI({ baseURL: "http://127.0.0.1:8080/v1", apiKey: "sk-client" });
// [end]

import { z } from "zod";

client.maxRetries = 0;
export { client };

export const PIXEL = "data:image/png;base64,iVBORw0KGgo=";
export const WEATHER = {
  type: "function",
  name: "get_weather",
  description: "The weather of a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  strict: false,
};
export const PATCH = {
  type: "custom",
  name: "patch",
  description: "Changes files.",
  format: { type: "grammar", syntax: "lark", definition: "start: /.+/" },
};
export const Person = z.object({ name: z.string(), age: z.number() });
export const user = (content) => ({ role: "user", content });
export const types = (items) => items.map((item) => item.type);
export const create = (model, input, more = {}) => client.responses.create({ model, input, ...more });
export const answer = (type, call, more) => ({ type, call_id: call.call_id, ...more });
export const deltas = (events, type) => events.filter((event) => event.type === type).map((event) => event.delta);

export async function failure(ask) {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    return { kind: error.constructor.name, status: error.status, code: error.code, param: error.param };
  }
  return null;
}

export async function thinking(model, spoil) {
  const more = { tools: [WEATHER], include: ["reasoning.encrypted_content"], store: false };
  const [thought, call] = (await create(model, "Weather?", more)).output;
  const carrier = { type: "reasoning", id: thought.id, summary: [], encrypted_content: spoil(thought.encrypted_content) };
  const items = [user("Weather?"), carrier, call, answer("function_call_output", call, { output: "sunny" })];
  const again = await create(model, items, more);
  return { sealed: thought.encrypted_content !== "" && !thought.encrypted_content.includes("Hm."), text: again.output_text };
}
