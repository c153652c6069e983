// Who one is and where one looks, in the address: #/PERSON/CHANNEL/THREAD. So Back, reload and links work.

/** The person a newcomer starts as: somebody who reports things. */
const FIRST = { user: "U01DANA", channel: "C01INCIDENTS", thread: null };

/** The place in an address; `channel` is null where only the left panel is asked for, "home" for the Home tab. */
export function placeOf(hash) {
  const [user, channel, thread] = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (!user) return { ...FIRST };
  return { user, channel: channel || null, thread: thread || null };
}

export function pathTo({ user, channel = null, thread = null }) {
  return `#/${[user, channel, thread].filter(Boolean).map(encodeURIComponent).join("/")}`;
}
