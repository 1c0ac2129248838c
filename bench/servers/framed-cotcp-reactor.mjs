import {lengthPrefixed} from 'cotcp/codec';
import {EventLoop, TcpServer, onFrames} from 'cotcp/reactor';
import {announce, burn, readOptions} from './common.mjs';

const {port, burnMs} = readOptions(
	'Answers frames (a length of four bytes, big-endian, and a body) on cotcp, reactor face.',
);
const codec = lengthPrefixed();

const server = new TcpServer(
	EventLoop.current(),
	{port, host: '127.0.0.1'},
	{
		onMessage: onFrames(codec, (connection, frame) => {
			if (burnMs > 0) burn(burnMs);
			connection.send(codec.encode(frame));
		}),
	},
);
await server.start();
announce(server.address.port);
