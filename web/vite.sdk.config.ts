import { defineConfig } from "vite";

// The script that other sites load: two files with names that never change,
// served under /sdk/ (internal/flow), and packed by sdk/package.json.
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "dist/sdk",
    emptyOutDir: true,
    target: "es2021",
    reportCompressedSize: false,
    lib: {
      entry: "../sdk/src/idproof.ts",
      name: "IDProof",
      formats: ["es", "iife"],
      fileName: (format) => (format === "es" ? "idproof.mjs" : "idproof.js"),
    },
  },
});
