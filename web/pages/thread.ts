// Where the verifier works: on the page for small files, in a second thread for large ones, so that the page stays
// usable. The thread runs the page's own script, which the page carries once: a blob of its text.
import "./trusted_types.ts";
import { examine, type Examined, type Question } from "./report.ts";

const LARGE = 1024 * 1024; // bytes of all files together

/** Whether this script runs as the second thread. */
export const isThread = (): boolean => typeof document === "undefined";

/** In the second thread: answer questions. */
export function serve(): void {
  addEventListener("message", (event: MessageEvent<Question>) => {
    postMessage(examine(event.data));
  });
}

/** Examines files where it suits their size. `source`: the text of the page's script. */
export function examiner(source: string): (question: Question) => Promise<Examined> {
  const rules = globalThis.trustedTypes?.createPolicy("worker", { createScriptURL: (url) => url });
  return async (question) => {
    if (question.evidence.length + (question.document?.length ?? 0) < LARGE) return examine(question);
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    try {
      return await inThread(rules?.createScriptURL(address) ?? address, question);
    } finally {
      URL.revokeObjectURL(address);
    }
  };
}

function inThread(address: string, question: Question): Promise<Examined> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(address);
    worker.addEventListener("message", (event: MessageEvent<Examined>) => {
      worker.terminate();
      resolve(event.data);
    });
    worker.addEventListener("error", () => {
      worker.terminate();
      reject(new Error("the second thread ended"));
    });
    worker.postMessage(question);
  });
}
