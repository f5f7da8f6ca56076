// What a council needs to authorise a passkey: its signer as text, as a code for a camera, and as a file.
import { qrPicture } from "./qr_code.ts";
import { code, make, save } from "./show.ts";
import { say } from "./words.ts";

/** The card's elements. `signer` is 0x and 168 hex digits. */
export function passkeyCard(signer: string, name: string): HTMLElement[] {
  const keep = make("button", say("Save as a file"), { type: "button", id: "save" });
  keep.addEventListener("click", () => save("passkey.txt", "text/plain", `${signer}\n`));
  return [
    make("p", say("This is its public part. It is no secret. A trader does not need it. An officer gives it to the council, which authorises it to speak for the agency.")),
    make("p", code(signer), { id: "signer" }),
    make("p", qrPicture(signer, say("The public part of the passkey %(name)s, as a code for a camera", { name }))),
    make("p", keep),
    make("p", say("If you lose the device, you lose the passkey. An officer should have two, both authorised.")),
  ];
}
