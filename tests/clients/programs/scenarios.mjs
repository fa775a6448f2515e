// Runs scenarios one after the other and reports each as a line of JSON; a scenario's model is named after it.
export async function run(scenarios) {
  const client = process.argv[2];
  for (const [scenario, body] of Object.entries(scenarios)) {
    let report;
    try {
      report = { scenario, saw: await body(`${client}.${scenario}`) };
    } catch (error) {
      report = { scenario, error: String(error?.stack ?? error) };
    }
    console.log(JSON.stringify(report));
  }
  process.exit(0);
}

export async function collect(iterable) {
  const all = [];
  for await (const one of iterable) all.push(one);
  return all;
}
