import {EventLoop, TcpServer} from 'cotcp/reactor';
import {announce, burn, readOptions} from './common.mjs';

const {port, burnMs} = readOptions('Echo server on cotcp, reactor face.');

const server = new TcpServer(
	EventLoop.current(),
	{port, host: '127.0.0.1'},
	{
		onMessage(connection, buffer) {
			if (burnMs > 0) burn(burnMs);
			connection.send(buffer.retrieveAll());
		},
	},
);
await server.start();
announce(server.address.port);
