// better-auth with its phone numbers, as fast as it goes without giving up what is compared: `bench/peer` starts it.
//
//     node server.mjs PORT sqlite FILE | postgres ADDRESS [cookie-cache]
//
// What a text message would say is at GET /inbox in the shape of Countersign's /dev/inbox, newest first.
import { createServer } from 'node:http'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { phoneNumber } from 'better-auth/plugins/phone-number'
import Sqlite from 'better-sqlite3'
import pg from 'pg'

const [port, store, place, cookieCache] = process.argv.slice(2)
const kept = 8192

/** SQLite as Countersign sets it: a log ahead, every commit on disk before it is answered, as much cache. */
function sqlite() {
  const database = new Sqlite(place)
  for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', 'cache_size = -32768', 'foreign_keys = ON']) {
    database.pragma(pragma)
  }
  // Kysely prepares each statement anew; remembering them is what an application could do as well.
  const prepare = database.prepare.bind(database)
  const prepared = new Map()
  database.prepare = (sql) => {
    let statement = prepared.get(sql)
    if (!statement) prepared.set(sql, (statement = prepare(sql)))
    return statement
  }
  return database
}

/** A pool whose connections prepare each statement once, which node-postgres does for named ones only. */
function postgres() {
  const names = new Map()
  class Client extends pg.Client {
    query(text, values, done) {
      if (typeof text !== 'string' || !values?.length) return super.query(text, values, done)
      let name = names.get(text)
      if (!name) names.set(text, (name = `s${names.size}`))
      return super.query({ name, text, values }, done)
    }
  }
  return new pg.Pool({ connectionString: place, max: 32, Client })
}

const inbox = []
let sent = 0

const auth = betterAuth({
  baseURL: `http://localhost:${port}`,
  secret: 'a secret for measurements only, longer than thirty-two',
  database: store === 'sqlite' ? sqlite() : postgres(),
  logger: { level: 'error' },
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  session: { cookieCache: { enabled: cookieCache === 'cookie-cache', maxAge: 300 } },
  advanced: { database: { joins: true } },
  plugins: [
    phoneNumber({
      sendOTP: ({ phoneNumber, code }) => {
        inbox.push({ id: String((sent += 1)), to: phoneNumber, code })
        if (inbox.length > 2 * kept) inbox.splice(0, kept)
      },
      signUpOnVerification: { getTempEmail: (number) => `${number.slice(1)}@example.com` },
    }),
  ],
})

await (await getMigrations(auth.options)).runMigrations()
const handle = toNodeHandler(auth)
createServer((request, response) => {
  if (!request.url.startsWith('/inbox')) return handle(request, response)
  const limit = Number(new URL(request.url, 'http://localhost').searchParams.get('limit') ?? 100)
  const body = JSON.stringify(inbox.slice(-limit).reverse())
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }).end(body)
}).listen(Number(port), '127.0.0.1')
