// Agent Tray: tells the tray of this user what the sessions of this process do, and carries its answers back.
//
// Nothing here ever answers by itself, hides a prompt, waits inside an event, throws or writes to the terminal: without
// the tray, or in any trouble, it is as if this file were not there. An answer is taken only down the connection that
// asked, for the very bytes that were sent on it. "agent-tray disconnect" removes this file.

import { createHash } from "node:crypto"
import { lstatSync, statSync } from "node:fs"
import { createConnection } from "node:net"

const NAME = "opencode"
const MOST_BYTES = 1 << 20 // a larger call gets no answer
const CONNECT_MS = 300
const FIRST_ANSWER_MS = 1500
const HEARTBEAT_MS = 6000 // the tray beats every 2 s while a person can answer
const ANSWER_MS = 500 // for the agent itself, within its own process
const LOOK_MS = 1000 // how soon a tray that comes later is noticed; it costs one stat
const ASK_AGAIN_MS = [2000, 4000, 8000, 16000, 60000] // after the tray let go of a request that is still open
const ABORTED_MS = 3000
const LISTEN_MS = 200 // for the tray to take in whose session it was told of
const MOST_WAITING = 200 // news in the queue
const MOST_SESSIONS = 200
const MOST_TEXT = 2000

const cut = (text) => (typeof text === "string" ? text.slice(0, MOST_TEXT) : "")

// The rules of where the tray listens; a directory that others can enter is not it.
const socketPath = () => {
  const uid = process.getuid()
  const bases = [process.env.XDG_RUNTIME_DIR, `/run/user/${uid}`].filter((base) => base && base.startsWith("/"))
  const directories = [...bases.map((base) => `${base.replace(/\/+$/, "")}/agent-tray`), `/tmp/agent-tray-${uid}`]
  for (const directory of directories) {
    try {
      const found = lstatSync(directory)
      if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) continue
      const socket = statSync(`${directory}/tray.sock`)
      if (socket.uid === uid) return { path: `${directory}/tray.sock`, mark: `${socket.ino}/${socket.ctimeMs}` }
    } catch {}
  }
  return null
}

// Send one call. `settled` is called once: the tray has it, or nobody takes it. `answered` gets an answer, if one
// comes, and what to do when the agent took it; `ended` is called when the tray waits no more.
// A patient call waits for as long as the tray likes, without any sign of life.
const call = (payload, { settled, answered, ended, isPatient }) => {
  const place = payload.length <= MOST_BYTES ? socketPath() : null
  let isSettled = false
  let isOver = false
  let socket = null
  let timer = null
  const settle = (isTaken) => {
    if (!isSettled) {
      isSettled = true
      settled(isTaken)
    }
  }
  const over = (how) => {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    try {
      socket?.destroy()
    } catch {}
    settle(how !== "nobody")
    ended?.(how)
  }
  const wait = (ms, how) => {
    clearTimeout(timer)
    timer = setTimeout(() => over(how), ms)
    timer.unref?.()
  }
  if (place === null) {
    over("nobody")
    return over
  }
  let received = Buffer.alloc(0)
  const take = () => {
    for (;;) {
      const end = received.indexOf(10)
      if (end < 0) return received.length > 256 ? over("broken") : undefined
      const line = received.subarray(0, end).toString("latin1")
      if (line === "done") return over("done")
      if (line === "" || line === "hold") {
        settle(true)
        if (isPatient) clearTimeout(timer)
        else wait(HEARTBEAT_MS, "silent")
        received = received.subarray(end + 1)
        continue
      }
      const said = /^say ([0-9a-f]{64}) ([0-9]{1,7})$/.exec(line)
      const digest = createHash("sha256").update(payload).digest("hex")
      if (!answered || !said || said[1] !== digest || Number(said[2]) > MOST_BYTES) return over("broken")
      if (received.length < end + 1 + Number(said[2])) return
      const body = JSON.parse(received.subarray(end + 1, end + 1 + Number(said[2])).toString("utf8"))
      received = Buffer.alloc(0)
      wait(HEARTBEAT_MS, "silent")
      const taken = () => {
        try {
          socket.end("said\n")
        } catch {}
      }
      Promise.resolve(answered(body)).then((isTaken) => (isTaken ? taken() : over("refused")), () => over("refused"))
      return
    }
  }
  try {
    wait(CONNECT_MS, "nobody")
    socket = createConnection(place.path)
    socket.on("connect", () => wait(FIRST_ANSWER_MS, "silent"))
    // Not only then: in a busy agent each turn of its loop takes long.
    socket.write(Buffer.concat([Buffer.from(`AT1 hook ${NAME} ${payload.length}\n`), payload]))
    socket.on("data", (bytes) => {
      try {
        received = Buffer.concat([received, bytes])
        take()
      } catch {
        over("broken")
      }
    })
    socket.on("error", () => over("nobody"))
    socket.on("close", () => over("closed"))
    socket.unref?.()
  } catch {
    over("nobody")
  }
  return over
}

const start = (ctx) => {
  const raw = ctx.client?._client
  const canSpeak = typeof raw?.get === "function" && typeof raw?.post === "function"
  const sessions = new Map() // by id: what is known of each
  const asks = new Map() // by id: the requests that are open
  const queue = []
  const changed = new Set() // root sessions whose state is to be told
  let isSending = false
  let mark = ""
  const isHeadless = process.argv.includes("run")
  const isTerminal = process.argv.some((word) => word.includes("tui/worker")) // it shows one conversation at a time

  const get = async (url) => {
    const late = new Promise((settled) => setTimeout(settled, ANSWER_MS).unref?.())
    const answer = await Promise.race([raw.get({ url }), late])
    return answer?.response?.status === 200 ? answer.data : undefined
  }

  const known = (id) => {
    let session = sessions.get(id)
    if (!session) {
      session = { id, parent: "", title: "", cwd: "", model: "", version: "", role: "", isLoaded: false }
      Object.assign(session, { status: "idle", since: Date.now(), began: 0, ended: 0, ending: "", error: "", prompt: "" })
      Object.assign(session, { last: "", doing: "", files: new Set(), isRejected: false, helpers: new Map(), isOurs: false })
      Object.assign(session, { isListening: false, isLate: false, deaf: 0, hangUp: null })
      sessions.set(id, session)
      if (sessions.size > MOST_SESSIONS) sessions.delete(sessions.keys().next().value)
    }
    return session
  }
  const learn = (info) => {
    const session = known(info.id)
    session.parent = info.parentID ?? ""
    session.cwd = info.directory ?? session.cwd
    // The name that a conversation has before it has one says nothing.
    session.title = /^(New|Child) session - /.test(info.title ?? "") ? "" : cut(info.title)
    session.version = info.version ?? session.version
    session.model = info.model?.id ?? session.model
    session.role = info.agent ?? session.role
    session.isLoaded = true
    return session
  }
  const rootOf = (session) => {
    for (let depth = 0; session.parent && depth < 8; depth += 1) session = known(session.parent)
    return session
  }
  // Sessions that began before this process did were never announced to it.
  const load = async (id) => {
    for (let depth = 0; id && depth < 8; depth += 1) {
      const session = known(id)
      if (!session.isLoaded && canSpeak) {
        session.isLoaded = true // asked once: what is late is told later
        const info = await get(`/session/${encodeURIComponent(id)}`)
        if (info?.id === id) learn(info)
      }
      id = session.parent
    }
  }

  const asksOf = (root) => [...asks.values()].filter((ask) => rootOf(known(ask.session)).id === root.id)
  const stateOf = (root) => {
    const open = asksOf(root)
    return {
      session_id: root.id, cwd: root.cwd || ctx.directory, title: root.title, model: root.model, version: root.version,
      headless: isHeadless, status: root.status, since: root.since, began: root.began, ended: root.ended,
      ending: root.ending, error: root.error, prompt: root.prompt, last: root.last, doing: root.doing,
      files: [...root.files].slice(0, 200),
      helpers: [...root.helpers].map(([id, helper]) => ({ id, ...helper })),
      waits: open.length ? open[0].kind : "",
      waits_since: open.length ? open[0].at : 0,
    } // prettier-ignore
  }
  const payloadOf = (fields) => Buffer.from(JSON.stringify(fields))

  // One call after the other, so that the tray hears things in the order in which they happened.
  const pump = () => {
    if (isSending) return
    isSending = true
    setImmediate(async () => {
      try {
        for (;;) {
          const next = queue.shift()
          if (next) await next()
          else if (changed.size) {
            const id = changed.values().next().value
            changed.delete(id)
            await load(id)
            const root = known(id)
            if (await tell({ hook_event_name: "state", ...stateOf(root) })) listenSoon(root, LISTEN_MS)
          } else break
        }
      } catch {
      } finally {
        isSending = false
      }
      if (queue.length || changed.size) pump()
    })
  }
  const tell = (fields) => new Promise((settled) => call(payloadOf(fields), { settled }))
  const later = (work) => {
    if (queue.length >= MOST_WAITING) queue.shift()
    queue.push(() => Promise.resolve().then(work).catch(() => {}))
    pump()
  }
  const touch = (session) => {
    const root = rootOf(session)
    root.isOurs = true // others of this person's conversations are not this process's to tell of
    changed.add(root.id)
    pump()
  }

  // -- what is asked

  const post = async (ask, body) => {
    const route = ask.kind === "question" && body.reject === true ? "reject" : "reply"
    const url = `/${ask.kind}/${encodeURIComponent(ask.id)}/${route}`
    const headers = { "Content-Type": "application/json" }
    const answer = await raw.post(route === "reject" ? { url, headers } : { url, body, headers })
    if (answer?.response?.status !== 200) return false
    if (route === "reject" && body.prompt) {
      const prompt = { parts: [{ type: "text", text: body.prompt }] }
      await raw.post({ url: `/session/${encodeURIComponent(ask.session)}/prompt_async`, body: prompt, headers })
    }
    return true
  }
  const isAnswer = (ask, body) => {
    if (body === null || typeof body !== "object") return false
    if (ask.kind === "permission") {
      const isWords = body.message === undefined || typeof body.message === "string"
      return ["once", "always", "reject"].includes(body.reply) && isWords
    }
    const isText = (list) => Array.isArray(list) && list.every((each) => typeof each === "string")
    if (body.reject === true) return body.prompt === undefined || typeof body.prompt === "string"
    return Array.isArray(body.answers) && body.answers.every(isText)
  }
  const ask = async (open) => {
    if (asks.get(open.id) !== open || open.isHeld) return
    await load(open.session)
    const session = known(open.session)
    const root = rootOf(session)
    const helper = session.id === root.id ? "" : session.role || "subagent"
    const asked = { kind: open.kind, at: open.at, helper, request: open.properties }
    const payload = payloadOf({ hook_event_name: `${open.kind}.asked`, ...stateOf(root), asked })
    open.isHeld = true
    await new Promise((settled) => {
      open.letGo = call(payload, {
        settled,
        answered: async (body) => canSpeak && isAnswer(open, body) && (await post(open, body)),
        ended: (how) => {
          open.isHeld = false
          if (asks.get(open.id) !== open || how === "nobody") return
          const ms = ASK_AGAIN_MS[Math.min(open.tries, ASK_AGAIN_MS.length - 1)]
          open.tries += 1
          setTimeout(() => later(() => ask(open)), ms).unref?.()
        },
      })
    })
  }
  const opened = (kind, properties) => {
    if (typeof properties?.id !== "string" || asks.has(properties.id)) return
    const open = { kind, id: properties.id, session: properties.sessionID, properties, at: Date.now() }
    Object.assign(open, { tries: 0, isHeld: false, letGo: null })
    asks.set(open.id, open)
    later(() => ask(open))
    touch(known(open.session))
  }
  const closed = (id, how) => {
    const open = asks.get(id)
    if (!open) return
    asks.delete(id)
    const root = rootOf(known(open.session))
    root.since = Date.now()
    later(async () => {
      await tell({ hook_event_name: "closed", ...stateOf(root), closed: [{ id, how }] })
      // The answer itself may still be on its way back to the tray on that connection.
      setTimeout(() => open.letGo?.("done"), 2000).unref?.()
    })
  }

  // -- what the person says here

  const say = async (session, body) => {
    const url = `/session/${encodeURIComponent(session.id)}`
    const headers = { "Content-Type": "application/json" }
    if (body.abort === true) {
      const answer = await raw.post({ url: `${url}/abort`, headers })
      return answer?.response?.status === 200
    }
    if (session.status !== "idle" || typeof body.prompt !== "string" || !body.prompt) return false
    const prompt = { parts: [{ type: "text", text: body.prompt }] }
    const answer = await raw.post({ url: `${url}/prompt_async`, body: prompt, headers })
    return answer?.response?.status === 200 || answer?.response?.status === 204
  }
  // One line a conversation, kept open for a prompt or an interrupt; each takes one, and then there is a new line.
  const listen = (session) => {
    if (session.isListening || session.isLeft || session.parent || !session.isOurs || !sessions.has(session.id)) return
    session.isListening = true
    let isHeard = false
    const payload = payloadOf({ hook_event_name: "listening", session_id: session.id, cwd: session.cwd || ctx.directory })
    const hangUp = call(payload, {
      isPatient: true,
      settled: () => {},
      answered: async (body) => {
        isHeard = body !== null && typeof body === "object" && (await say(session, body))
        return isHeard
      },
      ended: (how) => {
        session.isListening = false
        if (how === "nobody") return // whoever comes later is told of the session first
        if (isHeard || how === "closed") session.deaf = 0
        listenSoon(session, isHeard ? LISTEN_MS : ASK_AGAIN_MS[Math.min(session.deaf, ASK_AGAIN_MS.length - 1)])
        session.deaf += 1
      },
    })
    session.hangUp = () => hangUp("done")
  }
  const listenSoon = (session, ms) => {
    if (!canSpeak || isHeadless || session.isListening || session.isLate) return
    session.isLate = true
    const begin = () => {
      session.isLate = false
      listen(session)
    }
    setTimeout(begin, ms).unref?.()
  }

  // -- what happens

  const busy = (session, status) => {
    const word = status.type === "retry" ? "retry" : "busy"
    const now = Date.now()
    if (session.status === "idle") {
      if (isTerminal && !session.parent) leaveOthers(session)
      Object.assign(session, { began: now, ended: 0, ending: "", error: "", last: "", doing: "", since: now })
      session.files.clear()
      session.helpers.clear()
    }
    session.isRejected = false
    const doing = word === "retry" ? cut(`retrying: ${status.message ?? ""}`) : session.status === "retry" ? "" : null
    if (session.status === word && (doing === null || doing === session.doing)) return
    session.status = word
    if (doing !== null) session.doing = doing
    if (session.parent) helper(session, true)
    touch(session)
  }
  const leaveOthers = (session) => {
    session.isLeft = false
    for (const other of sessions.values()) {
      if (other === session || other.parent || other.isLeft || !other.isOurs || other.status !== "idle") continue
      other.isLeft = true
      other.hangUp?.()
      later(() => tell({ hook_event_name: "left", session_id: other.id, cwd: other.cwd || ctx.directory }))
    }
  }
  const idle = (session) => {
    if (session.status === "idle") return
    const now = Date.now()
    // Who gives up trying again says so first: without a word it was broken off.
    const isBroken = session.isRejected || session.status === "retry"
    session.status = "idle"
    session.since = session.ended = now
    session.doing = ""
    if (!session.ending) session.ending = isBroken ? "interrupted" : "finished"
    for (const open of [...asks.values()]) if (open.session === session.id) closed(open.id, "over")
    if (session.parent) helper(session, false)
    touch(session)
  }
  const helper = (session, runs) => {
    rootOf(session).helpers.set(session.id, { role: session.role || "subagent", model: session.model, runs })
  }
  const failed = (session, error) => {
    // That it was broken off may be said a moment after that it rests.
    const isLate = error?.name === "MessageAbortedError" && Date.now() - session.ended < ABORTED_MS
    if (!error || (session.ending && !(session.ending === "finished" && isLate))) return
    session.ending = error.name === "MessageAbortedError" ? "interrupted" : "failed"
    session.error = session.ending === "failed" ? cut(error.data?.message || error.name || "the turn failed") : ""
    touch(session)
  }
  const WRITES = ["edit", "write", "multiedit", "patch", "apply_patch"]
  const part = (properties) => {
    const { part } = properties
    const session = known(part.sessionID)
    if (part.type === "text" && typeof part.text === "string") {
      if (session.ours === part.messageID) session.last = cut(part.text)
      else if (session.theirs === part.messageID && !part.synthetic) session.prompt = cut(part.text)
    }
    if (part.type !== "tool") return
    const root = rootOf(session)
    const input = part.state?.input ?? {}
    if (part.state?.status === "completed" && WRITES.includes(part.tool)) {
      const paths = [input.filePath, ...(part.state.metadata?.files ?? []).map((file) => file?.filePath)]
      for (const path of paths) if (typeof path === "string") root.files.add(cut(path))
    }
    if (part.state?.status !== "running") return
    const what = input.command ?? input.filePath ?? input.pattern ?? input.url ?? input.query ?? input.description ?? ""
    const doing = cut(`${part.tool} ${typeof what === "string" ? what : ""}`.trim())
    if (root.doing === doing) return
    root.doing = doing
    touch(root)
  }
  const happened = (event) => {
    const properties = event.properties ?? {}
    switch (event.type) {
      case "session.created":
      case "session.updated": {
        const before = sessions.get(properties.info?.id)
        const [title, isNew] = [before?.title, !before]
        const session = learn(properties.info)
        if (session.parent) helper(session, session.status !== "idle")
        if (isNew || title !== session.title) touch(session)
        break
      }
      case "session.deleted":
        sessions.get(properties.info?.id)?.hangUp?.()
        if (sessions.delete(properties.info?.id) && !properties.info?.parentID) {
          const gone = { session_id: properties.info.id, cwd: properties.info.directory ?? ctx.directory }
          later(() => tell({ hook_event_name: "deleted", ...gone }))
        }
        break
      case "session.status":
        if (properties.status?.type === "idle") idle(known(properties.sessionID))
        else busy(known(properties.sessionID), properties.status ?? {})
        break
      case "session.idle":
        idle(known(properties.sessionID))
        break
      case "session.error":
        if (properties.sessionID) failed(known(properties.sessionID), properties.error)
        break
      case "message.updated": {
        const session = known(properties.info?.sessionID)
        session[properties.info?.role === "user" ? "theirs" : "ours"] = properties.info?.id
        break
      }
      case "message.part.updated":
        part(properties)
        break
      case "permission.asked":
        opened("permission", properties)
        break
      case "question.asked":
        opened("question", properties)
        break
      case "permission.replied":
        if (properties.reply === "reject") rootOf(known(properties.sessionID)).isRejected = true
        closed(properties.requestID, properties.reply)
        break
      case "question.replied":
        closed(properties.requestID, "answered")
        break
      case "question.rejected":
        rootOf(known(properties.sessionID)).isRejected = true
        closed(properties.requestID, "reject")
        break
    }
  }

  // -- the tray comes, or comes again

  const announce = async () => {
    const roots = [...sessions.values()].filter((session) => !session.parent && session.isOurs && !session.isLeft)
    const fields = { hook_event_name: "here", cwd: ctx.directory, headless: isHeadless, serves: !isTerminal }
    if (roots.length === 0 && !(await tell(fields))) {
      mark = "" // it does not listen, or not yet
      return
    }
    // First whose they are, then what they ask.
    for (const root of roots) {
      if (await tell({ hook_event_name: "state", ...stateOf(root) })) {
        listenSoon(root, LISTEN_MS)
        continue
      }
      mark = ""
      return
    }
    for (const open of asks.values()) {
      open.tries = 0
      later(() => ask(open))
    }
    if (canSpeak) for (const kind of ["permission", "question"]) find(kind).catch(() => {})
  }
  // Outside the queue: while the agent starts it answers nobody for seconds.
  const find = async (kind) => {
    const before = Date.now() // what is asked from now on may be missing in the list
    const open = await get(`/${kind}`)
    if (!Array.isArray(open)) return
    const ids = new Set(open.map((each) => each?.id))
    const gone = [...asks.values()].filter((each) => each.kind === kind && !ids.has(each.id) && each.at < before)
    for (const each of gone) closed(each.id, "over")
    for (const each of open) opened(kind, each)
  }
  const look = () => {
    try {
      const place = socketPath()
      if ((place?.mark ?? "") === mark) return
      mark = place?.mark ?? ""
      if (mark) later(announce)
    } catch {}
  }
  setInterval(look, LOOK_MS).unref?.()
  setImmediate(look)

  return {
    event: async ({ event }) => {
      try {
        happened(event)
      } catch {}
    },
  }
}

export const AgentTray = async (ctx) => {
  try {
    return process.platform === "win32" ? {} : start(ctx)
  } catch {
    return {}
  }
}
