// The page's only way out: the JSON and the event stream of the sandbox that served it.

/** A request the sandbox refused or did not answer; the message is a sentence for the person at the page. */
export class ApiError extends Error {}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError("The sandbox does not answer. Is it still running?");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(body.error || `The sandbox answered with status ${response.status}.`);
  return body;
}

function get(name, query) {
  return request(`/page/${name}?${new URLSearchParams(query)}`);
}

function post(name, body) {
  return request(`/page/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

export const api = {
  state: (user) => get("state", { user }),
  messages: (user, channel) => get("messages", { user, channel }),
  thread: (user, channel, ts) => get("thread", { user, channel, ts }),
  /** `quiet` reads the tab again without telling the app that it was opened. */
  home: (user, quiet = false) => get("home", quiet ? { user, quiet: 1 } : { user }),
  views: (user) => get("views", { user }),
  post: (body) => post("post", body),
  command: (body) => post("command", body),
  click: (body) => post("click", body),
  submit: (body) => post("submit", body),
  close: (body) => post("close", body),
  react: (body) => post("react", body),
  shortcut: (body) => post("shortcut", body),
  stop: (body) => post("stop", body),
};

const RETRY_MS = 1500;

/**
 * Listen to what happens in the workspace as this person sees it. The browser reconnects after a broken line; after
 * a refused one we do. `onOpen` is called each time the line is (again) open, since events may have been missed.
 * Returns a function that stops listening.
 */
export function listen(user, { onEvent, onOpen, onLost }) {
  let source = null;
  let retry = null;
  const connect = () => {
    source = new EventSource(`/page/events?${new URLSearchParams({ user })}`);
    source.addEventListener("open", onOpen);
    source.addEventListener("message", (event) => onEvent(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      onLost();
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY_MS);
    });
  };
  connect();
  return () => {
    clearTimeout(retry);
    source.close();
  };
}
