// Starts the built server on a free port with a configuration of the test's own, and stops it.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const binary = process.env.PAGODA_BINARY;

export async function startPagoda({ models, pagoda }) {
  const directory = mkdtempSync(join(tmpdir(), "pagoda-clients-"));
  writeFileSync(join(directory, "models.yaml"), models);
  writeFileSync(join(directory, "pagoda.yaml"), pagoda);
  const env = { PATH: process.env.PATH, PAGODA_DATA_DIR: join(directory, "data"), ASAN_OPTIONS: process.env.ASAN_OPTIONS ?? "" };
  const made = execFileSync(binary, ["keys", "create", "--config", directory, "--json"], { env, encoding: "utf8" });
  const key = JSON.parse(made).key;
  const server = spawn(binary, ["serve", "--config", directory, "--port", "0"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  server.stderr.on("data", (bytes) => (errors += bytes));
  const port = await new Promise((resolve, reject) => {
    let output = "";
    server.stdout.on("data", (bytes) => {
      output += bytes;
      const match = /listening on http:\/\/[^\s:]+:(\d+)/.exec(output);
      if (match) resolve(Number(match[1]));
    });
    server.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${errors}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    key,
    errors: () => errors,
    async stop() {
      const ended = new Promise((resolve) => server.on("exit", resolve));
      server.kill("SIGTERM");
      const code = await ended;
      rmSync(directory, { recursive: true, force: true });
      return code;
    },
  };
}
