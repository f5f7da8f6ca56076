// The end of an attestation, whole or for one of its documents: signed on the signing page, and handed in.
import { goOn } from "./handing_in.ts";
import { tell } from "./problems.ts";
import { part } from "./show.ts";
import { askToSign, type Asked } from "./signing.ts";
import { fromPage } from "./words.ts";

function sign(form: HTMLFormElement): void {
  const { attestation = "", member = "", signer = "", about = "" } = form.dataset, reason = part("reason", HTMLSelectElement).value;
  const told: unknown = JSON.parse(about);
  if (!isAbout(told)) throw new Error("page and script do not fit");
  tell([]);
  askToSign({ type: "Revocation", message: { attestation, member, reason: Number(reason) }, signer, about: told }, { reason });
}

const isAbout = (value: unknown): value is NonNullable<Asked["about"]> =>
  typeof value === "object" && value !== null && "attestation" in value && typeof value.attestation === "object";

fromPage();
const form = document.querySelector<HTMLFormElement>("form#revoke");
if (form !== null) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sign(form);
  });
  void goOn({
    path: "/v1/revocations",
    body: ({ asked, answer }) => ({ revocation: asked.message, signer: answer.signer, signature: answer.signature }),
    done: () => location.replace(location.pathname),
    restore: (kept) => {
      if (typeof kept !== "object" || kept === null || Array.isArray(kept)) return;
      if (typeof kept["reason"] === "string") part("reason", HTMLSelectElement).value = kept["reason"];
    },
  });
}
