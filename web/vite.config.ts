import { defineConfig } from "vite";

// The server serves dist/ under /assets/ and finds the hashed names in the
// manifest. Nothing is inlined: the pages' content security policy forbids it.
export default defineConfig({
  base: "/assets/",
  publicDir: "public",
  build: {
    outDir: "dist",
    assetsDir: ".",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2021",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: { flow: "src/flow/main.ts", demo: "src/demo/main.ts", console: "src/console/main.ts" } },
  },
});
