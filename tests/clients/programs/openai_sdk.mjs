// All scenarios of the OpenAI SDK.
import { replies } from "./openai_replies.mjs";
import { state } from "./openai_state.mjs";
import { tools } from "./openai_tools.mjs";
import { run } from "./scenarios.mjs";

await run({ ...replies, ...state, ...tools });
