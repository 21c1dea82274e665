/**
 * What the tabs of one browser tell each other: that something an organisation keeps here was changed, and by no means what.
 *
 * Whoever hears it reads again. So a message that is lost or comes twice does no harm.
 */
const NAME = "mingjing-room";

let channel = null;

const line = () => (channel ??= new BroadcastChannel(NAME));

/** @param {"changed"|"forgotten"} what @param {string[]} key of the draft, or the organisation's id alone */
export function tellTabs(what, key) {
  line().postMessage({ what, key });
}

/**
 * @param {(what: "changed"|"forgotten", key: string[]) => void} heard called when another tab has told something; not for
 *   what this page tells. Also called with "changed" for a page that was asleep, as it may have missed something.
 * @param {string[]} key that it is called with then
 */
export function hearTabs(heard, key) {
  line().addEventListener("message", ({ data }) => heard(data.what, data.key));
  addEventListener("pageshow", ({ persisted }) => persisted && heard("changed", key));
  document.addEventListener("visibilitychange", () => document.hidden || heard("changed", key));
}
