// Asks the agent. Paths are relative, so that the page works behind any prefix.
const kPatience = 8000; // milliseconds

// A page that was opened with a password in its address may not ask with one; the browser sends it by itself.
export function address(path) {
  const whole = new URL(path, document.baseURI);
  whole.username = whole.password = "";
  return whole;
}

// The answer as an object. Throws an Error whose message is a sentence for the reader.
export async function get(what, parameters = {}) {
  const wanted = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const query = new URLSearchParams(wanted).toString();
  const path = `api/v1/${what}${query ? `?${query}` : ""}`;
  let response;
  try {
    response = await fetch(address(path), { cache: "no-store", signal: AbortSignal.timeout(kPatience) });
  } catch {
    throw new Unreachable();
  }
  const words = response.headers.get("Content-Type")?.startsWith("text/plain");
  if (!response.ok && !words) throw new Unreachable(); // a proxy speaks in its place
  try {
    if (!response.ok) return Promise.reject(new Error((await response.text()).trim()));
    return await response.json();
  } catch {
    throw new Unreachable(); // cut off in the middle
  }
}

// Nobody answers: the agent is gone, or the way to it.
export class Unreachable extends Error {
  constructor() {
    super("The agent does not answer.");
  }
}
