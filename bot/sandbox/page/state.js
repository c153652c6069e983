// What interactive elements hold: Slack's {type, NAME: value}, where NAME depends on the type.

/** What a state holds, without the name that Slack gives it for this type. */
export function held(state) {
  return Object.entries(state).find(([name]) => name !== "type")[1];
}
