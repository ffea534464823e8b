// Chromium and the Vulkan loader for the tests of pages and of WebGPU: installed where that needs no question (root on Debian), else the tests name the line.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Path of a Chromium or Chrome on this machine: $CHROMIUM, or where systems have it. */
export function findChromium() {
  const places = [
    process.env.CHROMIUM,
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  ];
  return places.find((path) => path !== undefined && existsSync(path));
}

/** Installs them with apt-get where they are missing and this process is root on a Debian; a failure is the tests' to report. */
export async function ensureChromium() {
  const loader = ["x86_64", "aarch64"].some((arch) => existsSync(`/usr/lib/${arch}-linux-gnu/libvulkan.so.1`));
  const packages = [...(findChromium() === undefined ? ["chromium"] : []), ...(loader ? [] : ["libvulkan1"])];
  if (packages.length === 0 || process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return;
  console.error(`▸ Installing ${packages.join(" and ")} for the tests of pages and of WebGPU`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", ...packages],
  ]) {
    const { status, stderr } = spawnSync("apt-get", args, { env, encoding: "utf8" });
    if (status !== 0) return console.error(`apt-get ${args[0]} failed: ${stderr.trim().split("\n").at(-1)}`);
  }
}
