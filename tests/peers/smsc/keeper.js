// A real SMSC (node-smpp) that keeps a book: what it takes stands there before it answers, and outlives its own end. It makes up by chance what becomes
// of each message, and tells of it until it is heard, over whichever connection there is.
//
// Prints its port; runs until its standard input closes, or until it is killed. Needs the npm package smpp (see CONTRIBUTING.md).
//
// Arguments: one JSON object: {"name": "first", "password": "…", "book": "FILE", "seed": 7, "wild": true}. Orders, one word a line: `calm` (from now on
// every message is taken and arrives), `pending` (prints how many receipts were not heard yet).

const fs = require("fs");
const path = require("path");
const readline = require("readline");

const tools = process.env.AIKAGI_TOOLS || path.join(__dirname, "../../../.tools");
const smpp = require(path.join(tools, "npm/node_modules/smpp"));

const options = JSON.parse(process.argv[2]);
const say = (thing) => process.stdout.write(JSON.stringify(thing) + "\n");
// Receipts that are told at once.
const AT_ONCE = 20;
// What the telephones' networks say (3GPP TS 29.002): nobody has the number, out of reach, the network's own trouble.
const NO = ["UNDELIV err:001", "UNDELIV err:027", "UNDELIV err:034"];

let wild = options.wild;
let state = options.seed >>> 0;

// Mulberry32.
function chance() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

// What was taken and what of it was heard, from the book.
const untold = new Map();
let lines = 0;
for (const line of fs.existsSync(options.book) ? fs.readFileSync(options.book, "utf8").split("\n") : []) {
  let entry;
  try {
    entry = JSON.parse(line);
  } catch {
    continue; // Half a line of one who was killed: nobody had an answer to it.
  }
  lines += 1;
  if (entry.heard) untold.delete(entry.heard);
  else if (entry.end) untold.set(entry.id, entry);
}
const book = fs.openSync(options.book, "a");
fs.writeSync(book, "\n");
function note(entry) {
  lines += 1;
  fs.writeSync(book, JSON.stringify(entry) + "\n");
}

const sessions = new Set();
// By the message's id: the connection on which it is being told.
const telling = new Map();

function tell(entry, session) {
  telling.set(entry.id, session);
  const line = `id:${entry.id} sub:001 dlvrd:001 submit date:2401020304 done date:2401020305 stat:${entry.end} text:`;
  session.deliver_sm({ esm_class: 4, source_addr: entry.to, short_message: line }, (answer) => {
    if (telling.get(entry.id) === session) telling.delete(entry.id);
    if (answer.command_status === 0 && untold.delete(entry.id)) note({ heard: entry.id, end: entry.end });
  });
}

// Now and then, so that those that were not heard, or whose connection ended, are told again.
setInterval(() => {
  const open = [...sessions];
  if (open.length === 0) return;
  for (const entry of untold.values()) {
    if (telling.size >= AT_ONCE) return;
    if (!telling.has(entry.id) && Date.now() >= entry.at + (entry.after || 0)) tell(entry, open[Math.floor(chance() * open.length)]);
  }
}, 20);

// What becomes of a message: a status other than 0 refuses it; without an end nobody is ever told.
function fate() {
  if (!wild) return { status: 0, end: "DELIVRD err:000" };
  const roll = chance();
  if (roll < 0.03) return { status: smpp.ESME_RINVDSTADR };
  if (roll < 0.05) return { status: smpp.ESME_RINVSRCADR };
  if (roll < 0.09) return { status: smpp.ESME_RSYSERR };
  if (roll < 0.092) return { status: smpp.ESME_RTHROTTLED };
  if (roll < 0.17) return { status: 0, end: NO[Math.floor(chance() * NO.length)] };
  if (roll < 0.22) return { status: 0 };
  return { status: 0, end: "DELIVRD err:000", after: chance() < 0.1 ? 3000 * chance() : 0 };
}

function onSubmit(session, pdu) {
  const { status, end, after } = fate();
  const entry = {
    id: `${options.name}-${process.pid}-${lines}`,
    to: pdu.destination_addr,
    text: pdu.short_message.message,
    at: Date.now(),
    left: pdu.validity_period instanceof Date ? Math.round((pdu.validity_period - Date.now()) / 1000) : null,
    status,
    end,
    after,
  };
  note(entry);
  if (status === 0 && end) untold.set(entry.id, entry);
  // Some tell what became of it before they say that they took it.
  if (wild && end && chance() < 0.05) tell(entry, session);
  const answer = () => session.send(pdu.response({ command_status: status, message_id: status === 0 ? entry.id : "" }));
  if (wild && chance() < 0.2) setTimeout(answer, 60 * chance());
  else answer();
}

const listener = smpp.createServer({}, (session) => {
  session.on("error", () => {});
  session.on("close", () => {
    sessions.delete(session);
    for (const [id, told] of telling) if (told === session) telling.delete(id);
  });
  session.on("bind_transceiver", (pdu) => {
    const status = pdu.password === options.password ? 0 : smpp.ESME_RINVPASWD;
    session.send(pdu.response({ command_status: status, system_id: "keeper" }));
    if (status === 0) sessions.add(session);
  });
  session.on("submit_sm", (pdu) => onSubmit(session, pdu));
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => {
    sessions.delete(session);
    session.send(pdu.response());
    session.close();
  });
});
listener.on("error", () => {});
listener.listen(0, "127.0.0.1", () => say({ port: listener.address().port }));

const orders = readline.createInterface({ input: process.stdin });
orders.on("line", (order) => {
  if (order === "calm") wild = false;
  say({ pending: untold.size });
});
orders.on("close", () => process.exit(0));
