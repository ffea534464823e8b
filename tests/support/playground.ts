/** The playground as `npm run playground` serves it, and visits to its parts. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import { openChromium } from "./browser.js";
import { root } from "./root.js";

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Requests to anywhere but the page's own server, and errors of the page. */
  readonly foreign: string[];
  readonly errors: string[];
}

export class Playground {
  #browser: Browser | undefined;

  private constructor(
    readonly url: string,
    private readonly server: ReturnType<typeof spawn>,
  ) {}

  /** The page was built before the tests began. */
  static async serve(...args: readonly string[]): Promise<Playground> {
    const server = spawn(process.execPath, [join(root, "scripts/playground.mjs"), "--port", "0", ...args], { cwd: root });
    const url = await new Promise<string>((resolve, reject) => {
      let said = "";
      server.stderr?.on("data", (data: Buffer) => {
        said += data.toString();
      });
      server.stdout?.on("data", (data: Buffer) => {
        const found = /http:\/\/localhost:\d+\//.exec(data.toString());
        if (found !== null) resolve(found[0]);
      });
      server.on("exit", (code) => reject(new Error(`the server ended with ${code}\n${said}`)));
    });
    return new Playground(url, server);
  }

  async browser(): Promise<Browser> {
    this.#browser ??= await openChromium();
    return this.#browser;
  }

  async visit(part: string, viewport = { width: 1200, height: 900 }, colorScheme: "light" | "dark" = "light"): Promise<Visit> {
    const context = await (await this.browser()).newContext({ viewport, colorScheme, acceptDownloads: true });
    const page = await context.newPage();
    const [foreign, errors]: [string[], string[]] = [[], []];
    page.on("request", (request) => {
      if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(this.url)) foreign.push(request.url());
    });
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`${this.url}#${part}`);
    await page.waitForSelector(`#panel-${part}`);
    return { page, context, foreign, errors };
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    this.server.kill();
  }
}

export async function leave({ context, foreign, errors }: Visit): Promise<void> {
  expect({ foreign, errors }).toEqual({ foreign: [], errors: [] });
  await context.close();
}
