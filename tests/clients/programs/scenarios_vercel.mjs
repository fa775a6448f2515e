// The Vercel AI SDK's scenarios, for any provider.
import { APICallError, Output, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

import { collect, run } from "./scenarios.mjs";

const PIXEL = "data:image/png;base64,iVBORw0KGgo=";
const Person = z.object({ name: z.string(), age: z.number() });
const weather = tool({
  description: "The weather of a city.",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ sky: `sunny in ${city}` }),
});
const tools = { get_weather: weather };
const user = (content) => ({ role: "user", content });

async function streamed(options) {
  const problems = [];
  const result = streamText({ ...options, maxRetries: 0, onError: ({ error }) => problems.push(String(error)) });
  const parts = await collect(result.fullStream);
  if (problems.length) throw new Error(problems.join("\n"));
  return { result, parts, types: parts.map((part) => part.type) };
}

export async function runVercel(provider) {
  const generate = (model, options) => generateText({ model: provider(model), maxRetries: 0, ...options });
  const stream = (model, options) => streamed({ model: provider(model), ...options });
  await run({
    async text(model) {
      const { text, usage, finishReason } = await generate(model, { system: "Be brief.", prompt: "Hi" });
      return { text, usage: usage.outputTokens, finishReason };
    },
    async streamed(model) {
      const { result, parts } = await stream(model, { system: "Be brief.", prompt: "Hi" });
      const pieces = parts.filter((part) => part.type === "text-delta");
      const { outputTokens } = await result.usage;
      return { text: await result.text, several: pieces.length > 1, usage: outputTokens };
    },
    async settings(model) {
      const settings = { temperature: 0.5, topP: 0.5, maxOutputTokens: 99 };
      return (await generate(model, { prompt: "Hi", ...settings })).text;
    },
    async object(model) {
      return (await generate(model, { prompt: "Who?", output: Output.object({ schema: Person }) })).output;
    },
    async object_streamed(model) {
      const { result } = await stream(model, { prompt: "Who?", output: Output.object({ schema: Person }) });
      return result.output;
    },
    async tool(model) {
      const { text, steps } = await generate(model, { prompt: "Weather?", tools, stopWhen: stepCountIs(3) });
      return { text, calls: steps[0].toolCalls.map((call) => [call.toolName, call.input]) };
    },
    async tool_streamed(model) {
      const { result, types } = await stream(model, { prompt: "Weather?", tools, stopWhen: stepCountIs(3) });
      return { text: await result.text, deltas: types.filter((type) => type === "tool-input-delta").length > 1 };
    },
    async tools_in_parallel(model) {
      return (await generate(model, { prompt: "Weather?", tools, stopWhen: stepCountIs(3) })).text;
    },
    async tool_choice(model) {
      const toolChoice = { type: "tool", toolName: "get_weather" };
      return (await generate(model, { prompt: "Weather?", tools, toolChoice })).toolCalls.length;
    },
    async second_turn(model) {
      const first = await generate(model, { messages: [user("One?")] });
      return (await generate(model, { messages: [user("One?"), ...first.response.messages, user("Two?")] })).text;
    },
    async second_turn_streamed(model) {
      const { result } = await stream(model, { messages: [user("One?")] });
      const { messages } = await result.response;
      const second = await stream(model, { messages: [user("One?"), ...messages, user("Two?")] });
      return second.result.text;
    },
    async second_turn_with_tools(model) {
      const options = { tools, stopWhen: stepCountIs(3) };
      const first = await generate(model, { messages: [user("Weather?")], ...options });
      const messages = [user("Weather?"), ...first.response.messages, user("Again?")];
      return (await generate(model, { messages, ...options })).text;
    },
    async reasoning(model) {
      const { reasoningText, text } = await generate(model, { prompt: "Why?" });
      return { thought: reasoningText ?? null, text };
    },
    async reasoning_streamed(model) {
      const { result, types } = await stream(model, { prompt: "Why?" });
      return { text: await result.text, reasoned: types.includes("reasoning-start") };
    },
    async second_turn_after_reasoning(model) {
      const first = await generate(model, { messages: [user("One?")] });
      return (await generate(model, { messages: [user("One?"), ...first.response.messages, user("Two?")] })).text;
    },
    async reasoning_summary(model) {
      const openai = { reasoningSummary: "auto", reasoningEffort: "low", forceReasoning: true };
      const { reasoningText, text } = await generate(model, { prompt: "Why?", providerOptions: { openai } });
      return { thought: reasoningText ?? null, text };
    },
    async reasoning_summary_streamed(model) {
      const openai = { reasoningSummary: "auto", reasoningEffort: "low", forceReasoning: true };
      const { result, parts } = await stream(model, { prompt: "Why?", providerOptions: { openai } });
      const thoughts = parts.filter((part) => part.type === "reasoning-delta").map((part) => part.text);
      return { thought: thoughts.join(""), text: await result.text };
    },
    async image(model) {
      const content = [
        { type: "text", text: "What?" },
        { type: "image", image: PIXEL },
      ];
      return (await generate(model, { messages: [user(content)] })).text;
    },
    async length(model) {
      return (await generate(model, { prompt: "Hi", maxOutputTokens: 16 })).finishReason;
    },
    async failure(model) {
      try {
        await generate(model, { prompt: "Hi" });
      } catch (error) {
        return { api: APICallError.isInstance(error), status: error.statusCode, retryable: error.isRetryable };
      }
      return null;
    },
  });
}
