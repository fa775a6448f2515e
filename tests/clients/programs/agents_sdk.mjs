// [configuration]
import { setDefaultOpenAIClient, setTracingDisabled } from "@openai/agents";
import OpenAI from "openai";

setDefaultOpenAIClient(new OpenAI({ baseURL: "http://127.0.0.1:8080/v1", apiKey: "sk-client" }));
setTracingDisabled(true); // traces go to OpenAI otherwise
// [end]

import {
  Agent,
  MemorySession,
  OpenAIConversationsSession,
  applyPatchTool,
  run as runAgent,
  shellTool,
  tool,
} from "@openai/agents";
import { z } from "zod";

import { collect, run } from "./scenarios.mjs";

const PIXEL = "data:image/png;base64,iVBORw0KGgo=";
const Person = z.object({ name: z.string(), age: z.number() });
const weather = tool({
  name: "get_weather",
  description: "The weather of a city.",
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});
const agent = (model, more = {}) => new Agent({ name: "Assistant", instructions: "Be brief.", model, ...more });
const said = async (chosen, input, more) => ({ text: (await runAgent(chosen, input, more)).finalOutput });

await run({
  async text(model) {
    const result = await runAgent(agent(model), "Hi");
    return { text: result.finalOutput, usage: result.state.usage.totalTokens };
  },
  async streamed(model) {
    const result = await runAgent(agent(model), "Hi", { stream: true });
    const pieces = await collect(result.toTextStream());
    await result.completed;
    return { several: pieces.length > 1, joined: pieces.join(""), text: result.finalOutput };
  },
  async tool(model) {
    const result = await runAgent(agent(model, { tools: [weather] }), "Weather?");
    return { text: result.finalOutput, turns: result.rawResponses.length };
  },
  async tool_streamed(model) {
    const result = await runAgent(agent(model, { tools: [weather] }), "Weather?", { stream: true });
    const pieces = await collect(result.toTextStream());
    await result.completed;
    return { text: result.finalOutput, joined: pieces.join("") };
  },
  tools_in_parallel: (model) => said(agent(model, { tools: [weather] }), "Weather?"),
  async tool_required(model) {
    const modelSettings = { toolChoice: "required", parallelToolCalls: false, temperature: 0.5 };
    return said(agent(model, { tools: [weather], modelSettings }), "Weather?");
  },
  async handoff(model) {
    const helper = new Agent({ name: "Helper", instructions: "Help.", model });
    const result = await runAgent(agent(model, { handoffs: [helper] }), "Help me");
    return { text: result.finalOutput, agent: result.lastAgent.name };
  },
  async agent_as_tool(model) {
    const helper = new Agent({ name: "Helper", instructions: "Help.", model });
    const asked = helper.asTool({ toolName: "ask_helper", toolDescription: "Helps." });
    return said(agent(model, { tools: [asked] }), "Help me");
  },
  async structured(model) {
    return (await runAgent(agent(model, { outputType: Person }), "Who?")).finalOutput;
  },
  async previous_response(model) {
    const first = await runAgent(agent(model), "One?");
    return said(agent(model), "Two?", { previousResponseId: first.lastResponseId });
  },
  async replayed(model) {
    const first = await runAgent(agent(model), "One?");
    return said(agent(model), [...first.history, { role: "user", content: "Two?" }]);
  },
  async local_session(model) {
    const session = new MemorySession();
    await runAgent(agent(model, { tools: [weather] }), "Weather?", { session });
    return said(agent(model, { tools: [weather] }), "Again?", { session });
  },
  async conversation(model) {
    const session = new OpenAIConversationsSession();
    await runAgent(agent(model), "One?", { session });
    const second = await runAgent(agent(model), "Two?", { session });
    const items = await session.getItems();
    await session.clearSession();
    return { text: second.finalOutput, items: items.length };
  },
  async reasoning(model) {
    const providerData = { include: ["reasoning.encrypted_content"] };
    const modelSettings = { reasoning: { effort: "low" }, store: false, providerData };
    return said(agent(model, { tools: [weather], modelSettings }), "Weather?");
  },
  async image(model) {
    const content = [
      { type: "input_text", text: "What?" },
      { type: "input_image", image: PIXEL, detail: "auto" },
    ];
    return said(agent(model), [{ role: "user", content }]);
  },
  async shell(model) {
    const shell = {
      run: async (action) => ({
        output: [{ stdout: `ran ${action.commands}`, stderr: "", outcome: { type: "exit", exitCode: 0 } }],
      }),
    };
    return said(agent(model, { tools: [shellTool({ shell })] }), "List!");
  },
  async apply_patch(model) {
    const done = async (operation) => ({ status: "completed", output: `created ${operation.path}` });
    const editor = { createFile: done, updateFile: done, deleteFile: done };
    return said(agent(model, { tools: [applyPatchTool({ editor })] }), "Patch!");
  },
});
