// Hosts a plugin as the agent does: node plugin_host.mjs PLUGIN PENDING HAS_CLIENT. Each line of stdin is an event for it;
// each call that it makes of the agent's own routes is a line of stdout, and is answered with success.
import { createInterface } from "node:readline"

const [plugin, pending, hasClient] = process.argv.slice(2)
const say = (told) => process.stdout.write(JSON.stringify(told) + "\n")
const ok = (data, status = 200) => Promise.resolve({ data, response: { status } })
const routes = { "/permission": JSON.parse(pending), "/question": [] }
const client = {
  get: ({ url }) => ok(routes[url] ?? { id: url.split("/").pop(), directory: "/home/dev/shop", title: "Fix the till" }),
  post: ({ url, body }) => {
    say({ url, body })
    return ok(true, url.endsWith("/prompt_async") ? 204 : 200)
  },
}
const happens = (event) => {
  const { requestID } = event.properties ?? {}
  if (event.type === "permission.asked") routes["/permission"].push(event.properties)
  if (requestID) routes["/permission"] = routes["/permission"].filter((each) => each.id !== requestID)
  hooks.event?.({ event })
}
const made = await import(plugin)
const [start] = Object.values(made)
const hooks = await start({ client: hasClient === "1" ? { _client: client } : {}, directory: "/home/dev/shop" })
say({ ready: true })
const lines = createInterface({ input: process.stdin })
lines.on("line", (line) => happens(JSON.parse(line)))
lines.on("close", () => process.exit(0))
