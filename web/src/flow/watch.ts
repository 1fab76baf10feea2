import { backoff } from "./backoff";
import { type Live, parseLive } from "./live";

/** Longest silence on the event stream before the page asks by itself. The server says something every 10 s. */
const silence = 15_000;

/**
 * Follows a session: by server-sent events, or by asking every two seconds when no event comes through
 * (a proxy that holds answers back, an old browser). Stops when the returned function is called.
 */
export function watch(
  address: { events: string; state: string },
  heard: (live: Live) => void,
  connected: (yes: boolean) => void,
): () => void {
  let stopped = false;
  let failures = 0;
  let poll: number | undefined;
  let quiet: number | undefined;
  let source: EventSource | undefined;

  const take = (text: string): boolean => {
    const live = parseLive(text);
    if (live === null || stopped) return false;
    connected(true);
    heard(live);
    return true;
  };

  const ask = async (): Promise<void> => {
    poll = undefined;
    let good = false;
    try {
      const answer = await fetch(address.state, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!stopped && (answer.status === 403 || answer.status === 410)) {
        // The session is over or no longer ours: the server has a page that says so.
        window.location.reload();
        return;
      }
      good = take(await answer.text());
    } catch {
      // Counted below.
    }
    if (stopped) return;
    failures = good ? 0 : failures + 1;
    if (failures > 1) connected(false);
    poll = window.setTimeout(() => void ask(), good ? 2000 : backoff(failures, Math.random()) * 1000);
  };

  const startPolling = (): void => {
    if (!stopped && poll === undefined) poll = window.setTimeout(() => void ask(), 0);
  };

  const stopPolling = (): void => {
    window.clearTimeout(poll);
    poll = undefined;
  };

  const expectSoon = (wait: number): void => {
    window.clearTimeout(quiet);
    quiet = window.setTimeout(startPolling, wait);
  };

  if ("EventSource" in window) {
    source = new EventSource(address.events);
    source.addEventListener("state", (event) => {
      if (take(String((event as MessageEvent).data))) {
        stopPolling();
        expectSoon(silence);
      }
    });
    source.addEventListener("alive", () => expectSoon(silence));
    source.addEventListener("error", startPolling);
    expectSoon(4000);
  } else {
    startPolling();
  }

  return () => {
    stopped = true;
    source?.close();
    stopPolling();
    window.clearTimeout(quiet);
  };
}
