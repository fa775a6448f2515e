// [configuration]
import { createOpenAI } from "@ai-sdk/openai";

const provider = createOpenAI({ baseURL: "http://127.0.0.1:8080/v1", apiKey: "sk-client" });
// [end]

import { runVercel } from "./scenarios_vercel.mjs";

await runVercel(provider);
