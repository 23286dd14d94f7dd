/**
 * Programs for namespaces to talk with: UDP and TCP echo servers, and clients that check what comes back. Given to `node -e`.
 */

/** Answers each datagram with itself, ends at an empty one. */
export const udpEcho = `
  const socket = require('dgram').createSocket('udp6');
  socket.on('message', (message, from) => (message.length ? socket.send(message, from.port, from.address) : socket.close()));
  socket.bind(5001);`;

/** Sends random datagrams of the given sizes, each until its echo comes; prints the sizes that did. */
export const udpClient = (address: string, sizes: readonly number[]) => `
  const crypto = require('crypto'), sizes = ${JSON.stringify(sizes)}, done = [];
  const socket = require('dgram').createSocket('${address.includes(':') ? 'udp6' : 'udp4'}');
  let message = crypto.randomBytes(sizes[0]);
  const send = () => socket.send(message, 5001, '${address}', () => {});
  const timer = setInterval(send, 100);
  socket.on('message', (answer) => {
    if (!answer.equals(message)) return;
    done.push(message.length);
    if (done.length === sizes.length) {
      clearInterval(timer);
      process.stdout.write(done.join());
      socket.send('', 5001, '${address}', () => socket.close());
      return;
    }
    message = crypto.randomBytes(sizes[done.length]);
    send();
  });
  send();`;

/** Echoes one TCP connection, then ends. */
export const tcpEcho = `
  const server = require('net').createServer((socket) => { socket.pipe(socket); socket.on('close', () => server.close()); });
  server.listen(5000, '::');`;

/** Sends so many million bytes, compares what comes back; prints 'same' or 'different'. */
export const tcpClient = (address: string, megabytes: number) => `
  const net = require('net'), crypto = require('crypto');
  const chunk = crypto.randomBytes(1e6);
  const connect = (tries) => {
    const sent = crypto.createHash('md5'), got = crypto.createHash('md5');
    const socket = net.connect(5000, '${address}', () => {
      let left = ${megabytes};
      const write = () => {
        while (left > 0) {
          left--;
          sent.update(chunk);
          if (!socket.write(chunk)) { socket.once('drain', write); return; }
        }
        socket.end();
      };
      write();
    });
    socket.on('data', (data) => got.update(data));
    socket.on('end', () => process.stdout.write(sent.digest('hex') === got.digest('hex') ? 'same' : 'different'));
    socket.on('error', (error) => { if (tries === 0) throw error; setTimeout(connect, 100, tries - 1); });
  };
  connect(50);`;
