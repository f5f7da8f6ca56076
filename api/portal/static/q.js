// The code's id and digest stand in the fragment. The digest goes to the server in a header, so that no address holds it.
"use strict";

(() => {
  const CODE = /^#1\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;
  const PATIENCE = 60000; // milliseconds
  const part = (id) => document.getElementById(id);
  let turn = 0; // of the code that the page shows; an answer to an earlier one is dropped

  const hex = (text) => {
    const bytes = atob(text.replace(/-/g, "+").replace(/_/g, "/") + "=");
    return "0x" + Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  };

  const tell = (kind, first, then) => {
    const box = part("status");
    box.replaceChildren();
    if (!first) return;
    const line = document.createElement("p");
    line.className = kind;
    const strong = document.createElement("strong");
    strong.textContent = first + " ";
    line.append(strong, then || "");
    box.append(line);
    if (kind !== "note") box.focus();
  };

  const refused = async (answer) => {
    const wait = Number(answer.headers.get("retry-after"));
    const again = wait > 0 ? `Try again in ${wait} seconds.` : "Try again in a minute.";
    if (answer.status === 404) {
      return ["This server has no such declaration,", "or the code does not fit it. If the paper names another " +
        "address, go there. If it names this one, do not rely on the paper: its code may be forged."];
    }
    if (answer.status === 409) {
      return ["The declaration was received and is not in the history yet.", again];
    }
    return ["The server cannot give the evidence at the moment.", `${again} (HTTP ${answer.status})`];
  };

  const AWAY = ["The server cannot be reached.", "You may be offline. If you have the PDF, the evidence is inside it: " +
    "give the PDF to the program in the place of evidence.json."];

  const take = async (id, digest) => {
    const mine = turn, button = part("take"), ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), PATIENCE);
    button.disabled = true;
    tell("note", "Asking the server …");
    let words;
    try {
      const answer = await fetch(`v1/declarations/${id}/evidence`, {
        headers: { "Ledger-Digest": digest, Accept: "application/json" },
        cache: "no-store", credentials: "omit", redirect: "error", signal: ending.signal,
      });
      if (answer.ok) {
        const file = await answer.blob();
        if (mine === turn) words = save(file, `${id.slice(2, 10)}.evidence.json`);
      } else {
        words = ["problem", ...(await refused(answer))];
      }
    } catch {
      words = ["problem", ...AWAY];
    }
    clearTimeout(timer);
    button.disabled = false;
    if (mine === turn && words) tell(...words);
  };

  const save = (file, name) => {
    const link = document.createElement("a"), address = URL.createObjectURL(file);
    link.href = address;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), PATIENCE);
    for (const place of document.querySelectorAll(".file")) place.textContent = name;
    return ["done", `Saved as ${name}.`, "It is not checked yet: that is your program's part, see below."];
  };

  const look = () => {
    turn += 1;
    const found = CODE.exec(location.hash);
    part("ready").hidden = !found;
    part("take").disabled = false;
    if (found) {
      const id = hex(found[1]), digest = hex(found[2]);
      part("id").textContent = "0x " + id.slice(2).match(/.{8}/g).join(" ");
      part("take").onclick = () => take(id, digest);
      tell("");
    } else if (location.hash.length > 1) {
      tell("problem", "The address is not whole.", "After the sign # it must have 1, a dot, 43 characters, a dot, and " +
        "43 characters. Scan the code again; or copy the whole address.");
    } else {
      tell("problem", "The address names no declaration.", "It ends where the code's part should begin, after the sign " +
        "#. Scan the code on the paper again; or copy the whole address.");
    }
  };

  addEventListener("hashchange", look);
  look();
})();
