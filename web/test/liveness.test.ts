import { afterEach, describe, expect, it, vi } from "vitest";
import { isVirtual, jitter } from "../src/liveness/hints";
import { at, frameSize, plan } from "../src/liveness/plan";
import { Refused, Sender } from "../src/liveness/sender";

describe("plan", () => {
  it("puts every movement between two looks straight ahead", () => {
    expect(plan(["LookUp", "TurnLeft"]).map((s) => s.action)).toEqual(["straight", "LookUp", "straight", "TurnLeft", "straight"]);
  });

  it("knows which step it is, to the end", () => {
    const steps = plan(["LookUp"]);
    const whole = steps.reduce((sum, s) => sum + s.ms, 0);
    expect(at(steps, 0)).toEqual({ index: 0, part: 0 });
    expect(at(steps, steps[0]!.ms)?.index).toBe(1);
    expect(at(steps, whole - 1)?.index).toBe(2);
    expect(at(steps, whole)).toBeNull();
    let last = -1;
    for (let ms = 0; ms < whole; ms += 100) {
      const step = at(steps, ms)!;
      expect(step.part).toBeGreaterThan(last);
      last = step.part;
    }
  });

  it("fits into a challenge with three movements", () => {
    expect(plan(["a", "b", "c"]).reduce((sum, s) => sum + s.ms, 0)).toBeLessThan(30_000);
  });

  it.each([[1280, 720, 640, 360], [720, 1280, 360, 640], [480, 640, 480, 640], [320, 240, 320, 240], [1000, 1000, 480, 480]])(
    "makes %d × %d a frame of %d × %d", (w, h, fw, fh) => {
      expect(frameSize(w, h)).toEqual({ width: fw, height: fh });
    });
});

describe("hints", () => {
  it.each([
    ["OBS Virtual Camera", true], ["obs-camera", true], ["ManyCam Video Source", true], ["fake_device_0", true], ["/tmp/fake-anna.mjpeg", true],
    ["v4l2loopback", true], ["Dummy video device (0x0000)", true],
    ["FaceTime HD Camera", false], ["Integrated Webcam (0bda:5689)", false], ["camera2 1, facing front", false], ["Anna’s iPhone Camera", false],
    ["DroidCam Source 3", false], ["Robson’s HD Cam", false], ["", false],
  ])("takes %s for a program: %s", (label, yes) => {
    expect(isVirtual(label)).toBe(yes);
  });

  it("measures how evenly frames come", () => {
    const even = Array.from({ length: 100 }, (_, i) => i * 33.3);
    expect(jitter(even)).toBeLessThan(0.001);
    expect(jitter(even.map((t, i) => t + (i % 2) * 3))).toBeGreaterThan(0.05);
    expect(jitter(even.filter((_, i) => i % 10 !== 0)), "dropped frames are no jitter").toBeLessThan(0.001);
    expect(jitter(even.slice(0, 10)), "too few").toBe(0);
    expect(jitter([])).toBe(0);
  });
});

describe("sender", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const answers = (...all: [number, unknown][]): { url: string; body: unknown }[] => {
    const calls: { url: string; body: unknown }[] = [];
    vi.useFakeTimers();
    vi.stubGlobal("window", { setTimeout: (fn: () => void) => queueMicrotask(fn) });
    vi.stubGlobal("fetch", (url: string, init: { body: unknown }) => {
      calls.push({ url, body: init.body });
      const [status, body] = all[Math.min(calls.length, all.length) - 1]!;
      if (status === 0) return Promise.reject(new TypeError("lost"));
      return Promise.resolve(new Response(JSON.stringify(body), { status }));
    });
    return calls;
  };
  const frame = { at: 150.04, picture: new Blob(["x"]) };

  it("sends the parts in order, again after a lost connection, and then ends", async () => {
    const calls = answers([200, {}], [0, null], [503, {}], [200, {}], [200, { next: "/verify/1/check" }]);
    const sender = new Sender("/verify/1/liveness", "t");
    sender.part([frame]);
    sender.part([frame, frame]);
    expect(await sender.finish({ virtual: false })).toBe("/verify/1/check");
    expect(calls.map((c) => c.url)).toEqual([...Array(4).fill("/verify/1/liveness/frames"), "/verify/1/liveness"]);
    const forms = calls.slice(0, 4).map((c) => c.body as FormData);
    expect(forms.map((f) => f.get("part"))).toEqual(["0", "1", "1", "1"]);
    expect((forms[0]!.get("frame") as File).name).toBe("150.0.jpg");
    expect(JSON.parse(calls[4]!.body as string)).toEqual({ token: "t", parts: 2, camera: { virtual: false } });
  });

  it("says what the server says, and nothing of its own", async () => {
    answers([410, { errors: [{ code: "liveness", description: "Please begin again." }] }]);
    const sender = new Sender("/x", "t");
    sender.part([frame]);
    await expect(sender.finish(null)).rejects.toEqual(new Refused("Please begin again."));
  });

  it("gives up when the connection stays lost", async () => {
    const calls = answers([0, null]);
    const sender = new Sender("/x", "t");
    sender.part([frame]);
    await expect(sender.finish(null)).rejects.toEqual(new Refused(""));
    expect(calls.length).toBe(5);
  });

  it("goes nowhere else than to this server", async () => {
    answers([200, {}], [200, { next: "https://other.example/" }]);
    const sender = new Sender("/x", "t");
    sender.part([frame]);
    await expect(sender.finish(null)).rejects.toBeInstanceOf(Refused);
  });
});
