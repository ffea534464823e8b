import { defineConfig } from "vite";

// Relative addresses, so that the page works from any folder of any server. Workers are modules, which load parts when they are first needed.
export default defineConfig({
  base: "./",
  worker: { format: "es" },
  build: { outDir: "dist/page", emptyOutDir: true, chunkSizeWarningLimit: 1000 },
});
