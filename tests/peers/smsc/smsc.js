// A real SMSC for the tests (node-smpp): prints its port, then one JSON line for each thing that happens, and does what lines of JSON on its
// standard input tell it.
//
// What arrives is read by node-smpp, so that our PDUs and alphabets are judged by somebody else's eyes. Needs the npm package smpp (see
// CONTRIBUTING.md); runs until its standard input closes.
//
// Arguments: one JSON object: {"password": "…", "cert": "FILE", "key": "FILE", "quiet": true}. To be measured with, it says when a message came and where it
// goes ("times": true), answers each after so many milliseconds ("delay": 100), and tells of each that it arrived ("receipts": true).

const fs = require("fs");
const path = require("path");
const readline = require("readline");

const tools = process.env.AIKAGI_TOOLS || path.join(__dirname, "../../../.tools");
const smpp = require(path.join(tools, "npm/node_modules/smpp"));

const options = JSON.parse(process.argv[2] || "{}");
const server = options.cert ? { cert: fs.readFileSync(options.cert), key: fs.readFileSync(options.key) } : {};

const say = (thing) => process.stdout.write(JSON.stringify(thing) + "\n");

// What the next binds and messages meet, in order; without one all is well.
const binds = [];
const submits = [];
// Messages that were taken; those that wait for their answer, and how many those were at most.
let taken = 0;
let open = 0;
let most = 0;
// The newest connection.
let newest = null;

function onBind(session, pdu) {
  const reaction = binds.shift() || {};
  say({
    event: "bind",
    command: pdu.command,
    system_id: pdu.system_id,
    system_type: pdu.system_type,
    version: pdu.interface_version,
    right: pdu.password === options.password,
    encrypted: Boolean(session.socket.encrypted),
  });
  if (reaction.hang) return;
  if (reaction.drop) return session.destroy();
  const status = reaction.status || (pdu.password === options.password ? 0 : smpp.ESME_RINVPASWD);
  session.send(pdu.response({ command_status: status, system_id: "smsc" }));
}

function onSubmit(session, pdu) {
  const reaction = submits.shift() || {};
  taken += 1;
  open += 1;
  most = Math.max(most, open);
  const id = reaction.id || `id-${taken}`;
  if (!options.quiet) {
    say({
      event: "submit",
      text: pdu.short_message.message,
      coding: pdu.data_coding,
      source: [pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr],
      destination: [pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr],
      esm_class: pdu.esm_class,
      registered: pdu.registered_delivery,
      left: pdu.validity_period instanceof Date ? Math.round((pdu.validity_period - Date.now()) / 1000) : null,
      id,
      open,
      most,
    });
  }
  // In milliseconds, to the thousandth.
  if (options.times) say({ at: performance.timeOrigin + performance.now(), to: pdu.destination_addr });
  if (reaction.early) session.deliver_sm(reaction.early, (answer) => say({ event: "answer", to: "deliver", tag: "early", status: answer.command_status }));
  if (reaction.drop) return session.destroy();
  if (reaction.hang) return;
  const answer = () => {
    open -= 1;
    session.send(pdu.response({ command_status: reaction.status || 0, message_id: reaction.no_id ? "" : id }));
    if (reaction.twice) session.send(pdu.response({ message_id: id }));
    if (options.receipts) session.deliver_sm({ esm_class: 4, source_addr: pdu.destination_addr, short_message: `id:${id} stat:DELIVRD err:000 text:` });
  };
  const delay = reaction.delay || options.delay;
  if (delay) setTimeout(answer, delay);
  else answer();
}

const listener = smpp.createServer(server, (session) => {
  newest = session;
  session.on("error", () => {});
  session.on("close", () => {
    open = 0;
    say({ event: "closed" });
  });
  for (const command of ["bind_transceiver", "bind_transmitter", "bind_receiver"]) session.on(command, (pdu) => onBind(session, pdu));
  session.on("submit_sm", (pdu) => onSubmit(session, pdu));
  session.on("enquire_link", (pdu) => {
    if (!options.quiet) say({ event: "enquire" });
    session.send(pdu.response());
  });
  session.on("unbind", (pdu) => {
    say({ event: "unbind" });
    session.send(pdu.response());
    session.close();
  });
  session.on("generic_nack", (pdu) => say({ event: "nack", status: pdu.command_status, sequence: pdu.sequence_number }));
});
listener.on("error", () => {});

const told = {
  binds: ({ reactions }) => binds.push(...reactions),
  submits: ({ reactions }) => submits.push(...reactions),
  deliver: ({ pdu, tag }) => {
    if (pdu.network_error_code) pdu.network_error_code = Buffer.from(pdu.network_error_code);
    newest.deliver_sm(pdu, (answer) => say({ event: "answer", to: "deliver", tag, status: answer.command_status }));
  },
  data: ({ pdu, tag }) => newest.data_sm(pdu, (answer) => say({ event: "answer", to: "data", tag, status: answer.command_status })),
  enquire: () => newest.enquire_link((answer) => say({ event: "answer", to: "enquire", status: answer.command_status })),
  unbind: () =>
    newest.unbind((answer) => {
      say({ event: "answer", to: "unbind", status: answer.command_status });
      newest.close();
    }),
  raw: ({ hex }) => newest.socket.write(Buffer.from(hex, "hex")),
  drop: () => newest.destroy(),
  // Reads nothing any more, and so answers nothing.
  deaf: () => newest.pause(),
  most: () => say({ event: "most", most }),
};

listener.listen(0, "127.0.0.1", () => say({ port: listener.address().port }));
const lines = readline.createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const order = JSON.parse(line);
  told[order.do](order);
  say({ event: "told" });
});
lines.on("close", () => process.exit(0));
