// [configuration]
import { Codex } from "@openai/codex-sdk";

const codex = new Codex({ baseUrl: "http://127.0.0.1:8080/v1", apiKey: "sk-client" });
// [end]

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { collect, run } from "./scenarios.mjs";

const place = mkdtempSync(join(process.cwd(), "codex-sdk-"));
process.env.CODEX_HOME = join(place, "home");
mkdirSync(process.env.CODEX_HOME);
const file = join(place, "greeting.txt");
writeFileSync(file, "Hello from the file\n");
process.on("exit", () => rmSync(place, { recursive: true, force: true }));

const settings = (model) => ({
  model,
  workingDirectory: place,
  skipGitRepoCheck: true,
  sandboxMode: "danger-full-access",
  approvalPolicy: "never",
});
const start = (model) => codex.startThread(settings(model));

await run({
  async text(model) {
    const turn = await start(model).run("Say hello");
    return { text: turn.finalResponse, usage: turn.usage.output_tokens };
  },
  async streamed(model) {
    const { events } = await start(model).runStreamed("Say hello");
    const all = await collect(events);
    return { types: [...new Set(all.map((event) => event.type))], text: all.at(-2).item.text };
  },
  async command(model) {
    const turn = await start(model).run("What does the file say?");
    const command = turn.items.find((item) => item.type === "command_execution");
    return { text: turn.finalResponse, output: command.aggregated_output };
  },
  async patch(model) {
    const turn = await start(model).run("Patch it");
    return { text: turn.finalResponse, file: readFileSync(file, "utf8") };
  },
  async two_turns(model) {
    const thread = start(model);
    await thread.run("One?");
    return { text: (await thread.run("Two?")).finalResponse };
  },
  async resumed(model) {
    const thread = start(model);
    await thread.run("One?");
    return { text: (await codex.resumeThread(thread.id, settings(model)).run("Two?")).finalResponse };
  },
  async structured(model) {
    const outputSchema = {
      type: "object",
      properties: { a: { type: "integer" } },
      required: ["a"],
      additionalProperties: false,
    };
    return JSON.parse((await start(model).run("Count", { outputSchema })).finalResponse);
  },
});
