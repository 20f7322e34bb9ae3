// A client by others does with a relay what people do with it, and tells of each step in a line of JSON:
//   {"step":"publish","ok":true,"told":"..."}
//   node client.mjs CLIENT URL FOLDER   CLIENT: nostr-tools, ndk, nostr-fetch, rust; FOLDER: where they are installed
// The relay has 500 notes of the key 0…02, three in each second; the client writes with the key 0…03.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [client, url, folder] = process.argv.slice(2)
const require = createRequire(folder + '/')
const load = async name => {
  const module = await import(pathToFileURL(require.resolve(name)).href)
  return { ...module.default, ...module }
}

const secretHex = '0'.repeat(63) + '3'
const secret = Uint8Array.from(Buffer.from(secretHex, 'hex'))
const author = 'c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5' // of the key 0…02
const content = 'by ' + client + ': "quotes",\n\\ and 🪨'
const patience = 20_000

const say = (step, ok, told) => console.log(JSON.stringify({ step, ok, told: String(told) }))
const step = async (name, act) => {
  let timer
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error('nothing within ' + patience + ' ms')), patience)
  })
  try {
    say(name, true, await Promise.race([act(), late]))
  } catch (e) {
    say(name, false, e?.message ?? e)
  } finally {
    clearTimeout(timer)
  }
}
const must = (condition, message) => {
  if (!condition) throw new Error(message)
}
const refusal = async act => {
  try {
    await act()
  } catch (e) {
    return String(e?.message ?? e)
  }
  throw new Error('it was not refused')
}
const now = () => Math.floor(Date.now() / 1000)

// Back through time, a page after the other, until a page has nothing new; a second may stand on two pages.
const pages = async ask => {
  const ids = new Set()
  let until
  for (;;) {
    const page = await ask({ kinds: [1], authors: [author], limit: 60, ...(until === undefined ? {} : { until }) })
    const before = ids.size
    page.forEach(e => ids.add(e.id))
    if (ids.size === before) break
    until = Math.min(...page.map(e => e.created_at))
  }
  must(ids.size === 500, 'not 500 but ' + ids.size)
  return ids.size
}

const clients = {
  async 'nostr-tools'() {
    const { finalizeEvent } = await load('nostr-tools/pure')
    const { Relay } = await load('nostr-tools/relay')
    const relay = await Relay.connect(url)
    const sign = (kind, tags, text) => finalizeEvent({ kind, tags, content: text, created_at: now() }, secret)
    const get = filter =>
      new Promise(done => {
        const events = []
        const sub = relay.subscribe([filter], {
          onevent: e => events.push(e),
          oneose: () => { sub.close(); done(events) },
        })
      })
    const note = sign(1, [['t', 'x']], content)
    await step('live', async () => {
      let sub
      const heard = new Promise(done => {
        sub = relay.subscribe([{ '#t': ['x'] }], {
          onevent: e => done(e),
          oneose: async () => { await relay.publish(note) },
        })
      })
      const event = await heard
      sub.close()
      must(event.id === note.id && event.content === content, 'another event came')
      return 'the event as it was'
    })
    await step('publish', async () => {
      const again = await relay.publish(note)
      must(again.startsWith('duplicate: '), again)
      const forged = { ...sign(1, [], 'mine'), content: 'yours' }
      const told = await refusal(() => relay.publish(forged))
      must(told.startsWith('invalid: '), told)
      return told
    })
    await step('fetch', async () => {
      const [event] = await get({ ids: [note.id] })
      must(event?.content === content, 'not found by its id')
      must((await get({ '#t': ['x'], kinds: [1] })).length === 1, 'not found by its tag')
      return 'by id and tag'
    })
    await step('pages', () => pages(get))
    await step('delete', async () => {
      await relay.publish(sign(5, [['e', note.id]], ''))
      must((await get({ ids: [note.id] })).length === 0, 'still there')
      const told = await refusal(() => relay.publish(note))
      must(told.startsWith('blocked: '), told)
      return told
    })
    await step('count', async () => {
      const count = await relay.count([{ authors: [author], kinds: [1] }], {})
      must(count === 500, count)
      return count
    })
    await step('auth', async () => {
      const guarded = sign(1, [['-']], 'protected')
      const told = await refusal(() => relay.publish(guarded))
      must(told.startsWith('auth-required: '), told)
      await relay.auth(template => finalizeEvent(template, secret))
      await relay.publish(guarded)
      return told
    })
    relay.close()
  },

  async ndk() {
    const { NDKEvent, NDKPrivateKeySigner, NDKRelayAuthPolicies, NDKRelaySet, ...module } =
      await load('@nostr-dev-kit/ndk')
    const NDK = module.default.default ?? module.default
    const ndk = new NDK({ explicitRelayUrls: [url], signer: new NDKPrivateKeySigner(secretHex) })
    ndk.relayAuthDefaultPolicy = NDKRelayAuthPolicies.signIn({ ndk })
    await ndk.connect(5000)
    const event = async (kind, tags, text) => {
      const made = new NDKEvent(ndk, { kind, tags, content: text, created_at: now() })
      await made.sign()
      return made
    }
    const set = NDKRelaySet.fromRelayUrls([url], ndk)
    const get = async filter => [...(await ndk.fetchEvents(filter, { closeOnEose: true, cacheUsage: 'ONLY_RELAY' }, set))]
    const note = await event(1, [['t', 'ndk']], content)
    await step('live', async () => {
      const heard = new Promise(done => {
        const sub = ndk.subscribe({ '#t': ['ndk'] }, { closeOnEose: false, relaySet: set })
        sub.on('event', e => { sub.stop(); done(e) })
        sub.on('eose', () => note.publish(set))
      })
      must((await heard).content === content, 'another event came')
      return 'the event as it was'
    })
    await step('publish', async () => {
      const relays = await (await event(1, [], 'again')).publish(set)
      must(relays.size === 1, relays.size)
      const forged = await event(1, [], 'mine')
      forged.content = 'yours'
      return await refusal(() => forged.publish(set))
    })
    await step('fetch', async () => {
      const [found] = await get({ ids: [note.id] })
      must(found?.content === content, 'not found by its id')
      return 'by id'
    })
    await step('pages', () => pages(get))
    await step('delete', async () => {
      await (await event(5, [['e', note.id]], '')).publish(set)
      must((await get({ ids: [note.id], kinds: [1] })).length === 0, 'still there')
      return 'gone'
    })
    await step('auth', async () => {
      const relays = await (await event(1, [['-']], 'protected')).publish(set)
      must(relays.size === 1, relays.size)
      return 'signed in when it was asked to'
    })
  },

  async 'nostr-fetch'() {
    const { NostrFetcher } = await load('nostr-fetch')
    const fetcher = NostrFetcher.init()
    await step('fetch', async () => {
      const latest = await fetcher.fetchLatestEvents([url], { authors: [author], kinds: [1] }, 20)
      must(latest.length === 20, latest.length)
      return latest.length
    })
    await step('pages', async () => {
      const all = await fetcher.fetchAllEvents([url], { authors: [author], kinds: [1] }, {}, { limitPerReq: 60 })
      must(new Set(all.map(e => e.id)).size === 500, all.length)
      return all.length
    })
    fetcher.shutdown()
  },

  async rust() {
    const sdk = await load('@rust-nostr/nostr-sdk')
    if (sdk.loadWasmAsync) await sdk.loadWasmAsync()
    const keys = sdk.Keys.parse(secretHex)
    const rust = new sdk.Client(sdk.NostrSigner.keys(keys))
    await rust.addRelay(url)
    await rust.connect()
    const sign = (kind, tags, text) =>
      new sdk.EventBuilder(new sdk.Kind(kind), text).tags(tags.map(t => sdk.Tag.parse(t))).signWithKeys(keys)
    const send = async event => {
      const output = await rust.sendEvent(event)
      must(output.success.length === 1, output.failed[0]?.error ?? 'neither sent nor failed')
      return output
    }
    const get = async filter => {
      const events = await rust.fetchEvents(sdk.Filter.fromJson(JSON.stringify(filter)), sdk.Duration.fromSecs(10))
      return events.toVec().map(e => JSON.parse(e.asJson()))
    }
    const note = sign(1, [['t', 'rust']], content)
    const id = note.id.toHex()
    await step('live', async () => {
      const heard = new Promise(done => {
        rust.handleNotifications({
          handleEvent: async (relay, subscription, event) => { done(event.content); return true },
          handleMsg: async () => false,
        })
      })
      await rust.subscribe(sdk.Filter.fromJson('{"#t":["rust"]}'))
      // The client is told of nothing that it has sent itself, so the note goes another way.
      const other = new WebSocket(url)
      other.onopen = () => other.send(JSON.stringify(['EVENT', JSON.parse(note.asJson())]))
      must((await heard) === content, 'another event came')
      other.close()
      return 'the event as it was'
    })
    await step('publish', async () => {
      await send(sign(1, [], 'again'))
      const json = JSON.parse(sign(1, [], 'mine').asJson())
      json.content = 'yours'
      return await refusal(() => send(sdk.Event.fromJson(JSON.stringify(json))))
    })
    await step('fetch', async () => {
      const [found] = await get({ ids: [id] })
      must(found?.content === content, 'not found by its id')
      return 'by id'
    })
    await step('pages', () => pages(get))
    await step('delete', async () => {
      await send(sign(5, [['e', id]], ''))
      must((await get({ ids: [id] })).length === 0, 'still there')
      return 'gone'
    })
    await step('count', async () => {
      const relay = await rust.relay(url)
      const count = await relay.countEvents(
        sdk.Filter.fromJson(JSON.stringify({ authors: [author], kinds: [1] })), sdk.Duration.fromSecs(10))
      must(count === 500n, count)
      return count
    })
    await step('auth', async () => {
      await send(sign(1, [['-']], 'protected'))
      return 'signed in when it was asked to'
    })
  },
}

process.on('unhandledRejection', e => console.error('unhandled', e))
await clients[client]()
process.exit(0)
