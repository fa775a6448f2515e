// [configuration]
import { createOpenResponses } from "@ai-sdk/open-responses";

const provider = createOpenResponses({
  name: "translator",
  url: "http://127.0.0.1:8080/v1/responses",
  apiKey: "sk-client",
});
// [end]

import { runVercel } from "./scenarios_vercel.mjs";

await runVercel(provider);
