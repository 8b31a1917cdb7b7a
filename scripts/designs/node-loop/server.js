// A server for the message protocol with an event loop: one thread, and callbacks for all clients. Run it with
//
//	node server.js 9090
//
// Port 0 means any free port. The server says on standard error where it listens.
const net = require('node:net');

if (process.argv.length !== 3) {
  console.error('usage: node server.js port');
  process.exit(2);
}

const server = net.createServer({ noDelay: true }, (client) => {
  let inMessage = false;
  client.on('error', () => {}); // the client is gone
  client.on('data', (bytes) => {
    let answers = 0; // they take the places of the bytes that they answer
    for (const byte of bytes) {
      if (!inMessage) inMessage = byte === 0x5e; // ^
      else if (byte === 0x24) inMessage = false; // $
      else bytes[answers++] = byte + 1; // modulo 256
    }
    if (client.write(bytes.subarray(0, answers))) return;
    client.pause(); // until the client has read what it is owed
    client.once('drain', () => client.resume());
  });
  client.write('*');
});
server.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4096 }, () => {
  console.error(`listening on 127.0.0.1:${server.address().port}`);
});
