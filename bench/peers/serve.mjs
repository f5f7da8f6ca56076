// The process of one peer. It reads one request in each line and answers with one line. {"load": work, "with": …}
// prepares the work and tries it once. {"run": work, "count": n} does it n times and returns the loop's nanoseconds.
import { createInterface } from "node:readline";

export async function serve(works) {
  const ready = {};
  const load = async (name, given) => {
    const { run, shown } = await works[name](given);
    ready[name] = run;
    return { shown: shown ?? (await run()) };
  };
  const loop = async (name, count) => {
    const run = ready[name];
    const begun = process.hrtime.bigint();
    for (let i = 0; i < count; i++) {
      const made = run();
      // Await only promises: work that does not wait should not pay for a turn of the event loop.
      if (made instanceof Promise) await made;
    }
    return { nanoseconds: Number(process.hrtime.bigint() - begun) };
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    let answer;
    try {
      answer = "load" in asked ? await load(asked.load, asked.with) : await loop(asked.run, asked.count);
    } catch (error) {
      answer = { problem: String(error?.stack ?? error) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
}
