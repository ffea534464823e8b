import { losses } from "./losses.js";

globalThis.onmessage = async ({ data }: MessageEvent<boolean>) => {
  try {
    globalThis.postMessage(await losses(data));
  } catch (error) {
    globalThis.postMessage(String(error));
  }
};
