import { defineConfig } from "vite";

// Relative addresses, so that the page works from any folder of any server.
export default defineConfig({ base: "./", build: { outDir: "dist/page", emptyOutDir: true, chunkSizeWarningLimit: 1000 } });
